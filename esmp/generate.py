"""`python -m esmp.generate [--check]`: write the bindings from the tables, or report a difference.

One module per namespace, `esmp.bindings.reserve_bid_7_4`, and the code lists once, `esmp.bindings.codes`,
with every code of the default set. Bindings are typed containers for writing documents and a second opinion
on reading them; they validate nothing, so facets are left out.
"""

import argparse
import filecmp
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

from esmp.catalogue import own_catalogue
from esmp.codes import code_set
from esmp.profiles import Profile, profiles
from esmp.schemas import CODES_FILE, codes_text, schema_text

BINDINGS = Path(__file__).parent / "bindings"
INIT = '"""Dataclasses per document version, written by `python -m esmp.generate`; never edited by hand."""\n'


def module_name(profile: Profile) -> str:
    """Return the module of a profile's bindings, e.g. `reserve_bid_nbm_7_2`."""
    family = re.sub(r"(?<!^)([A-Z])", r"_\1", profile.family).lower()
    return f"{family}_{re.sub(r'[^a-z0-9]', '_', profile.version.lower())}"


def generate(target: Path) -> None:
    """Write all bindings into `target`, an existing empty folder.

    Raises subprocess.CalledProcessError when xsdata fails.
    """
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        schemas = work / "schemas"
        schemas.mkdir()
        codes = code_set()
        lists = frozenset().union(*(profile.code_lists() for profile in profiles()))
        (schemas / "codes.xsd").write_text(codes_text(codes, lists), encoding="utf-8")
        for profile in own_catalogue().profiles():
            text = schema_text(profile, facets=False).replace(CODES_FILE, "codes.xsd")
            (schemas / f"{module_name(profile)}.xsd").write_text(text, encoding="utf-8")
        _xsdata(work)
        for module in sorted((work / "bindings").glob("*.py")):
            if module.name != "__init__.py":
                shutil.copy(module, target / module.name)
    (target / "__init__.py").write_text(INIT, encoding="utf-8")


def _xsdata(work: Path) -> None:
    options = "--structure-style filenames --docstring-style Blank --relative-imports --slots"
    command = [
        sys.executable,
        "-m",
        "xsdata",
        "generate",
        "schemas",
        "--package",
        "bindings",
        *options.split(),
    ]
    # xsdata calls ruff by its bare name; it is in the directory of this interpreter.
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    subprocess.run(command, cwd=work, check=True, capture_output=True, env={**os.environ, "PATH": path})


def differences(fresh: Path, committed: Path) -> list[str]:
    """Return the names of the modules that differ, are missing or are superfluous in `committed`."""
    names = sorted({p.name for folder in (fresh, committed) for p in folder.glob("*.py")})
    _, mismatch, errors = filecmp.cmpfiles(fresh, committed, names, shallow=False)
    return sorted([*mismatch, *errors])


def main(arguments: Sequence[str] | None = None) -> int:
    """Generate or check; return 1 when checking found a difference."""
    parser = argparse.ArgumentParser(prog="python -m esmp.generate", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail when something would change"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        fresh = Path(name)
        generate(fresh)
        changed = differences(fresh, BINDINGS)
        if changed and not options.check:
            shutil.rmtree(BINDINGS, ignore_errors=True)
            shutil.copytree(fresh, BINDINGS)
    verb = "would change" if options.check else "changed"
    sys.stdout.write(f"{len(changed)} modules {verb}{': ' if changed else ''}{', '.join(changed)}\n")
    return int(bool(changed) and options.check)


if __name__ == "__main__":
    sys.exit(main())
