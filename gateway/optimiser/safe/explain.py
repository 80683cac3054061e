"""Bids that a safe merit order relies on: those that would overload a row by not delivering."""

import numpy as np

from gateway.optimiser.check.non_delivery import TOLERANCE_MW, NonDelivery
from gateway.optimiser.model.checks import FloatArray
from gateway.optimiser.model.problem import Problem
from gateway.optimiser.prefix.rows import ComponentRows
from gateway.optimiser.rows.components import Component
from gateway.optimiser.rows.flows import GridFlows
from gateway.optimiser.safe.answer import SafeMeritOrder


def safe_non_delivery(problem: Problem, safe: SafeMeritOrder) -> NonDelivery:
    """Every bid that would overload a row in some activation of the lists by not delivering its part of it.

    Only bids whose relief the lists rely on can: never one that may be passed over, and none under the
    netting policy `relief_share` 0. A bid still to deliver in the MTU after its own is named at its own.
    """
    components, flows = [], GridFlows.of(problem)
    for number, flow in enumerate(flows):
        if flow.bids.size:
            rows = ComponentRows(problem, flows, Component(np.array([number]), flow.bids))
            available = safe.available_mw[flow.bids]
            most = rows.most(available)
            for mtu in range(problem.mtus):
                loaded = np.flatnonzero(most[:, mtu] > rows.margin[:, mtu])
                if loaded.size:
                    components += _failures(rows, available, mtu, loaded)
    return NonDelivery.worst(components)


def _failures(rows: ComponentRows, available: FloatArray, mtu: int, loaded: np.ndarray) -> list[NonDelivery]:
    """Of one grid and MTU, per bid and list the worst of the `loaded` rows."""
    sheet, count = rows.sheet(mtu, loaded), rows.bids.size
    met = np.concatenate([available[:, mtu], available[:, mtu - 1] if mtu else np.zeros(count)])
    left = -sheet.excess(met)
    found = []
    for one, coefficient in sheet.streams:
        change = coefficient * met[one.columns, None]
        excess = one.without(change) - one.most(change) - left
        row = excess.argmax(axis=1)
        place = np.arange(row.size)
        overload = excess[place, row]
        bad = np.flatnonzero((overload > TOLERANCE_MW) & (change[place, row] < 0))
        columns, keys = one.columns[bad], rows.keys[loaded[row[bad]]]
        at = np.where(columns < count, mtu, mtu - 1)
        where = keys.grid, keys.element, keys.point, keys.side
        found.append(NonDelivery(rows.bids[columns % count], at, *where, overload[bad]))
    return found
