"""Fill the generated bindings of any version from values named as the standard names its elements.

Versions differ in names, nesting and what they have at all. A document is therefore described once, by
element name, and each version uses those it knows: the first alternative of a name that its class has.
"""

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.formats.dataclass.serializers.config import SerializerConfig
from xsdata.formats.dataclass.serializers.writers import XmlEventWriter
from xsdata.models.datatype import XmlDateTime

from esmp import Family

_CONTEXT = XmlContext()
"""What xsdata knows of the bindings, found out once."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A party, area or resource code with its coding scheme, A01 = EIC."""

    code: str
    scheme: str = "A01"


class UnsayableError(ValueError):
    """The version has no element for a value that the document must state."""


def bindings_of(family: Family, version: str) -> ModuleType:
    """The generated bindings of one version.

    Raises:
        ModuleNotFoundError: there is no such version.
    """
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in family)
    version_words = version.lower().replace(".", "_").replace("-", "_")
    return import_module(f"esmp.bindings.{words.lstrip('_')}_{version_words}")


def fill(binding: type, values: Mapping[str, Any]) -> Any:
    """An instance of a binding class.

    Args:
        binding: class of the bindings.
        values: by element name; alternatives are separated by `|`, and `Outer/inner` goes into a class of its
            own. None and empty lists are omitted.

    Raises:
        UnsayableError: a value none of whose alternatives the class has.
    """
    places = _places(binding)
    arguments: dict[str, Any] = {}
    for names, value in values.items():
        if value is None or value == []:
            continue
        name = next((name for name in names.split("|") if name.partition("/")[0] in places), None)
        if name is None:
            raise UnsayableError(f"{binding.__module__} has no element for {names} in {binding.__name__}")
        outer, _, inner = name.partition("/")
        place = places[outer]
        arguments[place.field] = place.read({inner: value} if inner else value)
    return binding(**arguments)


def written(document: Any) -> bytes:
    """The document as UTF-8 XML, its namespace the default one."""
    namespace = import_module(type(document).__module__).__dict__["__NAMESPACE__"]
    # The writer of the standard library takes a third less time here than that of lxml.
    serializer = XmlSerializer(_CONTEXT, SerializerConfig(xml_declaration=True), XmlEventWriter)
    return serializer.render(document, ns_map={None: namespace}).encode()


@dataclass(frozen=True, slots=True)
class _Place:
    """A field of a binding class and its type."""

    field: str
    type: Any
    many: bool

    def read(self, value: Any) -> Any:
        if self.many:
            return [self._read_one(one) for one in (value if isinstance(value, list) else [value])]
        return self._read_one(value)

    def _read_one(self, value: Any) -> Any:
        if isinstance(self.type, type) and is_dataclass(self.type):
            if isinstance(value, Coded):
                value = {"value": value.code, "codingScheme": value.scheme}
            return fill(self.type, value)
        if isinstance(value, self.type):
            return value
        return XmlDateTime.from_string(value) if self.type is XmlDateTime else self.type(value)


@cache
def _places(binding: type) -> Mapping[str, _Place]:
    hints = typing.get_type_hints(binding)
    return {
        field.metadata.get("name", field.name): _Place(field.name, *_type(hints[field.name]))
        for field in fields(binding)
    }


def _type(hint: Any) -> tuple[type, bool]:
    """The one type behind `X`, `X | None` and `list[X]`, and whether it is a list."""
    if typing.get_origin(hint) is list:
        return typing.get_args(hint)[0], True
    if isinstance(hint, types.UnionType):
        (one,) = (part for part in typing.get_args(hint) if part is not types.NoneType)
        return one, False
    return hint, False
