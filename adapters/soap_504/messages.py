"""Messages of IEC 61968-100 as this protocol uses them: requests, responses, faults."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from lxml import etree

from adapters.soap_504.faults import FaultError
from adapters.soap_504.tables import MESSAGE
from gateway.domain.market_time import utc

REQUEST: Final = f"{{{MESSAGE}}}RequestMessage"
RESPONSE: Final = f"{{{MESSAGE}}}ResponseMessage"
FAULT: Final = f"{{{MESSAGE}}}FaultMessage"

GET: Final = "get"
CREATE: Final = "create"
REPLY: Final = "reply"

ANY: Final = "Any"
LIST: Final = "MessageList"
QUERY: Final = "QueryData"
COMPRESSED: Final = "Compressed"

PROBLEM: Final = "problem"
"""Kind of id under which a fault names the type of its problem."""

_NAMES: Final = {"msg": MESSAGE}


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a message.

    Attributes:
        nonce, created: of its ReplayDetection.
        correlation_id: of a response: the id of the request it answers.
    """

    verb: str
    noun: str
    timestamp: datetime | None = None
    nonce: str | None = None
    created: datetime | None = None
    message_id: str | None = None
    correlation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """The payload of a message: elements, or compressed bytes as text, with their format."""

    elements: tuple[etree._Element, ...] = field(default=(), repr=False)
    compressed: str | None = field(default=None, repr=False)
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A RequestMessage.

    Attributes:
        options: names and values in their order.
    """

    header: Header
    start: datetime | None = None
    end: datetime | None = None
    options: tuple[tuple[str, str], ...] = ()
    content: Content = Content()


@dataclass(frozen=True, slots=True)
class Error:
    """One error of a reply; `problem` is its type as other channels of Flexgate name it."""

    code: str
    text: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """A ResponseMessage, or the reply of a FaultMessage, which has no header.

    Attributes:
        ids: by their type.
    """

    header: Header | None
    result: str
    errors: tuple[Error, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    content: Content = Content()


def read_request(root: etree._Element) -> Request:
    """The content of a RequestMessage that is valid by its schema.

    Raises:
        ValueError: a time without a time zone, or outside the calendar.
    """
    request = root.find("msg:Request", _NAMES)
    if request is None:
        return Request(_header(root), content=_content(root))
    options = tuple(
        (_text(option, "name") or "", _text(option, "value") or "")
        for option in request.iterfind("msg:Option", _NAMES)
    )
    return Request(
        _header(root), _moment(request, "StartTime"), _moment(request, "EndTime"), options, _content(root)
    )


def read_response(root: etree._Element) -> Response:
    """The content of a ResponseMessage or FaultMessage that is valid by its schema.

    Raises:
        ValueError: a time without a time zone, or outside the calendar.
    """
    reply = root.find("msg:Reply", _NAMES)
    if reply is None:
        raise ValueError("there is no Reply")
    errors = tuple(
        Error(
            _text(error, "code") or "",
            _text(error, "details") or _text(error, "reason") or "",
            _ids(error).get(PROBLEM),
        )
        for error in reply.iterfind("msg:Error", _NAMES)
    )
    header = None if root.tag == FAULT else _header(root)
    return Response(header, _text(reply, "Result") or "", errors, _ids(reply), _content(root))


def _ids(element: etree._Element) -> dict[str, str]:
    return {each.get("idType", ""): each.text or "" for each in element.iterfind("msg:ID", _NAMES)}


def _header(root: etree._Element) -> Header:
    header = root.find("msg:Header", _NAMES)
    if header is None:
        raise ValueError("there is no Header")
    detection = header.find("msg:ReplayDetection", _NAMES)
    return Header(
        verb=_text(header, "Verb") or "",
        noun=_text(header, "Noun") or "",
        timestamp=_moment(header, "Timestamp"),
        nonce=None if detection is None else _text(detection, "Nonce"),
        created=None if detection is None else _moment(detection, "Created"),
        message_id=_text(header, "MessageID"),
        correlation_id=_text(header, "CorrelationID"),
    )


def _content(root: etree._Element) -> Content:
    payload = root.find("msg:Payload", _NAMES)
    if payload is None:
        return Content()
    elements = tuple(
        each
        for each in payload
        if isinstance(each.tag, str) and etree.QName(each).namespace not in (MESSAGE, None)
    )
    return Content(elements, _text(payload, "Compressed"), _text(payload, "Format"))


def _text(element: etree._Element, name: str) -> str | None:
    text = element.findtext(f"msg:{name}", None, _NAMES)
    return text.strip() if text and text.strip() else None


def _moment(element: etree._Element, name: str) -> datetime | None:
    text = _text(element, name)
    return None if text is None else utc(datetime.fromisoformat(text))


def request_message(request: Request) -> etree._Element:
    """A request as XML."""
    root = _root(REQUEST, request.header)
    period = etree.SubElement(root, f"{{{MESSAGE}}}Request")
    _moments(period, (("StartTime", request.start), ("EndTime", request.end)))
    for name, value in request.options:
        option = etree.SubElement(period, f"{{{MESSAGE}}}Option")
        _texts(option, (("name", name), ("value", value)))
    if len(period) == 0:
        root.remove(period)
    if request.content != Content():
        _add_payload(root, request.content)
    return root


def response_message(response: Response) -> etree._Element:
    """A response as XML; it has a Payload also where that is empty, for some peers miss it."""
    if response.header is None:
        raise ValueError("a response has a header")
    root = _root(RESPONSE, response.header)
    reply = etree.SubElement(root, f"{{{MESSAGE}}}Reply")
    _texts(reply, (("Result", response.result),))
    for kind, value in response.ids.items():
        etree.SubElement(reply, f"{{{MESSAGE}}}ID", idType=kind).text = value
    _add_payload(root, response.content)
    return root


def fault_message(fault: FaultError) -> bytes:
    """A fault as a FaultMessage, without an XML declaration."""
    root = etree.Element(FAULT, nsmap=_NAMES)
    reply = etree.SubElement(root, f"{{{MESSAGE}}}Reply")
    _texts(reply, (("Result", "FAILED"),))
    error = etree.SubElement(reply, f"{{{MESSAGE}}}Error")
    level = "WARNING" if fault.code.passes else "FATAL"
    _texts(error, (("code", fault.code.code), ("level", level)))
    _texts(error, (("reason", fault.code.meaning), ("details", str(fault))))
    if fault.problem is not None:
        etree.SubElement(error, f"{{{MESSAGE}}}ID", idType=PROBLEM).text = fault.problem
    return etree.tostring(root)


def _root(tag: str, header: Header) -> etree._Element:
    root = etree.Element(tag, nsmap=_NAMES)
    made = etree.SubElement(root, f"{{{MESSAGE}}}Header")
    _texts(made, (("Verb", header.verb), ("Noun", header.noun)))
    if header.nonce is not None and header.created is not None:
        detection = etree.SubElement(made, f"{{{MESSAGE}}}ReplayDetection")
        _texts(detection, (("Nonce", header.nonce),))
        _moments(detection, (("Created", header.created),))
    _moments(made, (("Timestamp", header.timestamp),))
    _texts(made, (("MessageID", header.message_id), ("CorrelationID", header.correlation_id)))
    return root


def _add_payload(root: etree._Element, content: Content) -> None:
    payload = etree.SubElement(root, f"{{{MESSAGE}}}Payload")
    payload.extend(content.elements)
    _texts(payload, (("Compressed", content.compressed), ("Format", content.format)))


def _texts(parent: etree._Element, texts: Iterable[tuple[str, str | None]]) -> None:
    for name, text in texts:
        if text is not None:
            etree.SubElement(parent, f"{{{MESSAGE}}}{name}").text = text


def _moments(parent: etree._Element, moments: Iterable[tuple[str, datetime | None]]) -> None:
    _texts(parent, ((name, None if moment is None else written(moment)) for name, moment in moments))


def written(moment: datetime) -> str:
    """A moment as XML Schema writes it, in UTC and to the millisecond."""
    return utc(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")
