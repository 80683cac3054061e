"""Everything in which JSON content is not of its type, member by member; a decoder reports the first only."""

import dataclasses
from collections.abc import Iterator
from functools import cache
from itertools import islice
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from gateway.domain.bid import Direction
from gateway.domain.document import DocumentKind
from gateway.domain.json_text import MOST_FAULTS, JsonFault, located, pointer

_CHOICES: Final = {
    "kind": [kind.value for kind in DocumentKind],
    "direction": [one.name.lower() for one in Direction],
}
"""Members with a list of values, which msgspec does not report."""


def faults_of(content: Any, kind: Any, dec_hook: Any) -> list[JsonFault]:
    """Faults because of which content cannot be converted to a type, in its order; `MOST_FAULTS` at most.

    `dec_hook` is that of msgspec.
    """
    return list(islice(_faults(content, kind, dec_hook, ()), MOST_FAULTS))


def _faults(value: Any, kind: Any, dec_hook: Any, at: tuple[str | int, ...]) -> Iterator[JsonFault]:
    try:
        msgspec.convert(value, kind, dec_hook=dec_hook)
    except msgspec.ValidationError as error:
        found = False
        for fault in _inner(value, _meant(value, kind), dec_hook, at):
            found = True
            yield fault
        if not found:
            fault = located(error)
            yield _with_choices(JsonFault(pointer(*at) + fault.pointer, fault.message))


def _inner(value: Any, kind: Any, dec_hook: Any, at: tuple[str | int, ...]) -> Iterator[JsonFault]:
    if isinstance(value, dict) and (members := _members(kind)) is not None:
        for name, inner in value.items():
            if name in members:
                yield from _faults(inner, members[name][0], dec_hook, (*at, name))
            elif name != _tag_of(kind):
                message = f"there is no member {name!r} here; there are {', '.join(members)}"
                yield JsonFault(pointer(*at, name), message)
        for name, (_, needed) in members.items():
            if needed and name not in value:
                yield JsonFault(pointer(*at, name), f"the member {name!r} is missing")
    elif isinstance(value, dict) and get_origin(kind) is dict:
        names, values = get_args(kind)
        known = None if names is str else [str(each.value) for each in names]
        for name, inner in value.items():
            if known is not None and name not in known:
                message = f"there is no term {name!r}; there are {', '.join(known)}"
                yield JsonFault(pointer(*at, name), message)
            else:
                yield from _faults(inner, values, dec_hook, (*at, name))
    elif isinstance(value, list) and get_origin(kind) in (list, tuple):
        for index, inner in enumerate(value):
            yield from _faults(inner, get_args(kind)[0], dec_hook, (*at, index))


def _meant(value: Any, kind: Any) -> Any:
    """The type itself, without what bounds it; of several, the one that such a value is meant for."""
    if get_origin(kind) is Annotated:
        return _meant(value, get_args(kind)[0])
    if get_origin(kind) not in (Union, UnionType):
        return kind
    choices = [each for each in get_args(kind) if each is not type(None)]
    if isinstance(value, dict) and len(choices) > 1:
        tagged = (each for each in choices if isinstance(each, type(msgspec.Struct)))
        return next((each for each in tagged if each.__struct_config__.tag == value.get("kind")), kind)
    return _meant(value, choices[0]) if len(choices) == 1 else kind


def _tag_of(kind: Any) -> str | None:
    config = getattr(kind, "__struct_config__", None)
    return None if config is None else config.tag_field


@cache
def _members(kind: Any) -> dict[str, tuple[Any, bool]] | None:
    """The type of each member of an object and whether it must be there; None where none is fixed."""
    if isinstance(kind, type(msgspec.Struct)):
        return {each.encode_name: (each.type, each.required) for each in msgspec.structs.fields(kind)}
    if not dataclasses.is_dataclass(kind):
        return None
    hints = get_type_hints(kind, include_extras=True)
    return {
        each.name: (hints[each.name], each.default is each.default_factory is dataclasses.MISSING)
        for each in dataclasses.fields(kind)
        if each.init
    }


def _with_choices(fault: JsonFault) -> JsonFault:
    if not fault.message.startswith("Invalid"):
        return fault
    choices = _CHOICES.get(fault.pointer.rpartition("/")[2])
    value = fault.message.partition("value ")[2]
    if choices is None:
        return JsonFault(fault.pointer, f"{value} is not accepted") if value else fault
    return JsonFault(fault.pointer, f"{value} is not accepted; {', '.join(choices)} are")
