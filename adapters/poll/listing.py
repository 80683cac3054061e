"""Lists of messages of a peer: the places in its JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from adapters.kit.http.client import CallError
from adapters.poll import ListedMessage, Listing

_LONGEST_NAME: Final = 512


@dataclass(frozen=True, slots=True)
class Listed:
    """A message of a list.

    Attributes:
        address: path and query on the peer's server.
        cursor: where to go on after it; None where only the list knows.
        confirm_at: path; None where the peer needs no confirmation.
    """

    id: str
    address: str
    cursor: str | None
    confirm_at: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some messages in their order, and where to go on after all of them."""

    messages: Sequence[Listed]
    next: str | None


def page_in(data: bytes, listing: Listing, shape: ListedMessage, base_url: str) -> Page:
    """Read a list.

    Args:
        base_url: of the peer; a link to anywhere else is refused.

    Raises:
        CallError: it is not as described.
    """
    try:
        content = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        raise CallError("the list is no JSON") from None
    items = at(content, listing.items)
    if not isinstance(items, list):
        raise CallError(f"the list has no messages at {listing.items}")
    following = None if listing.next is None else at(content, listing.next)
    return Page(
        tuple(_listed(items, shape, base_url)), None if following is None else _name(following, "next")
    )


def at(content: Any, pointer: str) -> Any:
    """The value at a JSON pointer (RFC 6901); None where there is none."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(content, dict):
            content = content.get(name)
        elif isinstance(content, list) and name.isascii() and name.isdigit() and int(name) < len(content):
            content = content[int(name)]
        else:
            return None
    return content


def _listed(items: Sequence[Any], shape: ListedMessage, base_url: str) -> Iterator[Listed]:
    for item in items:
        key = quote(_name(at(item, shape.key), shape.key), safe="")
        address = (shape.path or "").replace("{key}", key)
        if shape.link is not None:
            address = _same_server(base_url, _name(at(item, shape.link), shape.link))
        yield Listed(
            id=_name(at(item, shape.id), shape.id),
            address=address,
            cursor=None if shape.cursor is None else _name(at(item, shape.cursor), shape.cursor),
            confirm_at=None if shape.confirm_path is None else shape.confirm_path.replace("{key}", key),
        )


def _name(value: Any, pointer: str) -> str:
    """A name or number of the peer as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME:
        raise CallError(f"the list has no name at {pointer} of a message")
    return value


def _same_server(base_url: str, link: str) -> str:
    target, base = urlsplit(urljoin(base_url, link)), urlsplit(base_url)
    if (target.scheme, target.netloc) != (base.scheme, base.netloc):
        raise CallError("a link leads to another server")
    return target._replace(scheme="", netloc="", fragment="").geturl()
