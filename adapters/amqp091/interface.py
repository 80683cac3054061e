"""The queues and properties of the RabbitMQ channel, as declared to peers."""

from typing import Any, Final

from adapters.kit.document_messages import (
    ANSWERS,
    GATE,
    OF_GATE,
    OUR_ID,
    SENT,
    YOUR_ID,
    answer,
    document,
    notice,
    problem,
)
from gateway.domain.messaging import Action, MessageInterface, MessageOperation, Named, Parameter

_QUEUES: Final = {"queues": Parameter("option `queues` of the channel", default="flexgate.TENANT")}
_PERSISTENT: Final = {"deliveryMode": 2}
_CONTENT_TYPE: Final = Named("content-type", "media type of the payload", always=True)
_CORRELATION: Final = Named("correlation-id", ANSWERS)


def _queue(**arguments: Any) -> dict[str, Any]:
    """A durable quorum queue; every argument that is needed to declare the same queue again."""
    quorum = {"x-queue-type": "quorum"}
    return {
        "is": "queue",
        "queue": {"durable": True, "exclusive": False, "autoDelete": False, "vhost": "/"},
        "x-arguments": quorum | {name.replace("_", "-"): value for name, value in arguments.items()},
    }


_IN: Final = MessageOperation(
    name="submit",
    action=Action.RECEIVE,
    address="{queues}.in",
    title="Hand in a document, by the default exchange",
    messages=(
        document(
            properties=(
                Named("content-type", "media type of the payload; without it its first character decides"),
                Named("message-id", YOUR_ID),
                Named("correlation-id", "any text; it comes back with the answer"),
                Named("type", "the kind of document, for people"),
            ),
        ),
    ),
    parameters=_QUEUES,
    answered_by="answer",
    channel_binding=_queue(
        x_delivery_limit=1000,
        x_dead_letter_exchange="",
        x_dead_letter_routing_key="{queues}.in.dead",
        x_dead_letter_strategy="at-least-once",
        x_overflow="reject-publish",
    ),
    binding={"ack": True, "mandatory": True},
)
_OUTWARD: Final = (
    _CONTENT_TYPE,
    _CORRELATION,
    Named("message-id", OUR_ID, always=True),
    Named("type", "the kind of document", always=True, values=SENT),
    Named("timestamp", "when the message was made", always=True),
    Named("expiration", "milliseconds for which the message is of use, where it ends"),
)
_OUT: Final = MessageOperation(
    name="answer",
    action=Action.SEND,
    address="{queues}.out",
    title="Say whether a document was taken, and publish the results of a gate",
    messages=(
        answer(
            "answer",
            "An acknowledgement, the availability of bids, a merit order, or a document of another party",
            headers=(Named(GATE, OF_GATE),),
            properties=_OUTWARD,
        ),
        notice(headers=(Named(GATE, OF_GATE),), properties=_OUTWARD),
    ),
    parameters=_QUEUES,
    channel_binding=_queue(),
    binding=_PERSISTENT | {"mandatory": True, "timestamp": True},
)
_PROBLEMS: Final = MessageOperation(
    name="problem",
    action=Action.SEND,
    address="{queues}.problems",
    title="Say why something was no message for the gateway",
    messages=(
        problem(
            properties=(
                _CONTENT_TYPE,
                Named("correlation-id", ANSWERS),
                Named("message-id", "of this problem", always=True),
            )
        ),
    ),
    parameters=_QUEUES,
    channel_binding=_queue(),
    binding=_PERSISTENT | {"mandatory": True},
)
INTERFACE: Final = MessageInterface(
    name="amqp091",
    protocol="amqp",
    version="0-9-1",
    host="broker.example.org:5672",
    meaning="A RabbitMQ both sides connect to; its access rules keep tenants apart.",
    operations=(_IN, _OUT, _PROBLEMS),
)
"""Over AMQP 0-9-1."""
