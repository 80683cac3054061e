"""Programs of Node that tests run, with the libraries that their lock files name by hash."""

import atexit
import shutil
import subprocess
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.adapters.services import absent
from tests.patience import PATIENCE_S

INSTALL_S = PATIENCE_S


def installed(program: Path) -> Path:
    """The folder of a program with its libraries; skips where it cannot be installed."""
    found = _installed(program)
    if isinstance(found, str):
        absent(found)
    return Path(found)


@cache
def _installed(program: Path) -> Path | str:
    for needed in ("node", "npm"):
        if shutil.which(needed) is None:
            return f"{needed} is not installed"
    lasting = ExitStack()
    directory = Path(lasting.enter_context(TemporaryDirectory()))
    atexit.register(lasting.close)
    shutil.copytree(program, directory, dirs_exist_ok=True)
    quick = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    try:
        subprocess.run(
            ["npm", "ci", *quick],
            cwd=directory,
            timeout=INSTALL_S,
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return f"npm did not install {program.name} within {INSTALL_S} s"
    except subprocess.CalledProcessError as error:
        return f"npm cannot install {program.name}: {error.stderr.strip()[-500:]}"
    return directory
