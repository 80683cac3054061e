"""`python -m benchmarks.grids --json`: one JSON object a case, of CGMES files and of models judged in AC."""

import argparse
import json
from dataclasses import asdict

from benchmarks.grids import ac_truth, cgmes


def main() -> None:
    """Run one group of cases, or all; `--only` keeps grids whose name has the text."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grids", description=__doc__)
    parser.add_argument("--json", action="store_true", help="kept for the common form: it is always JSON")
    parser.add_argument("--group", choices=["cgmes", "ac-truth"], help="one group of cases; else all")
    parser.add_argument("--directions", type=int, default=100_000)
    parser.add_argument("--bisected", type=int, default=500)
    parser.add_argument("--only", help="AC truth of the grids whose name has this text")
    chosen = parser.parse_args()
    if chosen.group != "ac-truth":
        for case in cgmes.cases():
            print(json.dumps(case), flush=True)
    if chosen.group != "cgmes":
        for judged in ac_truth.cases(chosen.directions, chosen.bisected, chosen.only):
            print(json.dumps(asdict(judged)), flush=True)


if __name__ == "__main__":
    main()
