"""Which bids a first linear programme cannot do without."""

import numpy as np
from scipy.sparse import csr_array

from gateway.optimiser.model.checks import FloatArray, IntArray
from gateway.optimiser.model.problem import Problem

MANY_BIDS = 2_000  # fewer are all taken
ALWAYS, PER_EFFECT = 0.4, 1.0  # median distances from the marginal price: for all bids, and per MW of effect


def near_margin(
    problem: Problem, mtu: int, by_price: FloatArray, marginal: IntArray, violated: csr_array
) -> IntArray:
    """Bids whose place may differ from that in the merit order by_price (B,).

    A guess: the prices of the model name the others later. A bid moves when its distance from the marginal
    price is less than what the violated rows (R, B) pay for that, so bids that relieve one of them by moving
    are taken from further off.
    """
    price, listed = problem.bids.price_eur_per_mwh[:, mtu], problem.bids.list_index
    if price.size < MANY_BIDS:
        return np.arange(price.size)
    balance = [
        price[bid] if bid >= 0 else price[listed == number].max(initial=0.0)
        for number, bid in enumerate(marginal.tolist())
    ]
    distance = np.abs(price - np.array(balance)[listed])
    relief = violated.data * np.where(by_price > 0, 1.0, -1.0)[violated.indices]
    most = np.zeros(price.size)
    np.maximum.at(most, violated.indices, relief)
    close = distance <= np.median(distance) * (ALWAYS + PER_EFFECT * most)
    close[marginal[marginal >= 0]] = True
    return np.flatnonzero(close)
