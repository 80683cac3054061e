"""What `flexgate grid check` does."""

from pathlib import Path

from gateway.grids import exchange


def check_command(path: Path) -> tuple[exchange.GridFinding, ...]:
    """What a gateway would find wrong with the model in this file; empty if it would be taken.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        exchange.read(path.read_bytes())
    except exchange.GridModelError as error:
        return error.findings
    return ()
