"""Profile + code set → XML Schema: our own text, the same for the same input, and its compiled form."""

import threading
from collections.abc import Collection, Iterable, Iterator
from xml.sax.saxutils import quoteattr

from lxml import etree

from esmp.codes import CodeSet, code_set
from esmp.profiles import DataType, Profile

CODES_NAMESPACE = "urn:entsoe.eu:wgedi:codelists"
CODES_FILE = "urn-entsoe-eu-wgedi-codelists.xsd"
"""The name under which published schemas import the code lists."""

_XSD = "http://www.w3.org/2001/XMLSchema"
_FREQUENT = frozenset({"A01", "A02", "A04", "A06", "A07", "A37", "A46", "A47", "B74", "EUR", "MAW", "MWH"})
"""Codes that bids have many times; they lead lists, because libxml2 looks from the first to the last."""
_OCCURS = {
    "1": "",
    "?": ' minOccurs="0"',
    "*": ' minOccurs="0" maxOccurs="unbounded"',
    "+": ' maxOccurs="unbounded"',
}


def schema_text(profile: Profile, codes: CodeSet | None = None, *, facets: bool = True) -> str:
    """Return the XML Schema of a profile.

    With a code set the schema is self-contained: the lists it needs are in it, as `codes.NAME`. Without, it
    imports them from `CODES_FILE`. Without `facets` lengths, ranges and patterns are left out: enough to
    generate classes, not to validate.
    """
    namespace = quoteattr(profile.namespace)
    external = f'  <xs:import namespace="{CODES_NAMESPACE}" schemaLocation="{CODES_FILE}"/>'
    prefix = "codes." if codes else "codes:"
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<xs:schema xmlns:xs="{_XSD}" xmlns:codes="{CODES_NAMESPACE}" xmlns={namespace}',
            f'  targetNamespace={namespace} elementFormDefault="qualified">',
            *([] if codes else [external]),
            f'  <xs:element name="{profile.root}" type="{profile.root}"/>',
            *(line for name in profile.classes for line in _class(profile, name)),
            *(line for data_type in profile.types.values() for line in _data_type(data_type, prefix, facets)),
            *(_code_lists(codes, profile.code_lists(), prefix, _FREQUENT) if codes else ()),
            "</xs:schema>",
            "",
        ]
    )


def _class(profile: Profile, name: str) -> Iterator[str]:
    # The root's type bears the root's name, as in every published schema.
    yield f'  <xs:complexType name="{profile.root if name == profile.root_class else name}">'
    yield "    <xs:sequence>"
    for element in profile.classes[name]:
        yield f'      <xs:element name="{element.name}" type="{element.type}"{_occurs(element.cardinality)}/>'
    yield "    </xs:sequence>"
    yield "  </xs:complexType>"


def _occurs(cardinality: str) -> str:
    if cardinality in _OCCURS:
        return _OCCURS[cardinality]
    least, _, most = cardinality.partition("..")
    return f' minOccurs="{least}" maxOccurs="{most}"'


def _data_type(data_type: DataType, prefix: str, facets: bool) -> Iterator[str]:
    base = data_type.base if data_type.base.startswith("xs:") else f"{prefix}{data_type.base}"
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
        type_ = f"{prefix}{attribute.code_list}"
        fixed = f" fixed={quoteattr(attribute.fixed)}" if attribute.fixed else ""
        yield f'        <xs:attribute name="{attribute.name}" type="{type_}" use="{use}"{fixed}/>'
        yield "      </xs:extension>"
        yield "    </xs:simpleContent>"
        yield "  </xs:complexType>"


def codes_text(codes: CodeSet, only: Iterable[str]) -> str:
    """Return the XML Schema of some lists of a code set, as `CODES_FILE` would hold them."""
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<xs:schema xmlns:xs="{_XSD}" targetNamespace="{CODES_NAMESPACE}">',
            *_code_lists(codes, only, ""),
            "</xs:schema>",
            "",
        ]
    )


def _code_lists(
    codes: CodeSet, only: Iterable[str], prefix: str, leading: Collection[str] = ()
) -> Iterator[str]:
    """One type per list; an open list is a bare NMTOKEN, so that every token passes."""
    for name in sorted(only):
        yield f'  <xs:simpleType name="{prefix}{name}">'
        yield '    <xs:restriction base="xs:NMTOKEN">'
        if name not in codes.open:
            ordered = sorted(codes.lists[name], key=lambda code: (code not in leading, code))
            yield from (f'      <xs:enumeration value="{code}"/>' for code in ordered)
        yield "    </xs:restriction>"
        yield "  </xs:simpleType>"


_compiled = threading.local()
# libxml2 sets up its built-in types at the first compilation, and not safely so: one thread at a time.
_compiling = threading.Lock()


def compiled(profile: Profile, codes: str) -> etree.XMLSchema:
    """Return the compiled schema of a profile under a code set.

    Each thread has its own, because a compiled schema holds the errors of its last validation. The schema
    imports nothing: libxml2's loader of imports is one for all threads, and any parse elsewhere may
    change it. Raises UnknownCodeSet.
    """
    cache: dict[tuple[int, str], tuple[Profile, etree.XMLSchema]] = _compiled.__dict__.setdefault(
        "schemas", {}
    )
    key = (id(profile), codes)
    if key not in cache:
        cache[key] = (profile, compile_schema(profile, codes))  # the profile stays, and with it its id
    return cache[key][1]


def compile_schema(profile: Profile, codes: str) -> etree.XMLSchema:
    """Compile the schema of a profile again.

    Raises UnknownCodeSet, and lxml.etree.XMLSchemaParseError for a profile that makes no sense.
    """
    document = etree.fromstring(schema_text(profile, code_set(codes)).encode())
    with _compiling:
        return etree.XMLSchema(document)
