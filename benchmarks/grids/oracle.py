"""The AC truth of a grid by power-grid-model: shares no code with the builder of models.

Branches and shunts are those of pandapower's own conversion, checked against its power flow; ratings are read
from its tables.
"""

from typing import Any, Final

import numpy as np
import pandapower as pp
from numpy.typing import NDArray
from pandapower.pypower import idx_brch, idx_bus
from power_grid_model import LoadGenType, PowerGridModel, initialize_array

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
_STIFF_VA: Final = 1e20
_BATCH: Final = 20_000


class Oracle:
    """Power flows of one grid with one external grid and no generator that holds a voltage.

    Args:
        net: a pandapower network.
        lowest_pu, highest_pu: voltage range of every bus that the external grid does not hold.

    Attributes:
        position: of each pandapower bus among the nodes.
    """

    def __init__(self, net: Any, lowest_pu: float, highest_pu: float) -> None:
        pp.runpp(net, numba=False)
        internal = net["_ppc"]["internal"]
        branch, bus = np.real(internal["branch"]), np.real(internal["bus"])
        self._base_mva = float(internal["baseMVA"])
        self._count, self._lowest, self._highest = len(bus), lowest_pu, highest_pu
        lookup = net["_pd2ppc_lookups"]["bus"]
        self.position = {int(each): int(lookup[each]) for each in net.bus.index if lookup[each] < len(bus)}
        self._slack = int(internal["ref"][0])
        if len(internal["ref"]) != 1 or len(internal["pv"]):
            raise ValueError("a grid with one external grid and no other held voltage is needed")
        self.rating_a = self._ratings(net, len(branch))
        self._model = self._made(branch, bus, abs(internal["V"][self._slack]))
        self._checked = np.arange(self._count) != self._slack
        current, voltage = self.states(*self._network_loads(net))
        ours = np.max(np.abs(voltage[0] - np.abs(internal["V"])))
        theirs = np.hypot(branch[:, idx_brch.PF], branch[:, idx_brch.QF])
        of_from = theirs / np.abs(internal["V"][branch[:, 0].astype(int)])
        of_from *= 1e6 / (np.sqrt(3) * bus[branch[:, 0].astype(int), idx_bus.BASE_KV] * 1e3)
        self.equality = float(ours), float(np.max(np.abs(current[0, 0] - of_from)))

    def _made(self, branch: Floats, bus: Floats, slack_pu: float) -> PowerGridModel:
        nodes = initialize_array("input", "node", self._count)
        nodes["id"], nodes["u_rated"] = np.arange(self._count), bus[:, idx_bus.BASE_KV] * 1e3
        ends = branch[:, :2].astype(np.intp)
        ohm = nodes["u_rated"][ends[:, 1]] ** 2 / (self._base_mva * 1e6)
        branches = initialize_array("input", "generic_branch", len(branch))
        branches["id"] = 10**6 + np.arange(len(branch))
        branches["from_node"], branches["to_node"] = ends.T
        branches["from_status"] = branches["to_status"] = 1
        branches["r1"], branches["x1"] = branch[:, idx_brch.BR_R] * ohm, branch[:, idx_brch.BR_X] * ohm
        branches["g1"], branches["b1"] = branch[:, idx_brch.BR_G] / ohm, branch[:, idx_brch.BR_B] / ohm
        branches["k"] = np.where(branch[:, idx_brch.TAP] == 0, 1.0, branch[:, idx_brch.TAP])
        branches["theta"], branches["sn"] = np.radians(branch[:, idx_brch.SHIFT]), self._base_mva * 1e6
        source = initialize_array("input", "source", 1)
        source["id"], source["node"], source["status"], source["u_ref"] = 2 * 10**6, self._slack, 1, slack_pu
        source["sk"], source["rx_ratio"] = _STIFF_VA, 0.1
        loads = initialize_array("input", "sym_gen", self._count)
        loads["id"], loads["node"], loads["status"] = (
            3 * 10**6 + np.arange(self._count),
            np.arange(self._count),
            1,
        )
        loads["type"] = LoadGenType.const_power
        loads["p_specified"], loads["q_specified"] = 0.0, 0.0
        shunts = initialize_array("input", "shunt", self._count)
        siemens = 1e6 / nodes["u_rated"] ** 2
        shunts["id"], shunts["node"], shunts["status"] = (
            4 * 10**6 + np.arange(self._count),
            np.arange(self._count),
            1,
        )
        shunts["g1"], shunts["b1"] = bus[:, idx_bus.GS] * siemens, bus[:, idx_bus.BS] * siemens
        shunts["g0"], shunts["b0"] = 0.0, 0.0
        return PowerGridModel(
            {"node": nodes, "generic_branch": branches, "source": source, "sym_gen": loads, "shunt": shunts}
        )

    def _network_loads(self, net: Any) -> tuple[Floats, Floats]:
        """Injection of the network as it is, in MW and Mvar, shape (1, n)."""
        power = np.zeros(self._count, dtype=np.complex128)
        for table, sign in (("load", -1.0), ("sgen", 1.0)):
            for row in net[table][net[table].in_service].itertuples():
                power[self.position[row.bus]] += sign * row.scaling * (row.p_mw + 1j * row.q_mvar)
        return power.real[None], power.imag[None]

    def injections(self, net: Any, load: float, generation: float) -> tuple[Floats, Floats]:
        """Injection in MW and Mvar, shape (n,), with loads and static generators scaled."""
        power = np.zeros(self._count, dtype=np.complex128)
        for table, sign in (("load", -load), ("sgen", generation)):
            for row in net[table][net[table].in_service].itertuples():
                power[self.position[row.bus]] += sign * row.scaling * (row.p_mw + 1j * row.q_mvar)
        return power.real, power.imag

    def states(self, active_mw: Floats, reactive_mvar: Floats) -> tuple[Floats, Floats]:
        """Currents at from and to ends (2, S, m) in A and voltages (S, n) in p.u. of injections (S, n)."""
        update = initialize_array("update", "sym_gen", active_mw.shape)
        update["id"] = 3 * 10**6 + np.arange(self._count)
        update["p_specified"], update["q_specified"] = active_mw * 1e6, reactive_mvar * 1e6
        found = self._model.calculate_power_flow(
            update_data={"sym_gen": update},
            error_tolerance=1e-9,
            threading=-1,
            output_component_types={"node": ["u_pu"], "generic_branch": ["i_from", "i_to"]},
        )
        branches = found["generic_branch"]
        return np.stack([branches["i_from"], branches["i_to"]]), found["node"]["u_pu"]

    def excess(self, active_mw: Floats, reactive_mvar: Floats) -> Floats:
        """Of each injection (S, n) the worst excess of any limit, as a share of it, (S,)."""
        worst = np.empty(len(active_mw))
        for start in range(0, len(worst), _BATCH):
            block = slice(start, start + _BATCH)
            current, voltage = self.states(active_mw[block], reactive_mvar[block])
            own = voltage[:, self._checked]
            worst[block] = np.max(
                [
                    (current / self.rating_a[:, None]).max(axis=(0, 2)) - 1,
                    own.max(axis=1) / self._highest - 1,
                    1 - own.min(axis=1) / self._lowest,
                ],
                axis=0,
            )
        return worst

    @staticmethod
    def _ratings(net: Any, count: int) -> Floats:
        """Of the branches at both ends in A, infinite where there is none, shape (2, m)."""
        found = np.full((2, count), np.inf)
        lookup, live = net["_pd2ppc_lookups"]["branch"], net["_ppc"]["internal"]["branch_is"]
        row = np.cumsum(live) - 1
        start, end = lookup["line"]
        own = live[start:end]
        lines = net.line[own]
        found[:, row[start:end][own]] = (lines.max_i_ka * lines.df * lines.parallel * 1e3).to_numpy()
        if "trafo" in lookup:
            start, end = lookup["trafo"]
            own = live[start:end]
            trafos = net.trafo[own]
            for side, column in enumerate(("vn_hv_kv", "vn_lv_kv")):
                rated = trafos.sn_mva * trafos.df * trafos.parallel / (np.sqrt(3) * trafos[column]) * 1e3
                found[side, row[start:end][own]] = rated.to_numpy()
        return found
