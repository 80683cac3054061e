"""A first safe list in one pass: bids in price order, each as far as those before it leave room.

For lists of bids that are all activated alike, and MTUs that do not meet. Cheap bids take what there is,
whoever is kept out later, so the volume is less than the search finds; but it takes no solver.
"""

import numpy as np

from gateway.optimiser.checks import FloatArray
from gateway.optimiser.mixed import least_mw
from gateway.optimiser.prefix_rows import TOLERANCE_MW, PartRows
from gateway.optimiser.prefixes import Prefix

NEARLY = 0.7  # of its minimum
SAFE_SHARE = 1.0 - 1e-9  # of what is left: rounding errors add up


def swept(rows: PartRows, mtu: int, most: FloatArray | None = None) -> FloatArray | None:
    """(b,) quantities, `most` (b,) if given, of which every activation is safe.

    None if bids are activated in different ways.
    """
    offered = rows.offered[:, mtu]
    if most is not None:  # what is nearly kept whole is tried whole
        least = least_mw(rows.problem)[rows.bids, mtu]
        offered = np.where(most >= NEARLY * least, np.maximum(most, least), 0.0)
    reachable = np.flatnonzero(rows.most(rows.offered)[:, mtu] > rows.room[:, mtu] + TOLERANCE_MW)
    kept = offered.copy()
    if not reachable.size:
        return kept
    sheet, least = rows.sheet(mtu, reachable), least_mw(rows.problem)[rows.bids, mtu]
    price = rows.problem.bids.price_eur_per_mwh[rows.bids, mtu]
    places = []
    for number, (one, _) in enumerate(sheet.streams):
        if not (isinstance(one, Prefix) and one.alike and not one.exclusive):
            return None
        group = one.listed.group
        last = np.append(np.diff(group) > 0, True)
        places += [(price[b], number, n, b, bool(last[n])) for n, b in enumerate(one.columns.tolist())]
    size = len(sheet.streams), reachable.size
    before, within, reached, whole = np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size)
    left = sheet.room.copy()  # what the worst activations so far leave
    for _, number, place, bid, ends in sorted(places):
        brings = sheet.streams[number][1][place]
        rises = np.maximum(brings, 0.0)
        spare = left + reached[number] - before[number] - within[number]
        loaded = rises > 0
        quantity = min(offered[bid], SAFE_SHARE * float((spare[loaded] / rises[loaded]).min(initial=np.inf)))
        quantity = quantity if quantity >= max(least[bid], TOLERANCE_MW) else 0.0
        kept[bid] = quantity
        if quantity:
            within[number] += rises * quantity
            whole[number] += brings * quantity
            higher = np.maximum(reached[number], before[number] + within[number])
            left -= higher - reached[number]
            reached[number] = higher
        if ends:
            before[number] += whole[number]
            within[number], whole[number] = 0.0, 0.0
    return kept
