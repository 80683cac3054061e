"""Thermal ratings of a pandapower network, and why one cannot be used.

Real networks hold placeholders: 99999 kA in `case33bw`, 9900 MVA in MATPOWER's cases, 0 or nothing elsewhere.
An element with such a rating gets no limit; it is left out of the model and named, and stops nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gateway.domain.grid import Floats
from gateway.grids.ac import Numbers

MAX_LINE_KA: Final = 10.0
"""No line or cable system is rated higher; a larger number is a placeholder or in A."""
MAX_TRANSFORMER_MVA: Final = 5_000.0
"""No transformer is rated higher; a larger number is a placeholder or in kVA."""
WINDINGS: Final = ("hv", "mv", "lv")
_SQRT3: Final = float(np.sqrt(3))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An element that is not in the model, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})"


@dataclass(frozen=True, eq=False)
class Ratings:
    """Of m branches of one table: current ratings at the from and to ends in kA, and what is wrong with them.

    Attributes:
        ka: shape (2, m); infinite at an end that is not rated (the inner end of a winding).
        faults: why a rating cannot be used, empty where it can; m texts.
    """

    ka: Floats
    faults: tuple[str, ...]


def ratings(net: Any, table: str, index: Numbers) -> Ratings:
    """Ratings as pandapower's loading uses them, times `max_loading_percent` where the network has one.

    Args:
        net: a pandapower network.
        table: `line`, `trafo`, or `trafo3w`, whose branches are the windings: all of hv, then mv, then lv.
        index: of the elements; each once, also for `trafo3w`.
    """
    rows = net[table].loc[index]
    share, badly = _share(rows)
    if table == "line":
        current = _column(rows.max_i_ka * rows.df * rows.parallel)
        faults = [_fault(each, "kA", MAX_LINE_KA) for each in _column(rows.max_i_ka).tolist()]
        ka = np.vstack([current, current]) * share
    elif table == "trafo":
        power = _column(rows.sn_mva * rows.df * rows.parallel)
        faults = [_fault(each, "MVA", MAX_TRANSFORMER_MVA) for each in _column(rows.sn_mva).tolist()]
        ka = np.vstack([power / (_SQRT3 * _column(rows[f"vn_{side}_kv"])) for side in ("hv", "lv")]) * share
    else:
        power = np.concatenate([_column(rows[f"sn_{side}_mva"]) for side in WINDINGS])
        voltage = np.concatenate([_column(rows[f"vn_{side}_kv"]) for side in WINDINGS])
        share, badly = np.tile(share, 3), badly * 3
        faults = [_fault(each, "MVA", MAX_TRANSFORMER_MVA) for each in power.tolist()]
        outer = share * power / (_SQRT3 * voltage)
        inner = np.full(len(outer), np.inf)
        of_hv = np.arange(len(outer)) < len(rows)
        ka = np.vstack([np.where(of_hv, outer, inner), np.where(of_hv, inner, outer)])
    usable = np.all(ka > 0, axis=0)
    return Ratings(
        ka,
        tuple(
            own or other or ("" if fine else "no rated voltage")
            for own, other, fine in zip(faults, badly, usable, strict=True)
        ),
    )


def _column(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _share(rows: Any) -> tuple[Floats, list[str]]:
    """The share of a rating that the network itself allows; 1 where it states none."""
    if "max_loading_percent" not in rows:
        return np.ones(len(rows)), [""] * len(rows)
    percent = _column(rows.max_loading_percent)
    given = np.isfinite(percent)
    faults = [
        f"max_loading_percent of {each:g}" if known and each <= 0 else ""
        for each, known in zip(percent.tolist(), given.tolist(), strict=True)
    ]
    return np.where(given, percent / 100, 1.0), faults


def _fault(value: float, unit: str, largest: float) -> str:
    if not np.isfinite(value):
        return "no rating"
    if value <= 0:
        return f"a rating of {value:g} {unit}"
    return f"a rating of {value:,g} {unit}, which is a placeholder" if value > largest else ""


def by_reason(left_out: Iterable[LeftOut]) -> dict[str, list[str]]:
    """Names of what is left out, by reason, in their order."""
    found: dict[str, list[str]] = {}
    for out in left_out:
        found.setdefault(out.reason, []).append(out.name)
    return found


def grouped(left_out: Iterable[LeftOut], most: int = 5) -> str:
    """All reasons, how many elements each has, and the first few by name."""
    reasons = by_reason(left_out).items()
    return "; ".join(f"{len(names)} with {reason} ({named(names, most)})" for reason, names in reasons)


def named(items: Sequence[object], most: int = 10) -> str:
    """The first few by name, and how many more there are."""
    shown = ", ".join(map(str, items[:most]))
    return shown if len(items) <= most else f"{shown} and {len(items) - most} more"
