"""How a message protocol is used: addresses, who sends, what accompanies the payload. Terms of AsyncAPI.

An adapter of such a protocol declares this once; `asyncapi.yaml` is written from it, and held to it at real
brokers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """Whether the gateway receives or sends the messages of an operation."""

    SEND = "send"
    RECEIVE = "receive"


class PayloadKind(StrEnum):
    """Description of a payload."""

    DOCUMENT = "document"
    NOTICE = "notice"
    PROBLEM = "problem"
    WORD = "word"
    STATUS_DOCUMENT = "status-document"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Named:
    """A value next to the payload, by its name on the wire.

    Attributes:
        always: it is on every message of its kind; a message without it breaks the contract.
        values: all there are, where there are few.
        pattern: which every value matches.
    """

    name: str
    meaning: str
    always: bool = False
    values: tuple[str, ...] = ()
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class MessageForm:
    """One kind of message.

    Attributes:
        content_types: it comes in one of these; empty where the protocol names none.
        words: all there are, where the payload is one word.
        headers: what applications name: MQTT user properties, AMQP application properties, HTTP headers.
        properties: what the protocol itself names.
    """

    name: str
    title: str
    content: PayloadKind
    content_types: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    headers: tuple[Named, ...] = ()
    properties: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of an address that differs between installations or messages."""

    meaning: str
    default: str | None = None
    values: tuple[str, ...] = ()
    example: str | None = None


@dataclass(frozen=True, slots=True)
class MessageOperation:
    """Messages that pass at one address in one direction.

    Attributes:
        address: with `{parameters}`; None where the peer names it at run time.
        answered_by: the operation that answers these messages.
        channel_binding, binding: settings of the protocol, as AsyncAPI's bindings name them.
    """

    name: str
    action: Action
    address: str | None
    title: str
    messages: tuple[MessageForm, ...]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    answered_by: str | None = None
    channel_binding: Mapping[str, Any] = field(default_factory=dict)
    binding: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessageInterface:
    """A message protocol as one kind of peer meets it.

    Attributes:
        name: of the interface, short.
        protocol, version: as AsyncAPI names them, e.g. `mqtt`.
        host: an example of where the server is.
    """

    name: str
    protocol: str
    version: str
    host: str
    meaning: str
    operations: tuple[MessageOperation, ...]
