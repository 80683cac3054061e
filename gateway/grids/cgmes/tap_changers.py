"""Ratio, phase shift and impedance of transformer ends at the positions of their tap changers.

Formulas of the phase tap changers: ENTSO-E, Phase Shift Transformers Modelling (2014), sections 4 to 6.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cim_profiles.bindings import (
    PhaseTapChanger,
    PhaseTapChangerAsymmetrical,
    PhaseTapChangerLinear,
    PhaseTapChangerNonLinear,
    PhaseTapChangerTablePoint,
    PhaseTapChangerTabular,
    RatioTapChanger,
    RatioTapChangerTablePoint,
    TapChanger,
)
from gateway.grids.cgmes.state import State
from gateway.grids.cgmes.topology import Topology


@dataclass(slots=True)
class Tap:
    """What tap changers do to an end: ratio, shift in degrees, factors of r, x, g, b, x in ohm."""

    ratio: float = 1.0
    degree: float = 0.0
    r: float = 1.0
    x: float = 1.0
    g: float = 1.0
    b: float = 1.0
    x_ohm: float = np.nan


def taps(top: Topology, solved: State) -> dict[int, Tap]:
    """The taps by the number of the id of their transformer end.

    Raises:
        GridFileError: a position that is missing, outside of the changer's range, or not in its table.
    """
    found: dict[int, Tap] = {}
    ratio = top.files.table(RatioTapChanger)
    points = _points(top, RatioTapChangerTablePoint, "RatioTapChangerTable")
    for row in range(len(ratio)):
        tap = found.setdefault(int(ratio.TransformerEnd[row]), Tap())
        step = _step(solved, ratio, row)
        if (table := int(ratio.RatioTapChangerTable[row])) >= 0:
            _apply(tap, _point(points, table, step, ratio, row))
        else:
            tap.ratio *= 1 + (step - ratio.neutralStep[row]) * ratio.stepVoltageIncrement[row] / 100
    angles = _points(top, PhaseTapChangerTablePoint, "PhaseTapChangerTable")
    for changer in top.files.below(PhaseTapChanger):
        for row in range(len(changer)):
            tap = found.setdefault(int(changer.TransformerEnd[row]), Tap())
            step = _step(solved, changer, row)
            if isinstance(changer, PhaseTapChangerTabular):
                table = int(changer.PhaseTapChangerTable[row])
                _apply(tap, _point(angles, table, step, changer, row))
            else:
                _shift(tap, changer, row, step)
    return found


def _step(solved: State, changer: TapChanger, row: int) -> float:
    step = solved.step(changer, row)
    if np.isnan(step):
        raise changer.refuse(row, "tap position", "no step; is profile SSH missing?")
    if changer.lowStep[row] > step or changer.highStep[row] < step:
        low, high = changer.lowStep[row], changer.highStep[row]
        raise changer.refuse(row, "tap position", f"step {step:g} is not between {low:g} and {high:g}")
    return step


def _points(top: Topology, kind: Any, table: str) -> dict[tuple[int, float], tuple[Any, int]]:
    points = top.files.table(kind)
    keys = zip(getattr(points, table).tolist(), points.step.tolist(), strict=True)
    return {key: (points, row) for row, key in enumerate(keys)}


def _point(
    points: dict[tuple[int, float], tuple[Any, int]], table: int, step: float, changer: TapChanger, row: int
) -> tuple[Any, int]:
    found = points.get((table, round(step)))
    if found is None:
        raise changer.refuse(row, "tap position", f"its table has no step {step:g}")
    return found


def _apply(tap: Tap, point: tuple[Any, int]) -> None:
    """A row of a table: ratio and angle, and deviations of r, x, g, b in percent."""
    points, row = point
    if np.isfinite(points.ratio[row]) and points.ratio[row] > 0:
        tap.ratio *= float(points.ratio[row])
    if hasattr(points, "angle") and np.isfinite(points.angle[row]):
        tap.degree += float(points.angle[row])
    for name in ("r", "x", "g", "b"):
        deviation = getattr(points, name)[row]
        if np.isfinite(deviation):
            setattr(tap, name, getattr(tap, name) * (1 + float(deviation) / 100))


def _shift(tap: Tap, changer: PhaseTapChanger, row: int, step: float) -> None:
    count = step - changer.neutralStep[row]
    most = max(
        changer.highStep[row] - changer.neutralStep[row], changer.neutralStep[row] - changer.lowStep[row]
    )
    if isinstance(changer, PhaseTapChangerLinear):
        increment = changer.stepPhaseShiftIncrement[row]
        angle, widest = np.radians([count * increment, most * increment])
        share = _square(np.sin(angle / 2), np.sin(widest / 2))
    elif isinstance(changer, PhaseTapChangerAsymmetrical):
        given = changer.windingConnectionAngle[row]
        winding = np.radians(90.0 if np.isnan(given) else given)
        per_step = changer.voltageStepIncrement[row] / 100 * np.exp(1j * winding)
        turned, widest_turned = 1 + count * per_step, 1 + most * per_step
        angle, tap.ratio = float(np.angle(turned)), tap.ratio * float(abs(turned))
        widest = float(np.angle(widest_turned))
        share = _square(
            np.tan(angle) * (np.tan(winding) + np.tan(widest)),
            np.tan(widest) * (np.tan(winding) + np.tan(angle)),
        )
    elif isinstance(changer, PhaseTapChangerNonLinear):
        increment = changer.voltageStepIncrement[row] / 100
        angle, widest = 2 * np.arctan(0.5 * np.array([count, most]) * increment)
        share = _square(np.sin(angle / 2), np.sin(widest / 2))
    else:
        raise changer.refuse(row, "phase tap changer", "this kind is not known")
    tap.degree += float(np.degrees(angle))
    if changer.xMax[row] > 0 and changer.xMin[row] >= 0:
        tap.x_ohm = float(changer.xMin[row] + (changer.xMax[row] - changer.xMin[row]) * share)


def _square(part: float, whole: float) -> float:
    return float((part / whole) ** 2) if whole else 0.0
