"""Permanent ratings of terminals, from operational limits."""

import numpy as np

from cim_profiles.bindings import (
    ApparentPowerLimit,
    CurrentLimit,
    OperationalLimitSet,
    OperationalLimitType,
    Terminal,
)
from gateway.grids.cgmes.topology import Topology


def ratings_ka(top: Topology) -> dict[int, float]:
    """Permanent current rating in kA by terminal (row); absent where none is given.

    A limit counts if its type is PATL, by kind or by name, or has no kind and may last for ever. Limits of
    the equipment hold at all its terminals. The smallest one counts.
    """
    files = top.files
    sets, kinds = files.table(OperationalLimitSet), files.table(OperationalLimitType)
    terminal_of = {number: row for row, number in enumerate(files.table(Terminal).ids.tolist())}
    lasts = np.array([_lasts(kinds, row) for row in range(len(kinds))], dtype=np.bool_)
    found: dict[int, float] = {}
    for table in (files.table(CurrentLimit), files.table(ApparentPowerLimit)):
        of_set = files.rows(OperationalLimitSet, table.OperationalLimitSet)
        of_kind = files.rows(OperationalLimitType, table.OperationalLimitType)
        values = np.where(np.isfinite(table.value), table.value, table.normalValue)
        lasting = (table.OperationalLimitType < 0) | np.append(lasts, False)[of_kind]
        for row in range(len(table)):
            if of_set[row] < 0 or not values[row] > 0 or not lasting[row]:
                continue
            own = terminal_of.get(int(sets.Terminal[of_set[row]]))
            ends = top.ends.get(int(sets.Equipment[of_set[row]]), []) if own is None else [own]
            for end in ends:
                ka = float(values[row]) / 1000
                if isinstance(table, ApparentPowerLimit):
                    ka = float(values[row]) / (np.sqrt(3) * float(top.nominal_kv[top.terminal_bus[end]]))
                found[end] = min(ka, found.get(end, np.inf))
    return found


def _lasts(kinds: OperationalLimitType, row: int) -> bool:
    kind = str(kinds.limitType[row] or kinds.kind[row] or kinds.name[row]).lower()
    if kind in ("patl", "patlt", "tatl", "tc", "tct", "operational", "alarm", "warning", "stability"):
        return kind == "patl"
    duration = kinds.acceptableDuration[row]
    return bool(kinds.isInfiniteDuration[row] == 1 or not duration > 0 or duration > 1e6)
