"""Documents over AMQP 0-9-1: quorum queues at a RabbitMQ both sides connect to.

    flexgate.TENANT.in          the peer publishes documents here, by the default exchange
    flexgate.TENANT.out         acknowledgements and results
    flexgate.TENANT.problems    what was no message for the gateway (RFC 9457)
    flexgate.TENANT.in.dead     what was no message, itself

The broker's access rules say who may use which queue; nothing in a message can change that.
"""

from typing import Annotated, Final

from pydantic import Field

from adapters.amqp091.interface import INTERFACE
from adapters.kit.options import ConnectionOptions
from gateway.ports import Adapter, Channel, ChannelContext, Descriptor, Initiative


class RabbitOptions(ConnectionOptions):
    """The broker and the queues.

    Attributes:
        queues: how the names of the queues begin; without it `flexgate.TENANT`.
        declare: make the queues if they are missing; otherwise they must be there.
        delivery_limit: after so many broken deliveries the broker moves a message to the dead letters. Every
            broken connection counts for all messages in hand, whatever broke it, so the limit is large: with
            20, as brokers have it themselves, a gateway that was killed 20 times lost sight of 50 messages.
        prefetch: messages in hand at the same time.
        heartbeat_s: of the connection; as often it is looked whether all queues are there.
    """

    port: Annotated[int, Field(ge=1, le=65535)] = 5672
    virtual_host: str = "/"
    queues: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,100}$")] | None = None
    declare: bool = True
    delivery_limit: Annotated[int, Field(ge=1, le=100_000)] = 1000
    prefetch: Annotated[int, Field(ge=1, le=1000)] = 50
    heartbeat_s: Annotated[int, Field(ge=5, le=600)] = 10


def _open(options: RabbitOptions, context: ChannelContext) -> Channel:
    from adapters.amqp091.channel import RabbitChannel  # noqa: PLC0415  (aio-pika is an extra)

    return RabbitChannel(options, context)


ADAPTER: Final = Adapter(
    descriptor=Descriptor(
        protocol="AMQP 0-9-1 (RabbitMQ)",
        information_model="market documents as XML, their canonical JSON, or bids as CSV",
        inward=Initiative.PEER,
        outward=Initiative.GATEWAY,
        timing="at once; the broker keeps messages while one side is away",
        interaction=(
            "the peer publishes to QUEUES.in with a message-id, and waits for the broker's confirm",
            "the gateway stores the message, then acknowledges it to the broker",
            "the gateway answers on QUEUES.out; the correlation-id is the peer's, or its message-id",
            "results follow on QUEUES.out; repetitions have the same message-id",
        ),
        messages=(INTERFACE,),
    ),
    options=RabbitOptions,
    open=_open,
    extra="brokers",
)
"""RabbitMQ."""
