"""Rules on planned schedules that need neither gate nor resources: which curves they may be, which values."""

from collections.abc import Iterator

import numpy as np

from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.schedule import PlannedSeries, ResourceSchedule
from gateway.domain.series import CURVES_TAKEN, curve_not_taken

_QUANTITY = "Series_Period/Point/quantity"


def schedule_findings(document: ResourceSchedule) -> Iterator[Finding]:
    """At most one finding for each planned series."""
    for one in document.planned:
        quantity = np.concatenate([period.quantity_mw for period in one.periods])
        if one.curve not in CURVES_TAKEN:
            yield _finding(one, ReasonCode.CANNOT_BE_PROCESSED, curve_not_taken(one.curve), "curveType")
        elif not np.isfinite(quantity).all():
            yield _finding(one, ReasonCode.QUANTITY_INCONSISTENT, "a quantity is not a number", _QUANTITY)
        elif (quantity < 0).any():
            message = f"quantity {quantity.min():g} MW; the direction gives the sign"
            yield _finding(one, ReasonCode.QUANTITY_SIGNED, message, _QUANTITY)


def _finding(one: PlannedSeries, code: ReasonCode, message: str, path: str) -> Finding:
    return Finding(Stage.RULES, code, message, path=path, series=one.mrid)
