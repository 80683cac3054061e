"""Documents over AMQP 1.0 by the partner's network: an ECP endpoint, or an EDX toolbox before it.

The gateway talks only to its own local endpoint, which carries messages on. Names of queues and properties
differ between installations and are configuration; what is given here is what public clients use.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from adapters.options import ConnectionOptions, Options
from gateway.domain.document import DocumentKind
from gateway.ports import Adapter, Channel, ChannelPlace, Descriptor, Initiative

Goal = Literal["accepted", "delivered", "received"]


class QueueNames(Options):
    """The queues of an endpoint; an EDX toolbox has no events, its replies tell all."""

    outbox: str
    inbox: str
    reply: str
    event: str | None = None


class PropertyNames(Options):
    """How application properties are spelt when the gateway writes them; read, case does not matter."""

    receiver: str = "receiverCode"
    message_type: str = "messageType"
    message_id: str = "baMessageID"
    correlation_id: str = "baCorrelationID"
    sender_application: str = "senderApplication"


_QUEUES: Final = {
    "ecp": QueueNames(
        outbox="ecp.endpoint.outbox",
        inbox="ecp.endpoint.inbox",
        reply="ecp.endpoint.outbox.reply",
        event="ecp.endpoint.send.event",
    ),
    "edx": QueueNames(outbox="edx.endpoint.outbox", inbox="edx.endpoint.inbox", reply="edx.endpoint.reply"),
}
_PROPERTIES: Final = {
    "ecp": PropertyNames(),
    "edx": PropertyNames(message_type="businessType"),
}


class EndpointOptions(ConnectionOptions):
    """The local endpoint, and the partner behind it.

    Attributes:
        kind: whose queues and replies these are.
        receiver: endpoint code or service of the partner, e.g. `SERVICE-…`.
        message_types: the network's name for each kind of document that goes out.
        problems_type: its name for problem documents (RFC 9457); without it they are only logged.
        confirmed_by: how far a message must come until it counts as delivered.
        received_timeout_s: how long that may take before the message is sent again under the same id.
        address_prefix: before every queue name, e.g. `/amq/queue/` for the AMQP 1.0 plug-in of RabbitMQ 3.
        credit: messages in hand at the same time.
    """

    port: Annotated[int, Field(ge=1, le=65535)] = 5672
    kind: Literal["ecp", "edx"] = "ecp"
    receiver: str
    message_types: dict[str, str]
    problems_type: str | None = None
    sender_application: str = "flexgate"
    confirmed_by: Goal = "received"
    received_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 300.0
    queues: QueueNames | None = None
    properties: PropertyNames | None = None
    address_prefix: str = ""
    credit: Annotated[int, Field(ge=1, le=1000)] = 10
    heartbeat_s: Annotated[int, Field(ge=5, le=600)] = 30

    @field_validator("message_types")
    @classmethod
    def _of_known_kinds(cls, types: dict[str, str]) -> dict[str, str]:
        if unknown := set(types) - set(DocumentKind):
            raise ValueError(f"no kind of document: {', '.join(sorted(unknown))}")
        return types

    @model_validator(mode="after")
    def _an_answer_can_leave(self) -> Self:
        if DocumentKind.ACKNOWLEDGEMENT not in self.message_types:
            raise ValueError("message_types must name the type of an Acknowledgement")
        return self

    @property
    def queue_names(self) -> QueueNames:
        """The queues as configured, or as is common for the kind."""
        return self.queues or _QUEUES[self.kind]

    @property
    def property_names(self) -> PropertyNames:
        """The properties as configured, or as is common for the kind."""
        return self.properties or _PROPERTIES[self.kind]


def _open(options: EndpointOptions, place: ChannelPlace) -> Channel:
    from adapters.amqp10.channel import EndpointChannel  # noqa: PLC0415  (proton is an extra)

    return EndpointChannel(options, place)


ADAPTER: Final = Adapter(
    descriptor=Descriptor(
        protocol="AMQP 1.0 to an ECP endpoint or EDX toolbox",
        information_model="market documents as XML",
        inward=Initiative.PEER,
        outward=Initiative.GATEWAY,
        timing="seconds, minutes under load; the network keeps messages while one side is away",
        interaction=(
            "the endpoint brings a message in its inbox queue",
            "the gateway stores it, then accepts the delivery",
            "the gateway puts the answer into the outbox queue, with receiver, message type and baMessageID",
            "the endpoint replies with its messageID, or an error, and tells of DELIVERED and RECEIVED",
        ),
    ),
    options=EndpointOptions,
    open=_open,
    extra="ecp",
)
"""ECP and EDX."""
