"""Pseudonyms instead of names: what leaves the grid operator names nothing, and can be resolved there.

A pseudonym is the keyed hash (HMAC-SHA256) of a name: the same in every model made with the same key, so that
explanations and prices can be followed over time, and meaningless without the key. The key file holds the key
and every name that was ever replaced; it stays with the operator.
"""

import base64
import hmac
import os
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from gateway.domain.grid import ReducedGridModel, Reference

_ELEMENT: Final = "E"
_POINT: Final = "N"
_DIGITS: Final = 10
"""Base-32 digits, 50 bits: of 10,000 names two meet once in 20 million keys, which is refused."""
_WRITTEN: Final = re.compile(rf"\b[{_ELEMENT}{_POINT}]-[A-Z2-7]{{{_DIGITS}}}\b")


class PseudonymKeyFileError(ValueError):
    """A key file that cannot be used; the text states why."""


class _Content(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["flexgate-grid-names"]
    grid: str
    key: str
    names: dict[str, str]


class Pseudonyms:
    """The pseudonyms of one grid.

    Args:
        grid_id: of the grid; the key of one grid is for no other.
        key: 32 random bytes.
        names: the name behind each pseudonym, as far as known.
    """

    def __init__(self, grid_id: str, key: bytes, names: Mapping[str, str]) -> None:
        self.grid_id = grid_id
        self._key = key
        self._names = dict(names)

    @classmethod
    def of_file(cls, path: Path, grid_id: str) -> "Pseudonyms":
        """Those of a key file; with a new key if there is no file yet, which `save` writes.

        Raises:
            PseudonymKeyFileError: others can read the file, it is none, or it belongs to another grid.
        """
        if not path.exists():
            return cls(grid_id, secrets.token_bytes(32), {})
        found = cls.read(path)
        if found.grid_id != grid_id:
            raise PseudonymKeyFileError(f"{path} has the names of grid {found.grid_id!r}, not of {grid_id!r}")
        return found

    @classmethod
    def read(cls, path: Path) -> "Pseudonyms":
        """Those of an existing key file.

        Raises:
            PseudonymKeyFileError: others can read the file, or it is none.
            OSError: it cannot be read.
        """
        if path.stat().st_mode & 0o077:
            raise PseudonymKeyFileError(f"{path} can be read by others; chmod 600 {path}")
        try:
            content = msgspec.json.decode(path.read_bytes(), type=_Content)
            key = bytes.fromhex(content.key)
        except (msgspec.DecodeError, ValueError) as error:
            raise PseudonymKeyFileError(f"{path} is no key file of a grid: {error}") from None
        return cls(content.grid, key, content.names)

    def save(self, path: Path) -> None:
        """Write the key file, readable by its owner only; an earlier one is replaced completely."""
        content = _Content(
            "flexgate-grid-names", self.grid_id, self._key.hex(), dict(sorted(self._names.items()))
        )
        part = path.with_name(f"{path.name}.part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)

    def disguised(self, model: ReducedGridModel, agreed: Iterable[str] = ()) -> ReducedGridModel:
        """The model with pseudonyms, which are remembered.

        Args:
            model: with the operator's own names.
            agreed: names of connection points that stay, because others know them.

        Raises:
            PseudonymKeyFileError: two names have one pseudonym.
        """
        stays = frozenset(agreed)
        named = [name for e in model.elements for name in (e.element_id, e.of_element) if name is not None]
        elements = {name: self._pseudonym(_ELEMENT, name) for name in named}
        points = {
            name: name if name in stays else self._pseudonym(_POINT, name) for name in model.connection_points
        }
        return replace(
            model,
            elements=tuple(
                replace(
                    e,
                    element_id=elements[e.element_id],
                    of_element=None if e.of_element is None else elements[e.of_element],
                )
                for e in model.elements
            ),
            connection_points=tuple(points.values()),
            reference=Reference(tuple((points[node], weight) for node, weight in model.reference.weights)),
        )

    def shown(self, known: str) -> str:
        """An id of a model with its own name behind it, where it is a pseudonym."""
        own = self._names.get(known)
        return known if own is None else f"{known} ({own})"

    def resolved(self, text: str) -> str:
        """A text with the names in place of this grid's pseudonyms; JSON stays JSON."""
        try:
            content = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return self._replaced(text)
        return msgspec.json.format(msgspec.json.encode(_mapped(content, self._replaced)), indent=2).decode()

    def unknown(self, text: str) -> Sequence[str]:
        """Pseudonyms in a text that are of no name of this key, in their order."""
        return [found for found in dict.fromkeys(_WRITTEN.findall(text)) if found not in self._names]

    def _replaced(self, text: str) -> str:
        return _WRITTEN.sub(lambda found: self._names.get(found[0], found[0]), text)

    def _pseudonym(self, kind: str, name: str) -> str:
        digest = hmac.digest(self._key, f"{kind}\0{self.grid_id}\0{name}".encode(), "sha256")
        made = f"{kind}-{base64.b32encode(digest).decode()[:_DIGITS]}"
        if self._names.setdefault(made, name) != name:
            raise PseudonymKeyFileError(
                f"{name!r} and {self._names[made]!r} have one pseudonym; rename one of them"
            )
        return made


def _mapped(content: Any, change: Callable[[str], str]) -> Any:
    """JSON content with every string changed, names of members included."""
    if isinstance(content, str):
        return change(content)
    if isinstance(content, list):
        return [_mapped(item, change) for item in content]
    if isinstance(content, dict):
        return {change(name): _mapped(value, change) for name, value in content.items()}
    return content
