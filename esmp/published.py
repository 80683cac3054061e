"""Reads XML Schemas of market documents, published or ours, into plain shapes that can be compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from esmp.schemas import CODES_FILE

_XS = "{http://www.w3.org/2001/XMLSchema}"
LOCAL_CODES_FILE = "urn-entsoe-eu-local-extension-types.xsd"


class SchemaNotUnderstood(ValueError):  # noqa: N818  (what happened, not what kind of class it is)
    """A schema that uses more of XML Schema than market documents do; the message says what and where."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A type without children: its built-in base or code list, its facets, its attributes."""

    base: str
    facets: frozenset[tuple[str, str]] = frozenset()
    attributes: frozenset[tuple[str, str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Child:
    """An element of a class: its type's name and how often it may stand, `min..max`."""

    name: str
    type: str
    occurs: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema: the name its documents go by, and its classes and leaf types by name."""

    namespace: str
    root: str
    root_type: str
    classes: dict[str, tuple[Child, ...]]
    leaves: dict[str, Leaf]

    def leaf(self, name: str) -> Leaf:
        """Return a leaf type; a name it does not define is a built-in type."""
        return self.leaves.get(name) or Leaf(name)


def schema_files(directory: Path) -> Iterator[tuple[Path, etree._Element]]:
    """Yield every document schema below a directory, parsed, in order of its path.

    Raises SchemaNotUnderstood for a file that is not XML.
    """
    for path in sorted(directory.rglob("*.xsd")):
        root = read_xml(path)
        if root.tag == f"{_XS}schema" and root.find(f"{_XS}element") is not None:
            yield path, root


def read_xml(path: Path) -> etree._Element:
    """Parse a schema file, offline.

    Raises SchemaNotUnderstood.
    """
    try:
        return etree.parse(path, etree.XMLParser(no_network=True, resolve_entities=False)).getroot()
    except etree.XMLSyntaxError as error:
        raise SchemaNotUnderstood(f"{path.name}: {error.msg}") from None


def shape_of(schema: etree._Element) -> Shape:
    """Return the shape of a parsed document schema.

    Raises SchemaNotUnderstood when it says something in a way that market documents never do.
    """
    roots = schema.findall(f"{_XS}element")
    if len(roots) != 1:
        raise SchemaNotUnderstood(f"{len(roots)} root elements, not one")
    classes: dict[str, tuple[Child, ...]] = {}
    simple: dict[str, Leaf] = {}
    attributed: dict[str, tuple[str, frozenset[tuple[str, str, str]]]] = {}
    for kind in schema.iterchildren(f"{_XS}simpleType"):
        restriction = _only(kind)
        facets = frozenset((_local(f.tag), f.get("value", "")) for f in restriction)
        simple[kind.get("name", "")] = Leaf(_type(restriction.get("base", "")), facets)
    for kind in schema.iterchildren(f"{_XS}complexType"):
        content = _only(kind)
        if content.tag == f"{_XS}simpleContent":
            extension = _only(content)
            attributes = frozenset(
                (a.get("name", ""), _type(a.get("type", "")), a.get("use", "optional")) for a in extension
            )
            attributed[kind.get("name", "")] = (_type(extension.get("base", "")), attributes)
        elif content.tag == f"{_XS}sequence":
            classes[kind.get("name", "")] = tuple(_child(e) for e in content.iterchildren(etree.Element))
        else:
            raise SchemaNotUnderstood(f"line {content.sourceline}: {_local(content.tag)} in a type")
    for name, (base, attributes) in attributed.items():
        plain = simple.get(base) or Leaf(base)
        simple[name] = Leaf(plain.base, plain.facets, attributes)
    root_type = _type(roots[0].get("type", ""))
    if root_type not in classes:
        raise SchemaNotUnderstood(f"the root's type {root_type} is no sequence")
    return Shape(schema.get("targetNamespace", ""), roots[0].get("name", ""), root_type, classes, simple)


def _child(element: etree._Element) -> Child:
    if element.tag != f"{_XS}element" or element.get("type") is None:
        raise SchemaNotUnderstood(f"line {element.sourceline}: {_local(element.tag)} in a sequence")
    occurs = f"{element.get('minOccurs', '1')}..{element.get('maxOccurs', '1')}"
    return Child(element.get("name", ""), _type(element.get("type", "")), occurs)


def _only(parent: etree._Element) -> etree._Element:
    children = [c for c in parent.iterchildren(etree.Element) if c.tag != f"{_XS}annotation"]
    if len(children) != 1:
        raise SchemaNotUnderstood(
            f"line {parent.sourceline}: {_local(parent.tag)} with {len(children)} parts"
        )
    return children[0]


def _type(name: str) -> str:
    """A type's name without the prefix its file happens to use; built-in types keep `xs:`."""
    prefix, _, local = name.rpartition(":")
    return f"xs:{local}" if prefix in {"xs", "xsd"} else local


def _local(tag: object) -> str:
    return etree.QName(str(tag)).localname


@dataclass(frozen=True, slots=True)
class PublishedCodes:
    """Code lists as published: the version, the codes per list, and the lists that accept any token."""

    version: str
    lists: dict[str, frozenset[str]]
    open: frozenset[str]


def code_files(directory: Path) -> Iterator[tuple[Path, PublishedCodes]]:
    """Yield the published code lists below a directory, each joined with the local extensions beside it."""
    for path in sorted(directory.rglob(CODES_FILE)):
        standard = read_xml(path)
        beside = path.with_name(LOCAL_CODES_FILE)
        yield path, _codes(standard, read_xml(beside) if beside.exists() else None)


def _codes(standard: etree._Element, local: etree._Element | None) -> PublishedCodes:
    enumerated: dict[str, frozenset[str]] = {}
    unions: dict[str, list[str]] = {}
    for source in (standard, local):
        for kind in () if source is None else source.iterchildren(f"{_XS}simpleType"):
            union = kind.find(f"{_XS}union")
            if union is not None:
                unions[kind.get("name", "")] = [_type(m) for m in union.get("memberTypes", "").split()]
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
