"""Two small areas by hand: one station, a line to a village and one to a farm behind it."""

import numpy as np

from gateway.demo.area import DemoGrid, DemoUnit
from gateway.domain.grid import (
    ConstraintElement,
    ElementKind,
    OperatingPoint,
    ReducedGridModel,
    Reference,
)
from gateway.domain.market_time import Interval

NODES = ("station", "village", "farm")
TECHNOLOGIES = ("photovoltaics", "hydro", "biogas", "cogeneration", "battery", "heat-pump", "industry")


def area(name: str, period: Interval, units: int, *, line_mw: float = 6.0) -> DemoGrid:
    """A radial area: flow counts away from the station; a MW more at the farm takes 1 from every element."""
    ptdf = np.array([[0.0, -1.0, -1.0], [0.0, -1.0, -1.0], [0.0, 0.0, -1.0]])
    model = ReducedGridModel(
        grid_id=name,
        validity=period,
        elements=(
            ConstraintElement("transformer", -20.0, 20.0, ElementKind.TRANSFORMER),
            ConstraintElement("to village", -line_mw, line_mw),
            ConstraintElement("to farm", -line_mw, line_mw),
        ),
        connection_points=NODES,
        operating_points=(
            OperatingPoint("cloudy", np.full((1, 3), 1.0), ptdf, (-10.0, 10.0)),
            OperatingPoint("bright", np.full((1, 3), -1.0), ptdf, (-10.0, 10.0)),
        ),
        reference=Reference((("station", 1.0),)),
    )
    places = {"station": (7.80, 48.40), "village": (7.85, 48.42), "farm": (7.88, 48.46)}
    return DemoGrid(
        model=model,
        units=tuple(
            DemoUnit(
                f"TEST-{name}-{number:03d}",
                NODES[1 + number % 2],
                TECHNOLOGIES[number % len(TECHNOLOGIES)],
                0.0 if number % len(TECHNOLOGIES) == 0 else round(0.2 + 0.1 * (number % 11), 2),
                round(0.2 + 0.1 * (number % 7), 2),
            )
            for number in range(units)
        ),
        coordinates=places,
        segments={
            "transformer": (places["station"], places["station"]),
            "to village": (places["station"], places["village"]),
            "to farm": (places["village"], places["farm"]),
        },
    )
