"""Reads published XML Schemas of market documents into our own terms."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lxml import etree

from esmp.profiles import Attribute, DataType, Element, Profile
from esmp.schemas import CODES_NAMESPACE

_NAMESPACE: Final = "http://www.w3.org/2001/XMLSchema"
_XS: Final = f"{{{_NAMESPACE}}}"
_CARDINALITIES: Final = {"1..1": "1", "0..1": "?", "0..unbounded": "*", "1..unbounded": "+"}
_LIMITS: Final = "length minLength maxLength totalDigits fractionDigits"
_BOUNDS: Final = "minInclusive maxInclusive minExclusive maxExclusive"
_FACETS: Final = f"pattern enumeration {_LIMITS} {_BOUNDS}"
_VOCABULARY: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    tag: (frozenset(attributes.split()), frozenset(children.split()))
    for tag, attributes, children in [
        ("schema", "targetNamespace elementFormDefault attributeFormDefault version",
         "import element simpleType complexType"),
        ("import", "namespace schemaLocation", ""),
        ("element", "name type minOccurs maxOccurs", ""),
        ("complexType", "name", "sequence simpleContent"),
        ("sequence", "", "element"),
        ("simpleContent", "", "extension"),
        ("extension", "base", "attribute"),
        ("attribute", "name type use fixed", ""),
        ("simpleType", "name", "restriction"),
        ("restriction", "base", _FACETS),
        *((facet, "value", "") for facet in _FACETS.split()),
    ]
}  # fmt: skip
"""All that market documents use of XML Schema, attributes and children per element, but annotations."""


class SchemaNotUnderstood(ValueError):  # noqa: N818  (what happened, not what kind of class it is)
    """A schema that uses more of XML Schema than market documents do; the message states what and where."""


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
        raise SchemaNotUnderstood(f"{path.name} is not well-formed: {error.msg}") from None


_VERSION: Final = re.compile(r"[:/](\d+)[:-](\d+)$")
"""The end of a namespace in both forms: `…:activationdocument:6:4` and `…/activationdocument/6-5`."""


def version_of(namespace: str) -> str:
    """Return the version a namespace names; one that names none is its own version."""
    found = _VERSION.search(namespace)
    return namespace if found is None else ".".join(found.groups())


def profile_of(schema: etree._Element) -> Profile:
    """Return the profile a published schema describes; family and version are in root and namespace.

    Raises SchemaNotUnderstood for whatever would be lost.
    """
    _check(schema)
    roots = schema.findall(f"{_XS}element")
    if len(roots) != 1 or schema.get("elementFormDefault") != "qualified":
        raise SchemaNotUnderstood(f"{len(roots)} root elements, not one, or unqualified elements")
    simple = {_get(kind, "name"): _restricted(kind) for kind in schema.iterchildren(f"{_XS}simpleType")}
    classes: dict[str, tuple[Element, ...]] = {}
    types = dict(simple)
    for kind in schema.iterchildren(f"{_XS}complexType"):
        content, name = kind.find(f"{_XS}sequence"), _get(kind, "name")
        if content is None:
            types[name] = _extended(kind, simple)
        else:
            classes[name] = tuple(map(_element, content.iterchildren(f"{_XS}element")))
    root, namespace = _get(roots[0], "name"), _get(schema, "targetNamespace")
    root_class = _type(roots[0], "type")
    if root_class not in classes:
        raise SchemaNotUnderstood(f"the root's type {root_class} is no sequence")
    used = {element.type for children in classes.values() for element in children}
    return Profile(
        root.removesuffix("_MarketDocument"),
        version_of(namespace),
        namespace,
        root,
        root_class,
        classes,
        {name: types[name] for name in sorted(used & set(types))},
    )


def _check(element: etree._Element) -> None:
    """Refuse what is outside the vocabulary: passing over it would change which documents are valid."""
    tag = etree.QName(element).localname
    attributes, children = _VOCABULARY[tag]
    given = {name for name in map(str, element.attrib) if not name.startswith("{")}
    for extra in sorted(given - attributes):
        raise SchemaNotUnderstood(f"line {element.sourceline}: {extra} of {tag}")
    if tag == "import" and element.get("namespace") != CODES_NAMESPACE:
        raise SchemaNotUnderstood(f"line {element.sourceline}: import of {element.get('namespace')}")
    for child in element.iterchildren(etree.Element):
        name = etree.QName(child)
        if name.localname == "annotation":
            continue
        if name.namespace != _NAMESPACE or name.localname not in children:
            raise SchemaNotUnderstood(f"line {child.sourceline}: {name.localname} in {tag}")
        _check(child)


def _element(element: etree._Element) -> Element:
    occurs = f"{element.get('minOccurs', '1')}..{element.get('maxOccurs', '1')}"
    return Element(_get(element, "name"), _type(element, "type"), _CARDINALITIES.get(occurs, occurs))


def _restricted(kind: etree._Element) -> DataType:
    restriction = _only(kind, "restriction")
    facets = ((etree.QName(f).localname, _get(f, "value")) for f in restriction.iterchildren(etree.Element))
    return DataType(_get(kind, "name"), _type(restriction, "base"), tuple(sorted(facets)))


def _extended(kind: etree._Element, simple: dict[str, DataType]) -> DataType:
    extension = _only(_only(kind, "simpleContent"), "extension")
    attribute = _only(extension, "attribute")
    base = _type(extension, "base")
    plain = simple.get(base, DataType(base, base))
    attached = Attribute(
        _get(attribute, "name"),
        _type(attribute, "type"),
        attribute.get("use") == "required",
        attribute.get("fixed"),
    )
    return DataType(_get(kind, "name"), plain.base, plain.facets, attached)


def _only(parent: etree._Element, tag: str) -> etree._Element:
    children = parent.findall(f"{_XS}{tag}")
    if len(children) != 1:
        raise SchemaNotUnderstood(f"line {parent.sourceline}: {len(children)} times {tag}, not once")
    return children[0]


def _get(element: etree._Element, attribute: str) -> str:
    value = element.get(attribute)
    if value is None:
        raise SchemaNotUnderstood(f"line {element.sourceline}: no {attribute}")
    return value


def _type(element: etree._Element, attribute: str) -> str:
    """The name of a type without the prefix its file happens to use; built-in types go by `xs:`."""
    prefix, _, local = _get(element, attribute).rpartition(":")
    namespaces: dict[str | None, str] = dict(element.nsmap)
    return f"xs:{local}" if namespaces.get(prefix or None) == _NAMESPACE else local
