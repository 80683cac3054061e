"""Reads published code lists into our own terms."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from esmp.schemas import CODES_FILE
from esmp.xsd_reader import read_xml

_XS = "{http://www.w3.org/2001/XMLSchema}"
LOCAL_CODES_FILE = "urn-entsoe-eu-local-extension-types.xsd"


@dataclass(frozen=True, slots=True)
class PublishedCodes:
    """Code lists as published: the version, the codes per list, and the lists that accept any token."""

    version: str
    lists: dict[str, frozenset[str]]
    open: frozenset[str]


def code_files(directory: Path) -> Iterator[tuple[Path, PublishedCodes]]:
    """Yield the published code lists below a directory, each joined with the local extensions in its
    directory."""
    for path in sorted(directory.rglob(CODES_FILE)):
        standard = read_xml(path)
        local_file = path.with_name(LOCAL_CODES_FILE)
        yield path, _codes(standard, read_xml(local_file) if local_file.exists() else None)


def _codes(standard: etree._Element, local: etree._Element | None) -> PublishedCodes:
    enumerated: dict[str, frozenset[str]] = {}
    unions: dict[str, list[str]] = {}
    for source in (standard, local):
        for kind in () if source is None else source.iterchildren(f"{_XS}simpleType"):
            union = kind.find(f"{_XS}union")
            if union is not None:
                unions[kind.get("name", "")] = [
                    m.rpartition(":")[2] for m in union.get("memberTypes", "").split()
                ]
            else:
                values = kind.iterfind(f"{_XS}restriction/{_XS}enumeration")
                enumerated[kind.get("name", "")] = frozenset(v.get("value", "") for v in values)
    lists = {
        name: frozenset().union(*(enumerated.get(member, frozenset()) for member in members))
        for name, members in unions.items()
    }
    opened = frozenset(
        name for name, members in unions.items() if any(enumerated.get(m) == frozenset() for m in members)
    )
    return PublishedCodes(standard.findtext(".//{*}Version", "").strip(), lists, opened)
