"""Documents over AMQP 1.0 by the partner's network: an ECP endpoint, or an EDX toolbox before it.

The gateway talks only to its own local endpoint, which forwards messages. Names of queues and properties
differ between installations and are configuration; the defaults are those of public clients.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from adapters.amqp10.interface import ECP, EDX
from adapters.amqp10.names import PROPERTIES, QUEUES, PropertyNames, QueueNames
from adapters.kit.ecp import PartnerOptions
from adapters.kit.options import MissingExtraError
from gateway.ports import Adapter, Channel, ChannelContext, Descriptor, Initiative


class EndpointOptions(PartnerOptions):
    """The queues of the local endpoint.

    Attributes:
        kind: whose queues and replies these are.
        address_prefix: before every queue name, e.g. `/amq/queue/` for the AMQP 1.0 plug-in of RabbitMQ 3.
        credit: messages in hand at the same time.
    """

    port: Annotated[int, Field(ge=1, le=65535)] = 5672
    kind: Literal["ecp", "edx"] = "ecp"
    queues: QueueNames | None = None
    properties: PropertyNames | None = None
    address_prefix: str = ""
    credit: Annotated[int, Field(ge=1, le=1000)] = 50
    heartbeat_s: Annotated[int, Field(ge=5, le=600)] = 30

    @property
    def queue_names(self) -> QueueNames:
        """The queues as configured, or as is common for the kind."""
        return self.queues or QUEUES[self.kind]

    @property
    def property_names(self) -> PropertyNames:
        """The properties as configured, or as is common for the kind."""
        return self.properties or PROPERTIES[self.kind]


def _open(options: EndpointOptions, context: ChannelContext) -> Channel:
    from proton import SSL  # noqa: PLC0415  (proton is an extra)

    from adapters.amqp10.channel import EndpointChannel  # noqa: PLC0415

    if options.tls and not SSL.present():
        raise MissingExtraError(
            f"channels.{context.name}: python-qpid-proton was built without TLS; "
            "install the headers of OpenSSL (libssl-dev) and build it again"
        )
    return EndpointChannel(options, context)


ADAPTER: Final = Adapter(
    descriptor=Descriptor(
        protocol="AMQP 1.0 to an ECP endpoint or EDX toolbox",
        information_model="market documents as XML",
        carries_json=False,
        inward=Initiative.PEER,
        outward=Initiative.GATEWAY,
        timing="seconds, minutes under load; the network keeps messages while one side is away",
        interaction=(
            "the endpoint brings a message in its inbox queue",
            "the gateway stores it, then accepts the delivery",
            "the gateway puts the answer into the outbox queue, with receiver, message type and baMessageID",
            "the endpoint replies with its messageID, or an error, and tells of DELIVERED and RECEIVED",
        ),
        messages=(ECP, EDX),
    ),
    options=EndpointOptions,
    open=_open,
    extra="ecp",
)
"""ECP and EDX."""
