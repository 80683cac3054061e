"""Canonical documents as JSON, both ways: the light profile for partners without XML, and the canonical hash.

A document is one object: `kind` names its family, the header's fields are next to it, `version` is the
version of the family in which it is to be written and answered (the newest where it is left out). Fields have
the names of the canonical model; what is not stated is left out. The schema is `canonical.schema.json`.
"""

import dataclasses
import hashlib
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Annotated, Any, Final, Union, get_args, get_type_hints

import msgspec
import numpy as np

from esmp.profiles import Family, versions
from gateway.domain import json_text
from gateway.domain.activation import Activation
from gateway.domain.allocation import ReserveAllocation
from gateway.domain.composition import ResourceCompositions
from gateway.domain.counted import counted
from gateway.domain.document import (
    Acknowledgement,
    BidAvailability,
    BidLimit,
    CanonicalDocument,
    DocumentHeader,
    DocumentKind,
    MeritOrderList,
    ReserveBids,
)
from gateway.domain.json_text import JsonFault, JsonTextError
from gateway.domain.market_time import MarketTimeError, units_of
from gateway.domain.schedule import ResourceSchedule
from gateway.domain.status_request import StatusRequest
from mappings.json_bids import BidFaultError, JsonBid, bids_of_json, json_bids
from mappings.json_faults import faults_of

TYPES: Final[dict[DocumentKind, type]] = {
    DocumentKind.RESERVE_BID: ReserveBids,
    DocumentKind.ACKNOWLEDGEMENT: Acknowledgement,
    DocumentKind.BID_AVAILABILITY: BidAvailability,
    DocumentKind.MERIT_ORDER_LIST: MeritOrderList,
    DocumentKind.ACTIVATION: Activation,
    DocumentKind.RESERVE_ALLOCATION_RESULT: ReserveAllocation,
    DocumentKind.PLANNED_RESOURCE_SCHEDULE: ResourceSchedule,
    DocumentKind.RESOURCE_MAPPING: ResourceCompositions,
    DocumentKind.STATUS_REQUEST: StatusRequest,
}


def dumps(document: CanonicalDocument) -> bytes:
    """Return a canonical document as JSON, members in a fixed order."""
    return msgspec.json.encode(_builtins(document), order="deterministic")


def canonical_hash(document: CanonicalDocument) -> str:
    """Return the SHA-256 of the content of a document: the same for the same content in any version."""
    content = _builtins(document)
    del content["version"]
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def loads(data: bytes) -> CanonicalDocument:
    """Read a canonical document.

    Raises:
        JsonTextError: not JSON, unknown or missing members, wrong types, contradicting times.
    """
    return of_content(json_text.decode(data, _outline()))


def of_content(raw: Any) -> CanonicalDocument:
    """Read a canonical document from JSON content, which is used up by it.

    Raises:
        JsonTextError: unknown or missing members, wrong types, contradicting times.
    """
    unknown = list(islice(_complete(raw, _json_type_info(), ""), json_text.MOST_FAULTS))
    try:
        shape = msgspec.convert(raw, json_type(), dec_hook=_array)
    except msgspec.ValidationError:
        raise JsonTextError(faults_of(raw, json_type(), _array)) from None
    if unknown:
        raise JsonTextError(unknown)
    kind = DocumentKind(raw["kind"])
    values = {name: getattr(shape, name) for name in shape.__struct_fields__}
    header = {field.name: values.pop(field.name) for field in _header_fields()}
    header["version"] = header["version"] or versions(Family(kind.value))[-1]
    try:
        if "bids" in values:
            values["bids"] = bids_of_json(values["bids"])
        document = TYPES[kind](header=DocumentHeader(kind=kind, **header), **values)
        _check_lengths(document)
    except BidFaultError as error:
        raise JsonTextError([JsonFault(f"/bids{at}", message) for at, message in error.faults]) from None
    except MarketTimeError as error:
        raise JsonTextError([JsonFault("", str(error))]) from None
    return document  # type: ignore[no-any-return]  # the types of TYPES are the canonical documents


@cache
def json_type() -> Any:
    """Return the type of all JSON documents together, one tagged structure per family."""
    return Union[tuple(_structure(kind, each) for kind, each in TYPES.items())]  # noqa: UP007


@cache
def _outline() -> Any:
    """Return a structure with every member that a document of any family has, whatever is in it."""
    names = {field.name for each in get_args(json_type()) for field in msgspec.structs.fields(each)}
    fields = [(name, msgspec.Raw, msgspec.Raw()) for name in sorted({*names, "kind"})]
    return msgspec.defstruct("Document", fields, forbid_unknown_fields=True)


