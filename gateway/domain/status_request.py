"""A request for the status of something, or an answer to it: named attributes with their values."""

from dataclasses import dataclass

from gateway.domain.header import DocumentHeader


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute, in words that sender and receiver agreed on; `scheme` is that of a coded value."""

    attribute: str
    value: str
    scheme: str | None = None


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """A StatusRequest document."""

    header: DocumentHeader
    attributes: tuple[Attribute, ...]
