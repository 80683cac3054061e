"""Small grids for tests: as JSON content, and as networks with known DC sensitivities."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.grids.dc import dc_ptdf


def feeder() -> dict[str, Any]:
    """Substation - a - b, and a meshed pair b - c, a - c; made by hand, PTDF of equal reactances.

    Lines run away from the substation. From c, one MW goes back 1/3 over b and 2/3 over a-c directly.
    """
    third = 1 / 3
    return {
        "format": "flexgate-reduced-grid-model",
        "version": "1.0",
        "grid": "TEST-feeder",
        "validity": {"start": "2026-06-17T22:00:00Z", "end": "2026-06-18T22:00:00Z"},
        "elements": [
            {"id": "s-a", "kind": "transformer", "forward_limit_mw": 20.0, "reverse_limit_mw": 15.0},
            {"id": "a-b", "forward_limit_mw": 10.0, "reverse_limit_mw": 10.0},
            {"id": "a-c", "forward_limit_mw": 10.0, "reverse_limit_mw": 10.0},
        ],
        "connection_points": ["s", "a", "b", "c"],
        "reference": [{"node": "s", "weight": 1.0}],
        "operating_points": [
            {
                "name": "noon",
                "activation_band_mw": [-5.0, 5.0],
                "base_flow_mw": [[3.0, -1.0, 0.5]],
                "ptdf": [
                    [0.0, -1.0, -1.0, -1.0],
                    [0.0, 0.0, -2 * third, -third],
                    [0.0, 0.0, -third, -2 * third],
                ],
            },
            {
                "name": "evening",
                "activation_band_mw": [-5.0, 0.0],
                "base_flow_mw": [[6.0 + hour / 4, 2.0, 1.0] for hour in range(24)],
                "ptdf": [[0.0, -1.0, -1.0, -1.0], [0.0, 0.0, -0.66, -0.34], [0.0, 0.0, -0.34, -0.66]],
            },
        ],
    }


def topology() -> dict[str, Any]:
    """The full grid behind `feeder`."""
    return {
        "branches": [
            {"id": "s-a", "from": "s", "to": "a", "reactance": 0.5},
            {"id": "a-b", "from": "a", "to": "b", "reactance": 0.2},
            {"id": "a-c", "from": "a", "to": "c", "reactance": 0.2},
            {"id": "b-c", "from": "b", "to": "c", "reactance": 0.2},
        ]
    }


def text(content: object) -> bytes:
    """`content` as JSON bytes, NaN and Infinity as Python writes them."""
    return json.dumps(content).encode()


def meshed(seed: int, nodes: int = 12) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """A connected random grid: ends of its branches, and their reactances."""
    rng = np.random.default_rng(seed)
    tree = [(int(rng.integers(0, node)), node) for node in range(1, nodes)]
    extra = [tuple(int(n) for n in rng.choice(nodes, 2, replace=False)) for _ in range(nodes // 3)]
    ends = np.array(tree + extra, dtype=np.intp)
    return ends, rng.uniform(0.05, 0.5, len(ends))


def all_ptdf(
    ends: NDArray[np.intp], reactance: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """DC sensitivities of all branches to all nodes."""
    return dc_ptdf(ends, reactance, np.arange(len(ends)), np.arange(len(weights)), weights)
