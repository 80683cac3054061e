"""Which standard reason code a finding of the schema stages gets.

The codes are those of the ENTSO-E `ReasonCodeTypeList`; which fault gets which is our choice. The text of a
reason always names the element and the line.
"""

from contextlib import suppress
from datetime import datetime
from typing import Final

import esmp
from gateway.domain.bid import BidTerm
from gateway.domain.json_text import JsonFault
from gateway.domain.market_time import Interval
from gateway.domain.reason import Finding, ReasonCode, Stage

_MISSING: Final = frozenset({"missing-element", "missing-attribute"})

_UNKNOWN_CODE: Final = (
    ("processtype", ReasonCode.PROCESS_INVALID),
    ("businesstype", ReasonCode.BUSINESS_TYPE_INVALID),
    ("currency_unit", ReasonCode.CURRENCY_INVALID),
    ("sender_marketparticipant", ReasonCode.SENDER_INVALID),
    ("receiver_marketparticipant", ReasonCode.RECEIVER_INCORRECT),
    ("acquiring_domain", ReasonCode.AREA_INVALID),
    ("connecting_domain", ReasonCode.AREA_INVALID),
    ("availablebiddingzone", ReasonCode.AREA_INVALID),
    ("availablemba", ReasonCode.AREA_INVALID),
    ("domain.mrid", ReasonCode.DOMAIN_INVALID),
    ("/domain/mrid", ReasonCode.DOMAIN_INVALID),  # nested, in one published version
    ("registeredresource", ReasonCode.RESOURCE_INVALID),
    ("measure_unit", ReasonCode.QUANTITY_INCONSISTENT),
    ("measurement_unit", ReasonCode.QUANTITY_INCONSISTENT),
)
"""Piece of the path, in small letters → reason for a code that is not in its list; the first match counts."""


_UNITS: Final = (BidTerm.QUANTITY_UNIT, BidTerm.ENERGY_PRICE_UNIT, BidTerm.CAPACITY_PRICE_UNIT)


def code_of_json(fault: JsonFault) -> ReasonCode:
    """The reason code of a fault in canonical JSON: the same as in XML."""
    if fault.pointer.rpartition("/")[2] in _UNITS:
        return ReasonCode.QUANTITY_INCONSISTENT
    return ReasonCode.CANNOT_BE_PROCESSED


def finding_of(found: esmp.SchemaFinding) -> Finding:
    """The finding of a schema stage in the terms of an acknowledgement."""
    return Finding(
        stage=Stage(found.stage.value),
        code=_code_of(found),
        message=found.message,
        line=found.line,
        path=found.path,
        series=found.series,
        period=_period_of(found.period),
        column=found.column,
    )


def _code_of(found: esmp.SchemaFinding) -> ReasonCode:
    if found.stage is esmp.Stage.CODES:
        path = (found.path or "").lower()
        return next((code for piece, code in _UNKNOWN_CODE if piece in path), ReasonCode.OTHER)
    if found.stage is esmp.Stage.SCHEMA and found.code in _MISSING:
        return ReasonCode.MANDATORY_MISSING
    return ReasonCode.CANNOT_BE_PROCESSED


def _period_of(text: str | None) -> Interval | None:
    """The period of a finding, if the document wrote it well enough to be read."""
    start, _, end = (text or "").partition("/")
    with suppress(ValueError, OverflowError):
        return Interval(datetime.fromisoformat(start), datetime.fromisoformat(end))
    return None
