"""What system and grid operators hand in beside documents: assignments of units, and grid models."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from benchmarks.hostile.shape import CSV, JSON, Shape, filled, twice


def grid_model(size: int, **changed: Callable[[int], Any]) -> bytes:
    """A reduced grid model that grows in its elements and connection points; `changed` replaces members."""
    side = max(2, int((size / 30) ** 0.5))
    start = datetime(2026, 3, 1, 23, tzinfo=UTC)
    model: dict[str, Any] = {
        "format": "flexgate-reduced-grid-model",
        "version": "1.0",
        "grid": "TEST-GRID",
        "validity": {"start": start.isoformat(), "end": (start + timedelta(days=1)).isoformat()},
        "elements": [
            {"id": f"TEST-{each}", "forward_limit_mw": 10.0, "reverse_limit_mw": 10.0} for each in range(side)
        ],
        "connection_points": [f"TEST-NODE-{each}" for each in range(side)],
        "reference": [{"node": "TEST-NODE-0", "weight": 1.0}],
        "operating_points": [
            {
                "name": "TEST",
                "activation_band_mw": [-10.0, 10.0],
                "base_flow_mw": [[1.0] * side],
                "ptdf": [[0.0] + [0.123456789012345] * (side - 1)] * side,
            }
        ],
    }
    return json.dumps(model | {name: value(size) for name, value in changed.items()}).encode()


OPERATOR_SHAPES: Final[dict[str, Shape]] = {
    "assignments_many_rows": Shape(
        "assignments",
        CSV,
        lambda size: filled(size, "unit,grid_id,node\n", "\n", lambda n: f"TEST-{n},TEST-GRID,N-{n}", "\n"),
    ),
    "assignments_of_one_unit": Shape(
        "assignments",
        CSV,
        lambda size: filled(size, "unit,grid_id,node\n", "\n", lambda n: f"TEST,TEST-GRID,N-{n}", "\n"),
    ),
    "assignments_of_one_resource": Shape(
        "assignments",
        CSV,
        lambda size: filled(size, "unit,resource,share\n", "\n", lambda n: f"U-{n},TEST,0.5", "\n"),
    ),
    "assignments_wide_header": Shape(
        "assignments", CSV, lambda size: filled(size, "", "\n", lambda n: f"c{n}", ",")
    ),
    "assignments_json": Shape(
        "assignments",
        JSON,
        lambda size: filled(
            size,
            '{"connections":{',
            "}}",
            lambda n: f'"TEST-{n}":[{{"grid_id":"TEST","node":"N-{n}"}}]',
            ",",
        ),
    ),
    "assignments_json_of_one_unit": Shape(
        "assignments",
        JSON,
        lambda size: filled(
            size, '{"connections":{"TEST":[', "]}}", lambda n: f'{{"grid_id":"TEST","node":"N-{n}"}}', ","
        ),
    ),
    "assignments_json_faulty": Shape(
        "assignments",
        JSON,
        lambda size: filled(size, '{"connections":{', "}}", lambda n: f'"TEST-{n}":1', ","),
    ),
    "assignments_json_twice": Shape("assignments", JSON, twice),
    "models_large": Shape("models", JSON, grid_model),
    "models_many_elements": Shape(
        "models",
        JSON,
        lambda size: grid_model(
            200,
            elements=lambda _: [
                {"id": "TEST", "forward_limit_mw": 10.0, "reverse_limit_mw": 0.0} for _ in range(size // 64)
            ],
        ),
    ),
    "models_many_references": Shape(
        "models",
        JSON,
        lambda size: grid_model(
            200, reference=lambda _: [{"node": f"TEST-{n}", "weight": 0.5} for n in range(size // 36)]
        ),
    ),
    "models_many_points": Shape(
        "models",
        JSON,
        lambda size: grid_model(
            200,
            operating_points=lambda _: [
                {
                    "name": f"{n}",
                    "activation_band_mw": [-1.0, 1.0],
                    "base_flow_mw": [[1.0, 1.0]],
                    "ptdf": [[1]],
                }
                for n in range(size // 90)
            ],
        ),
    ),
    "models_with_topology": Shape(
        "models",
        JSON,
        lambda size: grid_model(
            200,
            topology=lambda _: {
                "branches": [
                    {
                        "id": f"TEST-{n}",
                        "from": f"TEST-NODE-{n}",
                        "to": f"TEST-NODE-{n + 1}",
                        "reactance": 0.1,
                    }
                    for n in range(size // 80)
                ]
            },
        ),
    ),
    "models_members_twice": Shape("models", JSON, twice),
}
