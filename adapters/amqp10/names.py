"""How an endpoint calls its queues and properties: as public clients use them, and as configured."""

from typing import Final

from adapters.kit.options import Options


class QueueNames(Options):
    """The queues of an endpoint; an EDX toolbox has no events, only replies."""

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


QUEUES: Final = {
    "ecp": QueueNames(
        outbox="ecp.endpoint.outbox",
        inbox="ecp.endpoint.inbox",
        reply="ecp.endpoint.outbox.reply",
        event="ecp.endpoint.send.event",
    ),
    "edx": QueueNames(outbox="edx.endpoint.outbox", inbox="edx.endpoint.inbox", reply="edx.endpoint.reply"),
}
PROPERTIES: Final = {
    "ecp": PropertyNames(),
    "edx": PropertyNames(message_type="businessType"),
}
