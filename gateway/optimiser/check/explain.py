"""What an answer means for those it limits: congestion prices, fairness between providers."""

from dataclasses import dataclass

import numpy as np

from gateway.optimiser.check.answer import Answer
from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.problem import Problem


@dataclass(frozen=True, slots=True)
class ProviderShare:
    """How one provider (or platform) fares: volumes in MW × MTUs, shares in [0, 1].

    Attributes:
        name: of the provider.
        wanted: what the merit order takes from it. limited: what grid limits take away of that.
        share_of_wanted: its part of everything the merit order takes.
        share_of_limited: its part of everything that is limited; far above `share_of_wanted` is worth a look.
    """

    name: str
    wanted: float
    limited: float
    share_of_wanted: float
    share_of_limited: float


def node_prices(problem: Problem, answer: Answer, mtu: int) -> tuple[FloatArray, ...]:
    """Per grid the congestion price (N,) of each connection point, in EUR per MWh injected there.

    `Σ_r μ_r · side_r · ptdf_r,n` over the rows with a shadow price μ: what one more MW costs through the
    limits it loads; negative where it relieves them. An up bid at n earns the balance price less this.
    """
    found = answer.shadow_prices
    result = []
    for number, grid in enumerate(problem.grids):
        rows = np.flatnonzero((found.grid == number) & (found.mtu == mtu))
        weight = found.value[rows] * found.side[rows]
        result.append(weight @ grid.ptdf[found.point[rows], found.element[rows]])
    return tuple(result)


def discrimination(problem: Problem, answer: Answer, *, by: str = "provider") -> tuple[ProviderShare, ...]:
    """Whom the limits hit, against whom the merit order would take; `by` "provider" or "platform"."""
    taken = np.where(answer.limited, answer.merit_order_mw - answer.accepted_mw, 0.0)
    return shares(problem, answer.merit_order_mw, taken, by)


def shares(
    problem: Problem, wanted_mw: FloatArray, limited_mw: FloatArray, by: str
) -> tuple[ProviderShare, ...]:
    """What is limited (B, T) against what is wanted (B, T), for each provider or platform."""
    index: IntArray = getattr(problem.bids, by)
    names: tuple[str, ...] = getattr(problem.bids, f"{by}s")
    wanted = _per_name(index, wanted_mw.sum(axis=1), len(names))
    limited = _per_name(index, np.maximum(limited_mw.sum(axis=1), 0.0), len(names))
    return tuple(
        ProviderShare(name, *map(float, figures))
        for name, *figures in zip(names, wanted, limited, _shares(wanted), _shares(limited), strict=True)
    )


def _per_name(index: IntArray, volume: FloatArray, count: int) -> FloatArray:
    return np.bincount(index, weights=volume, minlength=count).astype(np.float64)


def _shares(volume: FloatArray) -> FloatArray:
    total = float(volume.sum())
    return volume / total if total > 0 else np.zeros_like(volume)
