"""Units that are assigned to a grid, but to no connection point of a model that it has in use."""

from collections.abc import Sequence
from urllib.parse import quote

from gateway.cli.api_client import Call
from gateway.cli.screen import out


def unplaced_units(call: Call, grid: str) -> Sequence[str]:
    """Their names, sorted, as the operator of the grid may know them."""
    remarks = call("GET", f"/v1/grids/{quote(grid, safe='')}/assignment-remarks")["remarks"]
    return sorted({str(each["unit"]) for each in remarks})


def print_unplaced(grid: str, units: Sequence[str]) -> None:
    """Print what follows for them, where there are any."""
    if units:
        named = ", ".join(units[:10]) + (", …" if len(units) > 10 else "")
        out.print(
            f"units at no point of a model in use: {len(units)} ({named}); their bids are withheld. "
            f"`flexgate grid remarks {grid}` shows why",
            markup=False,
        )
