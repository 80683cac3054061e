"""Answers of the optimiser for either use of lists, in one form: figures, answer, reasons, verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gateway.domain.result import Outcome, Rung
from gateway.optimiser.check.answer import Answer, GridLoading, LimitingRows, Removal, RowValues
from gateway.optimiser.model.checks import BoolArray, FloatArray
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.safe.answer import BELIEVED_MW, SafeMeritOrder
from gateway.processes.bid_check.result.safe_limits import safe_limits

Figure = str | int | float | None
_MOST_NAMES = 10


@dataclass(frozen=True, slots=True, eq=False)
class OptimiseOutcome:
    """An answer for one of the two uses of lists.

    Attributes:
        figures: how it went, by name; None where a figure has no meaning in the use.
        available_mw, accepted_mw: (B, T); a safe merit order accepts nothing.
        limited: (B, T) bids that a grid limit reduces. not_needed: (B, T) bids that are merely too dear.
        loadings: one per grid; none for a safe merit order, which activates nothing.
        holds: within every limit, all demand met, nothing left unassessed.
    """

    figures: Mapping[str, Figure]
    available_mw: FloatArray
    accepted_mw: FloatArray | None
    limited: BoolArray
    not_needed: BoolArray
    limits: LimitingRows
    removals: tuple[Removal, ...]
    overloads: RowValues
    loadings: tuple[GridLoading, ...]
    notes: tuple[str, ...]
    holds: bool

    def as_json(self, problem: Problem) -> dict[str, Any]:
        """Figures and the complete answer, in values that JSON has."""
        accepted = self.accepted_mw
        return {
            **self.figures,
            "partly_unchecked": bool(problem.unconnected),
            "notes": list(self.notes),
            "answer": [
                {
                    "bid": bid,
                    "available_mw": self.available_mw[number].tolist(),
                    "accepted_mw": None if accepted is None else accepted[number].tolist(),
                    "not_needed": self.not_needed[number].tolist(),
                }
                for number, bid in enumerate(problem.bids.ids)
            ],
            "limits": self.limit_rows(problem),
            "removals": [
                {"bid": problem.bids.ids[one.bid], "mtu": one.mtu, "cause": one.cause}
                for one in self.removals
            ],
            "overloads": [
                {**place, "overload_mw": value}
                for place, value in zip(
                    _named_rows(problem, self.overloads), self.overloads.value.tolist(), strict=True
                )
            ],
        }

    def limit_rows(self, problem: Problem) -> list[dict[str, Any]]:
        """Which elements limit which bids, by name; by market time unit, bid and falling share."""
        rows = [
            {"bid": problem.bids.ids[bid], **place, "share": share, "margin_mw": margin}
            for bid, place, share, margin in zip(
                self.limits.bid.tolist(),
                _named_rows(problem, self.limits),
                self.limits.share.tolist(),
                self.limits.margin_mw.tolist(),
                strict=True,
            )
        ]
        place = {bid: number for number, bid in enumerate(problem.bids.ids)}
        return sorted(rows, key=lambda row: (row["mtu"], place[row["bid"]], -row["share"]))


def covered(problem: Problem, answer: Answer) -> OptimiseOutcome:
    """The outcome of covering a demand."""
    verified, hours = answer.verification, problem.mtu_hours
    shortage_mwh = hours * float(answer.shortage_mw.sum())
    assessed = answer.worst_rung is not Rung.NOT_ASSESSED
    figures: dict[str, Figure] = {
        **_size(problem),
        "outcome": answer.worst_outcome.value if assessed else None,
        "rung": answer.worst_rung.value,
        "gap": _finite(answer.gap),
        "limited_bids": int(answer.limited.any(axis=1).sum()),
        **_volumes(problem, answer.available_mw),
        "cost_eur": float(answer.cost_eur.sum()),
        "merit_order_cost_eur": float(answer.merit_order_cost_eur.sum()),
        "shortage_mwh": shortage_mwh,
        "max_loading_before_pct": _worst_pct([one.before for one in answer.loadings]),
        "max_loading_after_pct": _worst_pct([one.after for one in answer.loadings]),
        "rows_checked": verified.rows_checked,
        "violations": verified.violations,
        "max_violation_mw": verified.max_violation_mw,
        "agreed_overloads": verified.agreed_overloads,
        "seconds": float(answer.seconds["total"]),
    }
    met = shortage_mwh <= verified.tolerance_mw * hours * problem.mtus
    return OptimiseOutcome(
        figures=figures,
        available_mw=answer.available_mw,
        accepted_mw=answer.accepted_mw,
        limited=answer.limited,
        not_needed=answer.not_needed,
        limits=answer.limits,
        removals=answer.removals,
        overloads=answer.overloads,
        loadings=answer.loadings,
        notes=(*answer.notes, *_unconnected(problem), *_tight(problem)),
        holds=met and assessed and verified.holds and not len(answer.overloads),
    )


def safe_outcome(problem: Problem, safe: SafeMeritOrder) -> OptimiseOutcome:
    """The outcome of a safe merit order."""
    rung, violated = safe.worst_rung, safe.max_violation_mw > BELIEVED_MW
    outcome = Outcome.LEAST_OVERLOAD if violated else Outcome.WITHIN_LIMITS
    figures: dict[str, Figure] = {
        **_size(problem),
        "outcome": None if rung is Rung.NOT_ASSESSED else outcome.value,
        "rung": rung.value,
        "gap": _finite(safe.gap),
        "limited_bids": int(safe.limited.any(axis=1).sum()),
        **_volumes(problem, safe.available_mw),
        "cost_eur": None,
        "merit_order_cost_eur": None,
        "shortage_mwh": None,
        "max_loading_before_pct": None,
        "max_loading_after_pct": None,
        "rows_checked": safe.rows_checked,
        "violations": int(violated),
        "max_violation_mw": safe.max_violation_mw if violated else 0.0,
        "agreed_overloads": 0,
        "seconds": safe.seconds,
    }
    return OptimiseOutcome(
        figures=figures,
        available_mw=safe.available_mw,
        accepted_mw=None,
        limited=safe.limited,
        not_needed=np.zeros_like(safe.limited),
        limits=safe_limits(problem, safe),
        removals=(),
        overloads=RowValues.none(),
        loadings=(),
        notes=(*safe.notes, *_unconnected(problem), *_tight(problem)),
        holds=rung is not Rung.NOT_ASSESSED and not violated,
    )


def _unconnected(problem: Problem) -> tuple[str, ...]:
    names = [problem.bids.ids[bid] for bid in problem.unconnected]
    if not names:
        return ()
    return (f"on no grid, so that nothing limits them: {_some(names)}",)


def _tight(problem: Problem) -> tuple[str, ...]:
    """Elements with limits no larger than the tolerance of the verification: wrong units, perhaps."""
    names = [
        f"{grid.grid_id}: {grid.element_ids[number]}"
        for grid in problem.grids
        for number in np.flatnonzero(
            ((grid.upper_mw != 0) & (np.abs(grid.upper_mw) <= BELIEVED_MW))
            | ((grid.lower_mw != 0) & (np.abs(grid.lower_mw) <= BELIEVED_MW))
        ).tolist()
    ]
    if not names:
        return ()
    return (f"limits no larger than what answers are verified to, {BELIEVED_MW:.5f} MW: {_some(names)}",)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"{', '.join(names[:_MOST_NAMES])}{more}"


def _size(problem: Problem) -> dict[str, Figure]:
    return {"bids": len(problem.bids.ids), "grids": len(problem.grids), "mtus": problem.mtus}


def _volumes(problem: Problem, available_mw: FloatArray) -> dict[str, Figure]:
    hours = problem.mtu_hours
    return {
        "offered_mwh": hours * float(problem.bids.quantity_mw.sum()),
        "available_mwh": hours * float(available_mw.sum()),
    }


def _worst_pct(loadings: list[FloatArray]) -> float | None:
    return _finite(100 * max((float(loading.max(initial=0.0)) for loading in loadings), default=0.0))


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _named_rows(problem: Problem, rows: LimitingRows | RowValues) -> list[dict[str, Any]]:
    columns = (rows.mtu, rows.grid, rows.element, rows.point, rows.side)
    return [
        {
            "mtu": mtu,
            "grid": problem.grids[grid].grid_id,
            "element": problem.grids[grid].element_ids[element],
            "operating_point": problem.grids[grid].point_names[point],
            "side": "upper" if side > 0 else "lower",
        }
        for mtu, grid, element, point, side in zip(*(column.tolist() for column in columns), strict=True)
    ]
