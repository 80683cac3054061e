"""Reduced models of ever larger 20 kV grids: stations of a hundred buses, each with ten radial feeders."""

import tempfile
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandapower as pp

from gateway.domain.grid import Band
from gateway.domain.market_time import local_day
from gateway.grids.build_command import Names, build_command

STATION: Final = 100
FEEDERS: Final = 10


def network(buses: int) -> Any:
    """A pandapower network with about so many buses."""
    rng = np.random.default_rng(0)
    net = pp.create_empty_network(sn_mva=100.0)
    top = pp.create_bus(net, 110.0)
    pp.create_ext_grid(net, top)
    for _ in range(buses // STATION):
        bus = pp.create_buses(net, STATION, 20.0)
        pp.create_transformer(net, top, bus[0], "40 MVA 110/20 kV")
        below, count = bus[1:], STATION - 1
        above = [bus[max(0, number + 1 - FEEDERS)] for number in range(count)]
        length = rng.uniform(0.3, 1.2, count)
        pp.create_lines(net, above, below, length_km=length, std_type="NA2XS2Y 1x240 RM/25 12/20 kV")
        pp.create_loads(net, below, p_mw=rng.uniform(0.05, 0.35, count), q_mvar=0.05)
    return net


def prepare(buses: int) -> Callable[[], object]:
    """The whole command `grid build`, from a file to a file."""
    warnings.filterwarnings("ignore")
    directory = Path(tempfile.mkdtemp(prefix="flexgate-scale-"))
    pp.to_json(network(buses), str(directory / "net.json"))

    def build() -> object:
        return build_command(
            str(directory / "net.json"),
            directory / "model.json",
            grid_id="scale",
            validity=local_day(date(2026, 6, 17)),
            band=Band(-10, 10, 1),
            names=Names(directory / "scale.key"),
            echo=lambda _: None,
            warn=lambda _: None,
        )

    return build