@cache
def _json_type_info() -> Any:
    return msgspec.inspect.type_info(json_type())


def _structure(kind: DocumentKind, document: type) -> Any:
    """Return the JSON structure of a family: header and document side by side."""
    fields: list[Any] = [
        *_fields(DocumentHeader, leave_out="kind"),
        *_fields(document, leave_out="header"),
    ]
    return msgspec.defstruct(
        kind.value, fields, tag_field="kind", tag=kind.value, forbid_unknown_fields=True, kw_only=True
    )


_JSON_TYPES: Final[dict[str, tuple[Any, ...]]] = {
    "bids": (list[JsonBid],),
    "limits": (tuple[BidLimit, ...],),
    "created_at": (Annotated[datetime, msgspec.Meta(tz=True)],),
    "version": (str | None, None),
    "revision": (int, 1),
}
"""Fields whose type or default in JSON differs from that in the model."""


def _fields(source: type, leave_out: str) -> Iterator[tuple[Any, ...]]:
    hints = get_type_hints(source)
    for field in dataclasses.fields(source):
        hint = hints[field.name]
        if field.name in _JSON_TYPES:
            yield field.name, *_JSON_TYPES[field.name]
        elif type(None) in getattr(hint, "__args__", ()):
            yield field.name, hint, None
        elif field.default is not dataclasses.MISSING:
            yield field.name, hint, field.default
        elif field.name != leave_out:
            yield field.name, hint


def _header_fields() -> tuple[Any, ...]:
    return tuple(field for field in dataclasses.fields(DocumentHeader) if field.name != "kind")


def _builtins(document: CanonicalDocument) -> dict[str, Any]:
    fields = {field.name: getattr(document, field.name) for field in dataclasses.fields(document)}
    header = msgspec.to_builtins(fields.pop("header"))
    if "bids" in fields:
        fields["bids"] = json_bids(fields["bids"])
    content = msgspec.to_builtins(fields, enc_hook=_numbers)
    return _stated({**header, **content})  # type: ignore[no-any-return]


def _stated(value: Any) -> Any:
    """Leave out members without a value; holes in number columns stay."""
    if isinstance(value, dict):
        return {name: _stated(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_stated(inner) for inner in value]
    return value


def _numbers(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [None if number != number else number for number in value.tolist()]  # noqa: PLR0124  (NaN)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _array(kind: Any, value: Any) -> Any:
    numbers = msgspec.convert(value, list[float | None])
    array = np.array([np.nan if number is None else number for number in numbers], dtype=np.float64)
    return array.astype(kind.__args__[1].__args__[0])


def _complete(value: Any, info: Any, pointer: str) -> Iterator[JsonFault]:
    """Set None where an optional member is left out, and yield the members that are unknown.

    Structures do both themselves; dataclasses of the model do neither.
    """
    if isinstance(info, msgspec.inspect.UnionType):
        info = _alternative(value, info)
    if isinstance(value, list) and (items := getattr(info, "item_type", None)) is not None:
        for index, inner in enumerate(value):
            yield from _complete(inner, items, f"{pointer}/{index}")
    if not isinstance(value, dict) or (fields := getattr(info, "fields", None)) is None:
        return
    known = {field.encode_name: field for field in fields}
    plain = isinstance(info, msgspec.inspect.DataclassType)
    for name, inner in value.items():
        if name in known:
            yield from _complete(inner, known[name].type, f"{pointer}/{name}")
        elif plain:
            yield JsonFault(
                f"{pointer}/{name}", f"there is no member {name!r} here; there are {', '.join(known)}"
            )
    if plain:
        value |= {name: None for name, field in known.items() if name not in value and _optional(field.type)}


def _alternative(value: Any, info: msgspec.inspect.UnionType) -> Any:
    """Return the member of a union that an object is meant for: by its kind, or the only one there is."""
    if isinstance(value, dict):
        for each in info.types:
            tag = getattr(each, "tag", None)
            if hasattr(each, "fields") and (tag is None or tag == value.get("kind")):
                return each
    return info


def _optional(info: Any) -> bool:
    return isinstance(info, msgspec.inspect.UnionType) and info.includes_none


def _check_lengths(document: CanonicalDocument) -> None:
    """A merit order series has one value per unit of its period."""
    if isinstance(document, MeritOrderList):
        for index, series in enumerate(document.series):
            units = len(units_of(series.period, series.resolution))
            for name in ("quantity_mw", "energy_price", "capacity_price", "activated_mw"):
                given = len(getattr(series, name))
                if given != units:
                    message = f"{counted(given, 'value')} for {counted(units, 'unit')} of {series.resolution}"
                    raise JsonTextError([JsonFault(f"/series/{index}/{name}", message)])
