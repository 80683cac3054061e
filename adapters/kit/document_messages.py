"""Shared declarations of all message protocols: kinds of documents, media types, texts."""

from typing import Final

from adapters.kit.http.body import CSV, JSON, XML
from adapters.kit.http.problems import MEDIA_TYPE
from esmp.profiles import Family
from gateway.domain.document import DocumentKind
from gateway.domain.gate_notice import NOTICE_KIND
from gateway.domain.messaging import MessageForm, Named, Parameter, PayloadKind

TENANT: Final = Parameter("your tenant id", example="north")
SUBMITTED: Final = Parameter(
    "the kind of document, for broker rules and people; the document itself decides",
    example=DocumentKind.RESERVE_BID.value,
)
RESULTS: Final = tuple(family for family in Family if family is not Family.ACKNOWLEDGEMENT)
"""Availability of bids, merit orders, and whatever else another party sends by a route."""
SENT: Final = (Family.ACKNOWLEDGEMENT.value, *(family.value for family in RESULTS), NOTICE_KIND)
"""Kinds of whatever the gateway sends."""

OUR_ID: Final = "the message's own id: the same again means the same message, to be taken once"
YOUR_ID: Final = (
    "your id of the message, the same when you repeat it; without it the same bytes are the same message"
)
ANSWERS: Final = (
    "the correlation that you gave, else your message id; of results, the id of the run; absent"
    " where you gave neither, and on documents of other parties"
)

GATE: Final = "gate"
"""The property or header that names the gate of a result, on protocols that have any of our own."""
OF_GATE: Final = "of results, the id of the gate that they are of"


def document(*, headers: tuple[Named, ...] = (), properties: tuple[Named, ...] = ()) -> MessageForm:
    """A document for the gateway."""
    return MessageForm(
        "document",
        "A market document",
        PayloadKind.DOCUMENT,
        (XML, JSON, CSV),
        headers=headers,
        properties=properties,
    )


def answer(
    name: str,
    title: str,
    *,
    headers: tuple[Named, ...] = (),
    properties: tuple[Named, ...] = (),
    content_type: str = XML,
) -> MessageForm:
    """A document of the gateway."""
    return MessageForm(
        name, title, PayloadKind.DOCUMENT, (content_type,), headers=headers, properties=properties
    )


def notice(*, headers: tuple[Named, ...] = (), properties: tuple[Named, ...] = ()) -> MessageForm:
    """What no market document states: that a gate was amended or cancelled."""
    title = "A gate was amended or cancelled"
    return MessageForm("notice", title, PayloadKind.NOTICE, (JSON,), headers=headers, properties=properties)


def problem(*, headers: tuple[Named, ...] = (), properties: tuple[Named, ...] = ()) -> MessageForm:
    """Why something was no message for the gateway."""
    return MessageForm(
        "problem",
        "Why a message was not taken",
        PayloadKind.PROBLEM,
        (MEDIA_TYPE,),
        headers=headers,
        properties=properties,
    )
