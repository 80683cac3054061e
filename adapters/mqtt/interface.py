"""The topics and properties of the MQTT channel, as declared to peers."""

from dataclasses import replace
from typing import Final

from adapters.kit.document_messages import (
    ANSWERS,
    GATE,
    OF_GATE,
    OUR_ID,
    RESULTS,
    SUBMITTED,
    TENANT,
    YOUR_ID,
    answer,
    document,
    notice,
    problem,
)
from gateway.domain.document import DocumentKind
from gateway.domain.gate_notice import NOTICE_KIND
from gateway.domain.messaging import (
    Action,
    MessageForm,
    MessageInterface,
    MessageOperation,
    Named,
    Parameter,
    PayloadKind,
)

_PREFIX: Final = Parameter("option `prefix` of the channel", default="flexgate/v1")
_BASE: Final = {"prefix": _PREFIX, "tenant": TENANT}
_CONTENT_TYPE: Final = Named("ContentType", "media type of the payload", always=True)
_CORRELATION: Final = Named("CorrelationData", ANSWERS)
_EXPIRY: Final = Named("MessageExpiryInterval", "seconds for which the message is of use, where it ends")
_ID: Final = Named("baMessageID", OUR_ID, always=True)
_ONCE: Final = {"qos": 1, "retain": False}

_SUBMIT: Final = MessageOperation(
    name="submit",
    action=Action.RECEIVE,
    address="{prefix}/{tenant}/{kind}/submit",
    title="Hand in a document",
    messages=(
        document(
            headers=(Named("baMessageID", YOUR_ID),),
            properties=(
                Named("ContentType", "media type of the payload; without it its first character decides"),
                Named("CorrelationData", "any bytes; they come back with the answer"),
                Named("ResponseTopic", "where the answer goes; a topic below `{prefix}/{tenant}/`"),
            ),
        ),
    ),
    parameters=_BASE | {"kind": SUBMITTED},
    answered_by="acknowledge",
    binding=_ONCE,
)


def _documents(
    operation: str,
    end: str,
    title: str,
    kinds: tuple[str, ...],
    *forms: MessageForm,
    headers: tuple[Named, ...] = (),
) -> MessageOperation:
    """Messages of the gateway, at a topic for each of their kinds."""
    return MessageOperation(
        name=operation,
        action=Action.SEND,
        address=f"{{prefix}}/{{tenant}}/{{kind}}/{end}",
        title=title,
        messages=tuple(
            replace(form, headers=(_ID, *headers), properties=(_CONTENT_TYPE, _CORRELATION, _EXPIRY))
            for form in forms
        ),
        parameters=_BASE | {"kind": Parameter("the kind of document", values=kinds)},
        binding=_ONCE,
    )


_ACKNOWLEDGE: Final = _documents(
    "acknowledge",
    "ack",
    "Say whether a document was taken; at your response topic where you gave one",
    (DocumentKind.ACKNOWLEDGEMENT.value,),
    answer("acknowledgement", "Acknowledgement document"),
)
_RESULT: Final = _documents(
    "result",
    "result",
    "Publish the results of a gate, and documents of others for you",
    (*(kind.value for kind in RESULTS), NOTICE_KIND),
    answer("result", "Availability of bids, a merit order, or a document of another party"),
    notice(),
    headers=(Named(GATE, OF_GATE),),
)
_PROBLEM: Final = MessageOperation(
    name="problem",
    action=Action.SEND,
    address="{prefix}/{tenant}/problems",
    title="Say why something was no message for the gateway; at your response topic where you gave one",
    messages=(problem(properties=(_CONTENT_TYPE, Named("CorrelationData", ANSWERS))),),
    parameters=_BASE,
    binding=_ONCE,
)
_STATUS: Final = MessageOperation(
    name="status",
    action=Action.SEND,
    address="{prefix}/{tenant}/status",
    title="Say whether the gateway is there; `offline` also by its last will",
    messages=(
        MessageForm("status", "Whether the gateway is there", PayloadKind.WORD, words=("online", "offline")),
    ),
    parameters=_BASE,
    binding={"qos": 1, "retain": True},
)

INTERFACE: Final = MessageInterface(
    name="mqtt",
    protocol="mqtt",
    version="5.0",
    host="broker.example.org:1883",
    meaning="An MQTT 5 broker both sides connect to; its access rules keep tenants apart.",
    operations=(_SUBMIT, _ACKNOWLEDGE, _RESULT, _PROBLEM, _STATUS),
)
"""Over MQTT 5."""
