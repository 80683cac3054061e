"""Code lists, once for all document families, and the sets of them a document can be checked against.

`standard.codes` holds the standard lists with the version each code came in; the other `.codes` files are
regional extensions; `sets.toml` states which of them make up a set.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from esmp.tables import lines, split_ranges, versions_in

DEFAULT_CODES = "regional"
"""In force where none is named: the newest standard lists and every regional extension, no list open."""

STANDARD_VERSIONS = ("91", "94")

Titles = Mapping[str, str]
"""Code → short title."""


class UnknownCodeSet(LookupError):  # noqa: N818  (the field's term, not a class of error)
    """No code set has this name; the message lists those there are."""


@dataclass(frozen=True, slots=True)
class CodeSet:
    """Code lists by name, and the names of the lists in which any token passes."""

    name: str
    lists: Mapping[str, Titles]
    open: frozenset[str]

    def accepts(self, code_list: str, code: str) -> bool:
        """Whether `code` is allowed where `code_list` is required."""
        return code_list in self.open or code in self.lists.get(code_list, {})


def _read(file: str, versions: tuple[str, ...], version: str) -> dict[str, dict[str, str]]:
    lists: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in lines(resources.files(__name__) / file):
        text, ranges = split_ranges(line.text, line)
        present = version in versions_in(ranges, versions, line)
        if line.indented:
            code, _, title = text.partition(" ")
            if code in current:
                raise line.error(f"code {code} occurs twice in its list")
            if present:
                current[code] = title.strip()
            continue
        keyword, _, name = text.partition(" ")
        if keyword != "list" or not name or name in lists:
            raise line.error(f"expected 'list NAME' with a new name, found {line.text!r}")
        current = {}
        if present:
            lists[name] = current
    return lists


@cache
def _definitions() -> dict[str, dict[str, object]]:
    return tomllib.loads((resources.files(__name__) / "sets.toml").read_text(encoding="utf-8"))


def code_set_names() -> tuple[str, ...]:
    """Return the names of all code sets, the default first."""
    return tuple(_definitions())


@cache
def code_set(name: str = DEFAULT_CODES) -> CodeSet:
    """Return a code set by name.

    Raises UnknownCodeSet.
    """
    try:
        definition = _definitions()[name]
    except KeyError:
        raise UnknownCodeSet(f"no code set {name!r}; there are {', '.join(code_set_names())}") from None
    lists = _read("standard.codes", STANDARD_VERSIONS, str(definition["standard"]))
    extensions = definition.get("extensions", [])
    assert isinstance(extensions, list)  # noqa: S101  (our own file, checked by its test)
    for extension in extensions:
        for code_list, titles in _read(f"{extension}.codes", ("",), "").items():
            lists[code_list] = titles | lists[code_list]
    opened = definition.get("open", [])
    assert isinstance(opened, list)  # noqa: S101
    for code_list in opened:
        lists.setdefault(code_list, {})  # one that came with a later standard: any token passes
    return CodeSet(name, MappingProxyType(lists), frozenset(opened))
