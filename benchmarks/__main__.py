"""`python -m benchmarks`: run every benchmark, one after the other; each prints JSON."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Run all; the exit code tells how many failed to run."""
    failed = 0
    alone = [each.stem for each in HERE.glob("[!_]*.py") if "__main__" in each.read_text()]
    for name in sorted([*alone, *(each.parent.name for each in HERE.glob("*/__main__.py"))]):
        print(f"# {name}", file=sys.stderr, flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", "--json"], check=False)
        failed += done.returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
