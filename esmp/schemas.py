"""Profile + code set → XML Schema: our own text, the same for the same input, and its compiled form."""

import threading
from collections.abc import Iterable, Iterator
from typing import Any
from xml.sax.saxutils import quoteattr

from lxml import etree

from esmp.codes import CodeSet, code_set
from esmp.profiles import DataType, Profile

CODES_NAMESPACE = "urn:entsoe.eu:wgedi:codelists"
CODES_FILE = "urn-entsoe-eu-wgedi-codelists.xsd"
"""The name under which published schemas import the code lists; ours do the same, so either can stand in."""

_XSD = "http://www.w3.org/2001/XMLSchema"
_OCCURS = {
    "1": "",
    "?": ' minOccurs="0"',
    "*": ' minOccurs="0" maxOccurs="unbounded"',
    "+": ' maxOccurs="unbounded"',
}


def schema_text(profile: Profile, *, facets: bool = True) -> str:
    """Return the XML Schema of a profile; it imports the code lists from `CODES_FILE`.

    Without `facets` lengths, ranges and patterns are left out: enough to generate classes, not to validate.
    """
    namespace = quoteattr(profile.namespace)
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<xs:schema xmlns:xs="{_XSD}" xmlns:codes="{CODES_NAMESPACE}" xmlns={namespace}',
            f'  targetNamespace={namespace} elementFormDefault="qualified">',
            f'  <xs:import namespace="{CODES_NAMESPACE}" schemaLocation="{CODES_FILE}"/>',
            f'  <xs:element name="{profile.root}" type="{profile.root_class}"/>',
            *(line for name in profile.classes for line in _class(profile, name)),
            *(line for data_type in profile.types.values() for line in _data_type(data_type, facets)),
            "</xs:schema>",
            "",
        ]
    )


def _class(profile: Profile, name: str) -> Iterator[str]:
    yield f'  <xs:complexType name="{name}">'
    yield "    <xs:sequence>"
    for element in profile.classes[name]:
        yield f'      <xs:element name="{element.name}" type="{element.type}"{_OCCURS[element.cardinality]}/>'
    yield "    </xs:sequence>"
    yield "  </xs:complexType>"


def _data_type(data_type: DataType, facets: bool) -> Iterator[str]:
    base = data_type.base if data_type.base.startswith("xs:") else f"codes:{data_type.base}"
    restriction = [
        f'    <xs:restriction base="{base}">',
        *(f"      <xs:{facet} value={quoteattr(value)}/>" for facet, value in data_type.facets if facets),
        "    </xs:restriction>",
    ]
    attribute = data_type.attribute
    simple = data_type.name if attribute is None else f"{data_type.name}-base"
    yield from (f'  <xs:simpleType name="{simple}">', *restriction, "  </xs:simpleType>")
    if attribute is not None:
        use = "required" if attribute.required else "optional"
        yield f'  <xs:complexType name="{data_type.name}">'
        yield "    <xs:simpleContent>"
        yield f'      <xs:extension base="{simple}">'
        type_ = f"codes:{attribute.code_list}"
        yield f'        <xs:attribute name="{attribute.name}" type="{type_}" use="{use}"/>'
        yield "      </xs:extension>"
        yield "    </xs:simpleContent>"
        yield "  </xs:complexType>"


def codes_text(codes: CodeSet, only: Iterable[str] | None = None) -> str:
    """Return the XML Schema of a code set's lists, of all or `only` of the named ones.

    An open list is a bare NMTOKEN: every token passes, and no enumeration would narrow it.
    """
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<xs:schema xmlns:xs="{_XSD}" targetNamespace="{CODES_NAMESPACE}">',
    ]
    for name in sorted(codes.lists if only is None else only):
        lines += [f'  <xs:simpleType name="{name}">', '    <xs:restriction base="xs:NMTOKEN">']
        if name not in codes.open:
            lines += [f'      <xs:enumeration value="{code}"/>' for code in sorted(codes.lists[name])]
        lines += ["    </xs:restriction>", "  </xs:simpleType>"]
    return "\n".join([*lines, "</xs:schema>", ""])


class TextResolver(etree.Resolver):
    """Answers a schema's imports from texts in memory, by the last part of their location."""

    def __init__(self, texts: dict[str, str]) -> None:
        super().__init__()
        self._texts = texts

    def resolve(self, system_url: str, public_id: str, context: object = None) -> Any:  # noqa: ARG002
        """Return the text; an import we do not hold is an empty schema, so its names stay undefined."""
        name = system_url.rpartition("/")[2]
        text = self._texts.get(name, f'<xs:schema xmlns:xs="{_XSD}"/>')
        return self.resolve_string(text, context)  # type: ignore[call-arg]  # the base is optional


def compile_schema(text: str, imports: dict[str, str]) -> etree.XMLSchema:
    """Compile a schema whose imports are all held in memory.

    Raises lxml.etree.XMLSchemaParseError.
    """
    reader = etree.XMLParser(no_network=True, resolve_entities=False)
    reader.resolvers.add(TextResolver(imports))
    return etree.XMLSchema(etree.fromstring(text.encode(), reader))


_compiled = threading.local()


def compiled(profile: Profile, codes: str) -> etree.XMLSchema:
    """Return the compiled schema of a profile under a code set.

    Each thread has its own, because a compiled schema carries the errors of its last validation.
    Raises UnknownCodeSet.
    """
    cache: dict[tuple[str, str, str], etree.XMLSchema] = _compiled.__dict__.setdefault("schemas", {})
    key = (profile.family, profile.version, codes)
    if key not in cache:
        lists = codes_text(code_set(codes), profile.code_lists())
        cache[key] = compile_schema(schema_text(profile), {CODES_FILE: lists})
    return cache[key]
