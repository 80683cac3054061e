"""DC power transfer distribution factors."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from gateway.domain.grid import Floats

_BLOCK: Final = 256
"""Branches solved for per block: bounds memory on large grids."""


def dc_ptdf(
    ends: NDArray[np.intp],
    reactance: Floats,
    monitored: NDArray[np.intp],
    nodes: NDArray[np.intp],
    weights: Floats,
) -> Floats:
    """DC sensitivities of monitored branches, shape (monitored, nodes).

    One sparse factorisation of the susceptance matrix, then one transposed solve per monitored branch: the
    full matrix of all branches is never formed.

    Args:
        ends: node numbers (from, to) of each branch, shape (branches, 2); the grid is connected.
        reactance: of each branch, shape (branches,), in any common unit.
        monitored: rows of the result.
        nodes: columns of the result.
        weights: part of the balancing power at each node of the grid, summing to 1; one number per node.

    Raises:
        RuntimeError: the susceptances cancel, as a series capacitor with an equal reactance makes them.

    Source: Wood, Wollenberg, Sheblé, Power Generation, Operation and Control, 3rd edition, chapter 7 (linear
    sensitivity factors).
    """
    size = len(weights)
    susceptance = 1.0 / reactance
    rows = np.repeat(np.arange(len(ends)), 2)
    signs = np.tile([1.0, -1.0], len(ends))
    incidence = sparse.csr_array((signs, (rows, ends.ravel())), shape=(len(ends), size))
    laplacian = (incidence.T @ sparse.diags_array(susceptance) @ incidence).tocsc()
    flows = (sparse.diags_array(susceptance[monitored]) @ incidence[monitored]).tocsr()
    # Node 0 only fixes the angle; the weights below state where balancing power comes from.
    factors = splu(laplacian[1:, 1:])
    ptdf = np.empty((len(monitored), len(nodes)))
    for start in range(0, len(monitored), _BLOCK):
        rows_here = slice(start, start + _BLOCK)
        full = np.zeros((size, len(monitored[rows_here])))
        full[1:] = factors.solve(flows[rows_here, 1:].toarray().T)
        ptdf[rows_here] = full[nodes].T - (weights @ full)[:, None]
    return ptdf
