"""A network's own power flow against the state that its files deliver."""

from dataclasses import dataclass

import numpy as np
import pandapower as pp

from gateway.grids.cgmes.network import GridNetwork
from gateway.grids.pandapower_grid import NetworkError


@dataclass(frozen=True, slots=True)
class Comparison:
    """Largest differences of voltage, in p.u. of the nominal voltage and degrees, over `nodes` nodes."""

    max_dv_pu: float
    max_da_deg: float
    nodes: int
    worst: str


def compared(grid: GridNetwork) -> Comparison | None:
    """Solve the network and compare; None if no state is delivered.

    Raises:
        NetworkError: the power flow does not converge.
    """
    net, kv = grid.net, grid.state.kv
    try:
        pp.runpp(net, numba=False, calculate_voltage_angles=True, tolerance_mva=1e-6, trafo_model="pi")
    except pp.LoadflowNotConverged as error:
        raise NetworkError("the network's own power flow does not converge") from error
    count = len(kv)
    solved = net.res_bus.vm_pu.to_numpy()[:count] * net.bus.vn_kv.to_numpy()[:count]
    angle = net.res_bus.va_degree.to_numpy()[:count]
    both = np.flatnonzero(np.isfinite(solved) & (kv > 0))
    if not len(both):
        return None
    dv = np.abs(solved - kv)[both] / grid.topology.nominal_kv[both]
    da = np.abs((angle - grid.state.degree)[both] + 180) % 360 - 180
    worst = int(both[np.argmax(dv)])
    return Comparison(float(dv.max()), float(np.abs(da).max()), len(both), grid.topology.names[worst])
