"""Transformers of two windings, and of three or more as a star, as pandapower's two-winding ones."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from cim_profiles.bindings import PowerTransformer, PowerTransformerEnd, Terminal
from gateway.grids.cgmes.tap_changers import Tap
from gateway.grids.cgmes.topology import Topology

UNRATED_MVA = 9999.0
"""A placeholder, as `gateway.grids.ratings` knows it: such a transformer gets no limit, and is named."""


@dataclass(slots=True)
class Transformers:
    """Rows for pandapower: transformers, the shunts of their iron, star points with their voltage in kV."""

    names: list[str] = field(default_factory=list)
    hv_bus: list[int] = field(default_factory=list)
    lv_bus: list[int] = field(default_factory=list)
    vn_hv_kv: list[float] = field(default_factory=list)
    vn_lv_kv: list[float] = field(default_factory=list)
    r_ohm: list[float] = field(default_factory=list)
    x_ohm: list[float] = field(default_factory=list)
    shift_degree: list[float] = field(default_factory=list)
    sn_mva: list[float] = field(default_factory=list)
    in_service: list[bool] = field(default_factory=list)
    shunts: list[tuple[str, int, float, float]] = field(default_factory=list)
    """Name, bus, conductance and susceptance in siemens."""
    stars: list[tuple[str, float]] = field(default_factory=list)
    count: int = 0

    def add(self, name: str, buses: tuple[int, int], kv: tuple[float, float], **rest: float) -> None:
        """One transformer; r and x in ohm at `kv[1]`."""
        self.names.append(name)
        self.hv_bus.append(buses[0])
        self.lv_bus.append(buses[1])
        self.vn_hv_kv.append(kv[0])
        self.vn_lv_kv.append(kv[1])
        self.r_ohm.append(rest["r"])
        self.x_ohm.append(rest["x"])
        self.shift_degree.append(rest["degree"])
        self.sn_mva.append(rest["mva"])
        self.in_service.append(bool(rest["live"]))


@dataclass(frozen=True, slots=True)
class _End:
    terminal: int
    bus: int
    kv: float
    nominal_kv: float
    r: float
    x: float
    g: float
    b: float
    mva: float
    live: bool
    tap: Tap


def transformers(top: Topology, tap_of: Mapping[int, Tap], rated_ka: Mapping[int, float]) -> Transformers:
    """All transformers of a set.

    Raises:
        GridFileError: an end without terminal, rated voltage or impedance, a rated voltage far from the
            nominal voltage of its node, or a transformer with fewer than two ends.
    """
    files = top.files
    ends, units = files.table(PowerTransformerEnd), files.table(PowerTransformer)
    of: dict[int, list[int]] = defaultdict(list)
    for row in np.argsort(np.nan_to_num(ends.endNumber), kind="stable").tolist():
        of[int(ends.PowerTransformer[row])].append(row)
    found = Transformers()
    for row in range(len(units)):
        name = files.ids[int(units.ids[row])]
        rows = of.get(int(units.ids[row]), [])
        if len(rows) < 2:
            raise units.refuse(row, "transformer ends", f"{name} has {len(rows)} ends")
        live = bool(top.in_service[units.ids[row]])
        each = [_end(top, ends, one, tap_of, rated_ka, live=live) for one in rows]
        found.count += 1
        for number, end in enumerate(each, start=1):
            if end.live and (end.g or end.b):
                found.shunts.append((f"{name} {number}", end.bus, end.g, end.b))
        if len(each) == 2:
            _two(found, name, each[0], each[1])
        else:
            _star(found, name, each, len(top.names))
    return found


def _end(
    top: Topology,
    ends: PowerTransformerEnd,
    row: int,
    tap_of: Mapping[int, Tap],
    rated_ka: Mapping[int, float],
    *,
    live: bool,
) -> _End:
    terminal = int(top.files.rows(Terminal, ends.Terminal[row : row + 1])[0])
    kv, name = float(ends.ratedU[row]), top.files.ids[int(ends.ids[row])]
    bus = -1 if terminal < 0 else int(top.terminal_bus[terminal])
    if bus < 0:
        raise ends.refuse(row, "transformer ends", f"{name} is at no node; is profile TP missing?")
    if not kv > 0:
        raise ends.refuse(row, "transformer ends", f"{name} has no ratedU")
    nominal = float(top.nominal_kv[bus])
    if not 1 / 3 < kv / nominal < 3:
        raise ends.refuse(row, "unit kV", f"ratedU of {name} is {kv:g} kV at a node of {nominal:g} kV")
    tap = tap_of.get(int(ends.ids[row]), Tap())
    values = np.nan_to_num([ends.r[row], ends.x[row], ends.g[row], ends.b[row]])
    ka, rated = rated_ka.get(terminal), float(ends.ratedS[row])
    mva = np.sqrt(3) * ka * kv if ka else rated if rated > 0 else UNRATED_MVA
    return _End(
        terminal,
        bus,
        kv,
        nominal,
        float(values[0] * tap.r),
        float(values[1] * tap.x if np.isnan(tap.x_ohm) else tap.x_ohm),
        float(values[2] * tap.g),
        float(values[3] * tap.b),
        float(mva),
        live and bool(top.connected[terminal]),
        tap,
    )


def _two(found: Transformers, name: str, one: _End, two: _End) -> None:
    scale = (two.kv / one.kv) ** 2
    r, x = one.r * scale + two.r, one.x * scale + two.x
    found.add(
        name,
        (one.bus, two.bus),
        (one.kv * one.tap.ratio, two.kv * two.tap.ratio),
        r=r * two.tap.ratio**2,
        x=_not_zero(x * two.tap.ratio**2, r, two.kv),
        degree=one.tap.degree - two.tap.degree,
        mva=min(one.mva, two.mva),
        live=one.live and two.live,
    )


def _star(found: Transformers, name: str, ends: list[_End], buses: int) -> None:
    """Each end is a transformer to a star point that has the rated voltage of the first end.

    Its base voltage makes the ratio of the end with the least impedance 1 in per unit, or a flat start would
    drive a huge current through it, and no power flow would converge.
    """
    kv = ends[0].kv
    star = buses + len(found.stars)
    least = min(ends, key=lambda end: abs(complex(end.r, end.x)) / end.kv**2)
    found.stars.append((f"{name} star", kv * least.nominal_kv / (least.kv * least.tap.ratio)))
    for number, end in enumerate(ends, start=1):
        scale = (kv / end.kv) ** 2
        found.add(
            f"{name} {number}",
            (end.bus, star),
            (end.kv * end.tap.ratio, kv),
            r=end.r * scale,
            x=_not_zero(end.x * scale, end.r, kv),
            degree=end.tap.degree,
            mva=end.mva,
            live=end.live,
        )


def _not_zero(x: float, r: float, kv: float) -> float:
    """A reactance for an ideal transformer, for which a power flow has no equation: 1e-7 p.u. of 100 MVA."""
    return x if x or r else 1e-7 * kv**2 / 100
