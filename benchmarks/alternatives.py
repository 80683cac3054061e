"""Published ways to keep forwarded bids grid-safe, on the same cases as the safe merit order.

`python -m benchmarks.alternatives [--json] [--seeds N]` compares per grid, one MTU:

* safe merit order: every prefix pair of the price lists is safe (ours).
* bid prequalification, after Ananduta, Sanjab, Marques, 'Ensuring grid-safe forwarding of distributed
  flexibility in sequential DSO-TSO markets', arXiv 2406.04889: every subset of the bids is safe, most volume.
  It is our formulation without netting, `relief_share = 0`.
* bid aggregation, after the same source, simplified: the bids of a direction become one supply function whose
  steps are least-cost dispatches; here its last step, the largest volume dispatched without overload. Safe
  when the distribution system operator chooses the bids behind every step, not in price order.
* operating envelopes, after Kaushal et al., 'Operating envelopes for the grid-constrained use of distributed
  flexibility in balancing markets', arXiv 2406.17398, in its simplest form: every bid gets the same share of
  its offer, the largest for which any point inside the box is safe.

Volume left is the share of the offered MW that stays available; violations are rows overloaded in random
activations in price order, up and down demands drawn independently.
"""

import argparse
import json
from dataclasses import replace
from statistics import fmean
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.generator import joint
from gateway.optimiser.cover.cover import cover_demand
from gateway.optimiser.model.lists import Lists
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.merit_order import safe_merit_order

Array = NDArray[np.float64]
ACTIVATIONS = 2_000


def merit_order(problem: Problem) -> Array:
    return safe_merit_order(problem).available_mw[:, 0]


def prequalification(problem: Problem) -> Array:
    return safe_merit_order(replace(problem, relief_share=0.0)).available_mw[:, 0]


def aggregation(problem: Problem) -> Array:
    """The dispatch of the largest volume per direction that needs no overload, found by bisection."""
    kept = np.zeros(len(problem.bids.ids))
    offered = problem.bids.quantity_mw[:, 0]
    for direction in (1, -1):
        mine = problem.bids.direction == direction
        low, high = 0.0, float(offered[mine].sum())
        for _ in range(12):
            middle = (low + high) / 2
            demand = np.array([middle])
            asked = (demand, 0 * demand) if direction > 0 else (0 * demand, demand)
            answer = cover_demand(replace(problem, lists=Lists.of_directions(*asked)))
            if len(answer.overloads):
                high = middle
            else:
                low = middle
                kept[mine] = answer.accepted_mw[mine, 0]
    return kept


def envelopes(problem: Problem) -> Array:
    """The largest common factor of all offers for which the whole box of injections is safe."""
    offered, factor = problem.bids.quantity_mw[:, 0], 1.0
    for flow in GridFlows.of(problem):
        effects = flow.effects().reshape(-1, flow.bids.size)
        for side, margin in zip((1, -1), flow.margins(np.array([0])), strict=True):
            load, most = np.maximum(side * effects, 0.0) @ offered[flow.bids], margin.ravel()
            factor = min(factor, float((most[load > most] / load[load > most]).min(initial=1.0)))
    return factor * offered


METHODS = {
    "safe merit order": merit_order,
    "bid prequalification": prequalification,
    "bid aggregation": aggregation,
    "operating envelopes": envelopes,
}


def activations(problem: Problem, kept: Array, seed: int) -> Array:
    """(B, ACTIVATIONS) prefixes of both lists, demands uniform between nothing and everything kept."""
    draw, result = np.random.default_rng(seed), np.zeros((kept.size, ACTIVATIONS))
    for direction in (1, -1):
        mine = np.flatnonzero(problem.bids.direction == direction)
        order = mine[np.argsort(problem.bids.price_eur_per_mwh[mine, 0], kind="stable")]
        before = np.cumsum(kept[order]) - kept[order]
        demand = draw.random(ACTIVATIONS) * kept[order].sum()
        result[order] = np.clip(demand - before[:, None], 0.0, kept[order, None])
    return result


def overloaded_rows(problem: Problem, activated: Array) -> int:
    count, mtus = 0, np.zeros(activated.shape[1], np.int64)
    for flow in GridFlows.of(problem):
        for change, margin in zip(flow.changes(activated), flow.margins(mtus), strict=True):
            count += int((change - margin > 1e-5).sum())
    return count


def mean_cost(problem: Problem, activated: Array, demand: float) -> float:
    """EUR per activated MWh up, over the activations that reach `demand` MW."""
    up = problem.bids.direction > 0
    volume = activated[up].sum(axis=0)
    price = problem.bids.price_eur_per_mwh[up, 0] @ activated[up]
    reached = volume >= demand
    return float((price[reached] / volume[reached]).mean()) if reached.any() else float("nan")


def compare(seeds: int) -> list[dict[str, float | str]]:
    rows = []
    for name, method in METHODS.items():
        volumes, seconds, violations, costs = [], [], 0, []
        for seed in range(seeds):
            problem = joint(1, first_seed=seed)
            started = perf_counter()
            kept = method(problem)
            seconds.append(perf_counter() - started)
            volumes.append(float(kept.sum() / problem.bids.quantity_mw.sum()))
            activated = activations(problem, kept, seed)
            violations += overloaded_rows(problem, activated)
            costs.append(mean_cost(problem, activated, 0.1 * float(problem.demand_up_mw[0])))
        rows.append(
            {
                "name": name,
                "seconds": fmean(seconds),
                "volume_left": fmean(volumes),
                "volume_left_least": min(volumes),
                "violations": violations,
                "eur_per_mwh_up": fmean(costs),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object per method and line")
    parser.add_argument("--seeds", type=int, default=4, help="grids to compare on")
    options = parser.parse_args()
    for row in compare(options.seeds):
        print(json.dumps(row) if options.json else "  ".join(f"{k} {v}" for k, v in row.items()), flush=True)


if __name__ == "__main__":
    main()
