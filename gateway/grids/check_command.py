"""Implementation of `flexgate grid check`."""

from pathlib import Path
from typing import NamedTuple

from gateway.grids import exchange
from gateway.grids.remarks import remarks


class Checked(NamedTuple):
    """The verdict of a gateway on a model: refused with findings, or taken with remarks."""

    findings: tuple[exchange.GridFinding, ...] = ()
    remarks: tuple[str, ...] = ()


def check_command(path: Path) -> Checked:
    """Faults that a gateway would find in the model of this file, or remarks where it would be accepted.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        return Checked(remarks=remarks(exchange.read(path.read_bytes())))
    except exchange.GridModelError as error:
        return Checked(findings=tuple(error.findings))
