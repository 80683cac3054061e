"""CGMES files into typed columns, and power flow against their state.

One object per case: `name, seconds, baseline_seconds, ratio, memory_mb, worst_pct, volume_share, violations`.
The baseline of reading is lxml's tree of the same bytes in the same process; `triplets_seconds` is there
where triplets is installed. Of states, `worst_pct` is the largest difference of a voltage in percent.
"""

import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from cim_profiles.findings import GridFileError
from cim_profiles.grid_files import read
from gateway.grids.cgmes.comparison import compared
from gateway.grids.cgmes.network import network
from tests.cim.sets import MINI, PUBLISHED, base_of, modified_sets

COPIES = 200
MEMORY = """
import re, sys
from pathlib import Path
from cim_profiles.grid_files import read
found = read([Path(sys.argv[1])])
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024)
"""
ROUNDS = 3


def repeated(folder: Path, copies: int) -> None:
    """MiniGrid so many times in one set: 90 MB for 200 copies, each with ids of its own."""
    files = [file for file in MINI.rglob("*.xml") if "_DL_" not in file.name]
    texts = {file: file.read_text("utf-8") for file in files}
    own = {
        name
        for file, text in texts.items()
        if "_BD_" not in file.name
        for name in re.findall(r'rdf:ID="([^"]+)"', text)
    }
    for file, text in texts.items():
        with (folder / file.name).open("w", encoding="utf-8") as written:
            if "_BD_" in file.name:
                written.write(text)
                continue
            start, end = text.index("</md:FullModel>") + 15, text.rindex("</rdf:RDF>")
            parts = re.split(r'"#?(_[^"]+)"', text[start:end])
            quotes = re.findall(r'("#?)_[^"]+"', text[start:end])
            written.write(text[:start])
            for copy in range(copies):
                written.write(parts[0])
                for opening, name, rest in zip(quotes, parts[1::2], parts[2::2], strict=True):
                    written.write(
                        f'{opening}{name}-{copy}"{rest}' if name in own else f'{opening}{name}"{rest}'
                    )
            written.write(text[end:])


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _trees(folder: Path) -> None:
    for file in folder.rglob("*.xml"):
        if "_DL_" not in file.name:
            etree.parse(file)


def _case(name: str, **found: Any) -> dict[str, Any]:
    fields = "seconds baseline_seconds ratio memory_mb worst_pct volume_share violations"
    return {"name": name, **dict.fromkeys(fields.split()), **found}


def reading(name: str, folder: Path) -> dict[str, Any]:
    """Time and memory (peak of a fresh process) of reading a folder, against lxml and triplets."""
    seconds = _median(lambda: read([folder]))
    memory = float(subprocess.check_output([sys.executable, "-c", MEMORY, str(folder)]))
    baseline = _median(lambda: _trees(folder))
    found = _case(
        name, seconds=seconds, baseline_seconds=baseline, ratio=seconds / baseline, memory_mb=memory
    )
    try:
        from triplets.parser import parse  # noqa: PLC0415
    except ImportError:
        found["triplets_seconds"] = None
    else:
        files = [str(file) for file in folder.rglob("*.xml") if "_DL_" not in file.name]
        found["triplets_seconds"] = _median(lambda: parse(files, return_type="pandas"))
    return found


def states() -> list[dict[str, Any]]:
    """Every published set and odd variant: its power flow against its state, or why it is refused."""
    found = []
    variants = {path.name: base_of(path) for path in modified_sets()}
    for name, paths in {**PUBLISHED, **variants}.items():
        started = time.perf_counter()
        try:
            difference = compared(network(paths))
        except GridFileError as error:
            found.append(_case(f"state of {name}", refused=f"{error.place}: {error.rule}"))
            continue
        if difference is None:
            found.append(_case(f"state of {name}", refused="no state is delivered"))
            continue
        outside = int(difference.max_dv_pu > 1e-3 or difference.max_da_deg > 0.1)
        found.append(
            _case(
                f"state of {name}",
                seconds=time.perf_counter() - started,
                worst_pct=100 * difference.max_dv_pu,
                worst_degree=difference.max_da_deg,
                violations=outside,
            )
        )
    return found


def cases() -> Iterator[dict[str, Any]]:
    """All of them, one after the other."""
    yield reading("read MiniGrid", MINI)
    with tempfile.TemporaryDirectory() as name:
        repeated(Path(name), COPIES)
        yield reading("read MiniGrid 200 times, 90 MB", Path(name))
    yield from states()
