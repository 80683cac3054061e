"""Implementation of `flexgate grid read` and `flexgate grid inspect`; they run at the grid operator."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cim_profiles.findings import GridFileError, Place
from cim_profiles.grid_files import read
from cim_profiles.headers import read_header
from cim_profiles.names import UNREAD
from cim_profiles.sources import sources
from gateway.grids.cgmes.comparison import compared
from gateway.grids.cgmes.network import network_of
from gateway.grids.pandapower_grid import NetworkError


def read_command(paths: Sequence[Path]) -> dict[str, Any]:
    """What `flexgate grid read` prints.

    Returns:
        `version` of CGMES, `models` (file, model, profiles), how many `buses`, `branches`, `transformers`,
        `injections`, `skipped` files, `remarks`; the largest differences of the network's own power flow from
        the delivered state, `sv_max_dv_pu`, `sv_max_da_deg` (None if none is delivered), at `sv_worst_node`;
        `seconds` that reading into typed columns took; `refused`: None, or file, line, rule and detail.
    """
    found: dict[str, Any] = dict.fromkeys(
        ("version", "models", "buses", "branches", "transformers", "injections", "skipped", "remarks")
    )
    found |= dict.fromkeys(("sv_max_dv_pu", "sv_max_da_deg", "sv_worst_node", "seconds", "refused"))
    try:
        started = time.perf_counter()
        files = read(paths)
        found["seconds"] = round(time.perf_counter() - started, 4)
        found["version"] = files.edition
        found["models"] = [
            {"file": header.source.name, "model": header.model, "profiles": list(header.profiles)}
            for header in files.models
        ]
        found["skipped"] = [{"file": name, "reason": reason} for name, reason in files.skipped]
        grid = network_of(files)
        found |= {
            "buses": len(grid.topology.names),
            "branches": grid.branch_count,
            "transformers": grid.transformer_count,
            "injections": grid.injection_count,
            "remarks": list(grid.remarks),
        }
        if (difference := compared(grid)) is not None:
            found["sv_max_dv_pu"] = difference.max_dv_pu
            found["sv_max_da_deg"] = difference.max_da_deg
            found["sv_worst_node"] = difference.worst
    except GridFileError as error:
        found["refused"] = {
            "file": error.place.file,
            "line": error.place.line,
            "rule": error.rule,
            "detail": error.detail,
        }
    except NetworkError as error:
        found["refused"] = {"file": str(paths[0]), "line": 0, "rule": "power flow", "detail": str(error)}
    return found


def inspect_command(paths: Sequence[Path], wanted: str) -> dict[str, Any]:
    """One object as cimpy sees it: its class and its attributes, references as ids.

    Raises:
        GridFileError: files that cannot be read, or that cimpy cannot read: it takes `10.0` for no integer.
        KeyError: no such object.
        ModuleNotFoundError: the extra `cim-objects` is not installed.
    """
    import cimpy  # noqa: PLC0415  (an extra of its own)

    headers = [read_header(source) for source in sources(paths) if not source.members]
    files = [str(header.source.path) for header in headers if not UNREAD.issuperset(header.profiles)]
    try:
        topology = cimpy.cim_import(files, "cgmes_v2_4_15")["topology"]
    except ValueError as error:
        raise GridFileError(Place(str(paths[0])), "cimpy reads the files", f"cimpy fails: {error}") from error
    known = {str(key).removeprefix("_"): value for key, value in topology.items()}
    found = known[wanted.removeprefix("_")]
    ids = {id(value): key for key, value in known.items()}
    return {
        "class": type(found).__name__,
        "attributes": {
            name: _shown(value, ids)
            for name, value in vars(found).items()
            if name not in ("serializationProfile",)
        },
    }


def _shown(value: Any, ids: Mapping[int, str]) -> Any:
    """A value of cimpy for JSON: an object by its id."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (list, set, tuple)):
        return [_shown(each, ids) for each in value]
    return ids.get(id(value), type(value).__name__)
