"""Units that are assigned to a grid, but to no connection point of a model that it has in use."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from gateway.cli.api_client import Call
from gateway.cli.screen import err, out
from gateway.domain.counted import counted


def unplaced_units(call: Call, grid: str) -> Sequence[str]:
    """Their names, sorted, as the operator of the grid may know them."""
    remarks = call("GET", f"/v1/grids/{quote(grid, safe='')}/assignment-remarks")["remarks"]
    return sorted({str(each["unit"]) for each in remarks})


def print_lost(taken: Mapping[str, Any]) -> None:
    """Warn of connection points that units are assigned to and a model that was taken into use lacks."""
    lost, assigned = taken["lost_points"], taken["assigned_points"]
    if not lost:
        return
    err.print(
        f"[bold yellow]WARNING[/bold yellow] {len(lost)} of {counted(assigned, 'connection point')} with "
        "assigned units are not in the model in use"
    )
    if len(lost) == assigned:
        err.print(
            "  that is all of them: a model built with a new key file has new names for every point; build "
            "it with the key file of the model before, or have the units assigned again",
            markup=False,
        )


def print_unplaced(grid: str, units: Sequence[str]) -> None:
    """Print what follows for them, where there are any."""
    if units:
        named = ", ".join(units[:10]) + (", …" if len(units) > 10 else "")
        out.print(
            f"units at no point of a model in use: {len(units)} ({named}); their bids are withheld. "
            f"`flexgate grid remarks {grid}` shows why",
            markup=False,
        )
