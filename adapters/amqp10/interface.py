"""The queues and properties at an ECP endpoint or EDX toolbox, as the gateway uses them."""

from typing import Final, Literal

from adapters.amqp10.names import PROPERTIES, QUEUES
from adapters.kit.document_messages import OUR_ID, YOUR_ID, answer, document, problem
from gateway.domain.messaging import (
    Action,
    MessageForm,
    MessageInterface,
    MessageOperation,
    Named,
    PayloadKind,
)

OCTETS: Final = "application/octet-stream"

_THEIRS: Final = "the endpoint's own id of the message"
_MEANING: Final = (
    "The gateway's own local {}, by the names that public clients use; queues and properties can be"
    " configured. Never tried with ECP or EDX software."
)
_REPLIED: Final = Named("correlation-id", "the gateway's id of the message it is about")


def _inbox(kind: Literal["ecp", "edx"]) -> MessageOperation:
    headers = (
        Named("messageID", f"{_THEIRS}; it tells a repetition"),
        Named("baMessageID", YOUR_ID),
        Named(PROPERTIES[kind].message_type, "the network's name for the kind of document"),
    )
    properties = (Named("content-type", "media type of the payload; without it its first character decides"),)
    return MessageOperation(
        name="inbox",
        action=Action.RECEIVE,
        address=QUEUES[kind].inbox,
        title="Take what the endpoint received from the partner; names are read without regard to case",
        messages=(document(headers=headers, properties=properties),),
        answered_by="outbox",
    )


def _outbox(kind: Literal["ecp", "edx"]) -> MessageOperation:
    names = PROPERTIES[kind]
    correlation = (
        "the partner's baMessageID, or of results the id of the run; absent where there is none, and on"
        " documents of other parties"
    )
    headers = (
        Named(names.receiver, "endpoint code or service of the partner", always=True),
        Named(names.message_type, "the network's name for the kind of document", always=True),
        Named(names.message_id, OUR_ID, always=True),
        Named(names.sender_application, "who sends", always=True),
    )
    properties = (
        Named("message-id", "the same as the baMessageID", always=True),
        Named("correlation-id", "the same as the baMessageID; replies have it", always=True),
        Named("content-type", "media type of the payload", always=True),
        Named("creation-time", "when it was handed over", always=True),
    )
    return MessageOperation(
        name="outbox",
        action=Action.SEND,
        address=QUEUES[kind].outbox,
        title="Hand over what goes to the partner, durable, as a Data section",
        messages=(
            answer(
                "answer",
                "An acknowledgement, the availability of bids, or a merit order",
                headers=(*headers, Named(names.correlation_id, correlation)),
                properties=properties,
                content_type=OCTETS,
            ),
            problem(
                headers=(*headers, Named(names.correlation_id, correlation)),
                properties=properties,
            ),
        ),
    )


_ECP_REPLY: Final = MessageOperation(
    name="reply",
    action=Action.RECEIVE,
    address=QUEUES["ecp"].reply,
    title="Learn that the endpoint took a message, or refused it",
    messages=(
        MessageForm(
            "reply",
            "The endpoint took the message, or did not",
            PayloadKind.NOTHING,
            headers=(
                Named("messageID", _THEIRS),
                Named("errorCode", "why the endpoint refused it; absent if it did not"),
            ),
            properties=(_REPLIED,),
        ),
    ),
)
_ECP_EVENT: Final = MessageOperation(
    name="event",
    action=Action.RECEIVE,
    address=QUEUES["ecp"].event,
    title="Learn how far a message came; more than once and in any order",
    messages=(
        MessageForm(
            "event",
            "How far a message came",
            PayloadKind.WORD,
            words=("DELIVERED", "RECEIVED"),
            headers=(Named("messageID", _THEIRS, always=True),),
        ),
    ),
)
_EDX_REPLY: Final = MessageOperation(
    name="reply",
    action=Action.RECEIVE,
    address=QUEUES["edx"].reply,
    title="Learn how far a message came; more than once and in any order",
    messages=(
        MessageForm(
            "reply",
            "StatusDocument of the toolbox: ACCEPTED, SENT, SUCCESSFULLY_SENT, DELIVERED, RECEIVED or FAILED",
            PayloadKind.STATUS_DOCUMENT,
            properties=(_REPLIED,),
        ),
    ),
)

ECP: Final = MessageInterface(
    name="ecp",
    protocol="amqp1",
    version="1.0",
    host="localhost:5672",
    meaning=_MEANING.format("ECP endpoint"),
    operations=(_inbox("ecp"), _outbox("ecp"), _ECP_REPLY, _ECP_EVENT),
)
"""Over AMQP 1.0, at an ECP endpoint."""

EDX: Final = MessageInterface(
    name="edx",
    protocol="amqp1",
    version="1.0",
    host="localhost:5672",
    meaning=_MEANING.format("EDX toolbox"),
    operations=(_inbox("edx"), _outbox("edx"), _EDX_REPLY),
)
"""Over AMQP 1.0, at an EDX toolbox."""
