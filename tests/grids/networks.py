"""pandapower networks for tests, each built once."""

import copy
from functools import cache
from typing import Any

import numpy as np
import pandapower as pp
import pandapower.networks as published
from numpy.typing import NDArray


@cache
def _published(name: str) -> Any:
    if name == "oberrhein":
        return published.mv_oberrhein(separation_by_sub=True)[0]
    if name == "oberrhein ring":
        net = published.mv_oberrhein(separation_by_sub=True)[0]
        net.switch["closed"] = True
        return net
    if name == "two feeds":
        return two_feeds()
    net = getattr(published, name)()
    for column in ("const_z_p_percent", "const_z_q_percent", "const_i_p_percent", "const_i_q_percent"):
        net.load[column] = 0.0
    # Ratings such as 99999 kA and 9900 MVA are placeholders; impedances stay as they are.
    net.line.loc[net.line.max_i_ka > 10, "max_i_ka"] = 5.0
    for column in ("vk_percent", "vkr_percent", "sn_mva"):
        net.trafo.loc[net.trafo.sn_mva > 5000, column] /= 10
    return net


def network(name: str) -> Any:
    """A fresh copy of a published network."""
    return copy.deepcopy(_published(name))


def two_feeds() -> Any:
    """Two external grids, a generator that holds its voltage, a closed bus switch, a line out of service."""
    net = pp.create_empty_network(sn_mva=10)
    buses = [pp.create_bus(net, 20.0, name=f"b{i}") for i in range(7)]
    pp.create_ext_grid(net, buses[0], slack_weight=3.0)
    pp.create_ext_grid(net, buses[4], slack_weight=1.0)
    for start, end in ((0, 1), (1, 2), (2, 3), (3, 4), (1, 3), (4, 5)):
        pp.create_line(
            net, buses[start], buses[end], 3.0, "NA2XS2Y 1x185 RM/25 12/20 kV", name=f"l{start}{end}"
        )
    pp.create_line(
        net, buses[0], buses[3], 3.0, "NA2XS2Y 1x185 RM/25 12/20 kV", name="spare", in_service=False
    )
    pp.create_switch(net, buses[5], buses[6], et="b", closed=True)
    pp.create_gen(net, buses[2], p_mw=2.0, vm_pu=1.01)
    for bus, power in ((1, 3.0), (3, 2.0), (6, 1.5)):
        pp.create_load(net, buses[bus], power, q_mvar=0.3 * power)
    pp.create_sgen(net, buses[5], 0.8)
    pp.create_shunt(net, buses[1], q_mvar=-0.5)
    return net


def pandapower_flows(net: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Active power into lines, then transformers, at from and to ends, by pandapower's own power flow."""
    pp.runpp(net, numba=False)
    live_lines, live_trafos = net.res_line[net.line.in_service], net.res_trafo[net.trafo.in_service]
    return (
        np.r_[live_lines.p_from_mw.to_numpy(), live_trafos.p_hv_mw.to_numpy()],
        np.r_[live_lines.p_to_mw.to_numpy(), live_trafos.p_lv_mw.to_numpy()],
    )


def pandapower_loading(net: Any) -> NDArray[np.float64]:
    """Loading in % of lines, then transformers, after `pandapower_flows`."""
    return np.hstack(
        [
            net.res_line.loading_percent[net.line.in_service].to_numpy(),
            net.res_trafo.loading_percent[net.trafo.in_service].to_numpy(),
        ]
    )
