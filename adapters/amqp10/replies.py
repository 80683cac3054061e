"""Reports of an endpoint about our messages, whatever its spelling."""

from collections.abc import Mapping
from typing import Any, Final

from lxml import etree

from adapters.kit.ecp import state_of
from gateway.domain.transport import TransportNews, TransportState

_LONGEST_STATUS: Final = 256 * 1024


def named(properties: Mapping[str, Any], *names: str) -> str | None:
    """The first of these application properties that is there, as text; case does not matter."""
    known = {key.lower(): value for key, value in properties.items()}
    found = (known.get(name.lower()) for name in names)
    return next((text for value in found if (text := text_of(value))), None)


def text_of(value: object) -> str | None:
    """An id as text, whichever of its types AMQP gave it: string, ulong, uuid or binary.

    Bytes that are no UTF-8 are written in hexadecimal.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{int(value)}"  # proton writes a ulong with its type around it
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.hex()
    return str(value)


def event_news(properties: Mapping[str, Any], body: object) -> TransportNews | None:
    """The report in an event of an ECP endpoint; None when that is not understood."""
    theirs, state = named(properties, "messageID"), state_of(body)
    return None if theirs is None or state is None else TransportNews(state, transport_id=theirs)


def reply_news(properties: Mapping[str, Any], ours: str | None) -> TransportNews | None:
    """The report on a sent message in the reply of an ECP endpoint; None when it names none."""
    theirs = named(properties, "messageID")
    if (error := named(properties, "errorCode")) is not None:
        return _news(TransportState.FAILED, ours, theirs, f"the endpoint refused: error {error}")
    return _news(TransportState.ACCEPTED, ours, theirs)


def status_news(data: bytes, ours: str | None) -> TransportNews | None:
    """The report on a sent message in the StatusDocument of an EDX toolbox; None when that is not
    understood."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data[:_LONGEST_STATUS], parser)
    except etree.XMLSyntaxError:
        return None
    state = state_of(_value(root, "finalMessageStatus", "status"))
    theirs = _value(root, "edxReplyMetadata", "originalmessageID")
    if state is TransportState.FAILED:
        text = _value(root, "finalMessageStatus", "statusText")
        return _news(state, ours, theirs, f"the network failed: {text or 'no reason given'}")
    return None if state is None else _news(state, ours, theirs)


def _news(
    state: TransportState, ours: str | None, theirs: str | None, fault: str | None = None
) -> TransportNews | None:
    return None if ours is None and theirs is None else TransportNews(state, ours, theirs, fault)


def _value(root: etree._Element, *path: str) -> str | None:
    """Values are in attribute `v`, elements with or without a namespace."""
    step = "/".join(f"*[local-name()='{name}']" for name in path)
    values = root.xpath(f"./{step}/@v")
    return str(values[0]) if isinstance(values, list) and values else None
