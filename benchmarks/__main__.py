"""`python -m benchmarks`: run every benchmark, one after the other; each prints JSON."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    """Run all; the exit code tells how many failed to run."""
    failed = 0
    for module in sorted(HERE.glob("*.py")):
        if module.stem.startswith("_") or "__main__" not in module.read_text():
            continue
        print(f"# {module.stem}", file=sys.stderr, flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{module.stem}", "--json"], check=False)
        failed += done.returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
