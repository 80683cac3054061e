"""What an endpoint says about our messages, whatever its spelling."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from adapters.amqp10.progress import Stage

_LONGEST_STATUS: Final = 256 * 1024
_STAGES: Final = {
    "ACCEPTED": Stage.ACCEPTED,
    "SENT": Stage.ACCEPTED,
    "SUCCESSFULLY_SENT": Stage.ACCEPTED,
    "DELIVERED": Stage.DELIVERED,
    "RECEIVED": Stage.RECEIVED,
}


@dataclass(frozen=True, slots=True)
class Status:
    """How a message stands: a stage, or a fault."""

    stage: Stage | None = None
    fault: str | None = None
    theirs: str | None = None


def named(properties: Mapping[str, Any], *names: str) -> str | None:
    """The first of these application properties that is there, as text; case does not matter."""
    known = {key.lower(): value for key, value in properties.items()}
    found = (known.get(name.lower()) for name in names)
    return next((str(value) for value in found if value not in (None, "")), None)


def stage_of(word: object) -> Stage | None:
    """The stage an event names; None for one that nobody knows."""
    return _STAGES.get(str(word).strip().upper())


def reply_status(properties: Mapping[str, Any]) -> Status:
    """What the reply of an ECP endpoint says."""
    theirs = named(properties, "messageID")
    if (error := named(properties, "errorCode")) is not None:
        return Status(fault=f"the endpoint refused: error {error}", theirs=theirs)
    return Status(Stage.ACCEPTED, theirs=theirs)


def status_document(data: bytes) -> Status:
    """What the StatusDocument of an EDX toolbox says. Parts that are not understood count as nothing said."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data[:_LONGEST_STATUS], parser)
    except etree.XMLSyntaxError:
        return Status()
    word = _value(root, "finalMessageStatus", "status")
    theirs = _value(root, "edxReplyMetadata", "originalmessageID")
    if word == "FAILED":
        text = _value(root, "finalMessageStatus", "statusText")
        return Status(fault=f"the network failed: {text or 'no reason given'}", theirs=theirs)
    return Status(stage_of(word), theirs=theirs)


def _value(root: etree._Element, *path: str) -> str | None:
    """Values stand in attribute `v`, elements with or without a namespace."""
    step = "/".join(f"*[local-name()='{name}']" for name in path)
    values = root.xpath(f"./{step}/@v")
    return str(values[0]) if isinstance(values, list) and values else None
