"""Reading of AMQP 1.0 messages; whatever their bytes are, nothing is lost and nothing raises."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from proton import Message as Packet
from proton import MessageException

from adapters.amqp10.replies import text_of
from adapters.amqp10.sections import joined_data

_NO_TYPE: Final = "None"
"""Proton's value for an absent content type."""


@dataclass(frozen=True, slots=True)
class DecodedMessage:
    """A message as it came.

    Attributes:
        body: bytes or a text; of a message that is no such thing, all its bytes as they came.
        fault: why it cannot be read; None where it can.
    """

    body: bytes | str = field(repr=False)
    properties: Mapping[str, Any] = field(default_factory=dict)
    message_id: str | None = None
    correlation_id: str | None = None
    content_type: str | None = None
    fault: str | None = None


def read(data: bytes) -> DecodedMessage:
    """The message that these bytes are, as far as they can be read."""
    packet = Packet()
    try:
        packet.decode(data)
        return _read(packet, joined_data(data))
    except UnicodeDecodeError:
        fault = "a text in it is no UTF-8"
    except (MessageException, ValueError) as error:
        fault = str(error)
    return DecodedMessage(data, packet.properties or {}, _id_of(packet), fault=fault)


def _read(packet: Packet, joined: bytes | None) -> DecodedMessage:
    """Proton decodes most values only on access: access all that are used.

    Raises:
        ValueError: one of them cannot be read, or the body is neither bytes nor text.
    """
    body: Any = packet.body if joined is None else joined
    if body is None:
        body = b""
    if isinstance(body, memoryview):
        body = bytes(body)
    if not isinstance(body, bytes | str):
        raise ValueError(f"its body is a {type(body).__name__}, neither bytes nor text")  # noqa: TRY004
    return DecodedMessage(
        body=body,
        properties=dict(packet.properties or {}),
        message_id=text_of(packet.id),
        correlation_id=text_of(packet.correlation_id),
        content_type=None if packet.content_type == _NO_TYPE else str(packet.content_type),
    )


def _id_of(packet: Packet) -> str | None:
    """The id, where at least that can be read."""
    try:
        return text_of(packet.id)
    except ValueError:
        return None
