"""Solver processes that fail in every way we could think of, as programs for `python -c`."""

import sys
import textwrap

HANGS_S = 300
"""How long the hanging ones hang: no machine is so slow that waiting for one would go unnoticed."""

LIAR = """
    import pickle, sys
    from dataclasses import replace
    from gateway.optimiser.deadline.child import decisions, send
    problem = pickle.load(sys.stdin.buffer)
    for d in decisions(problem, sys.argv[1]):
        send(sys.stdout.buffer, replace(d, {lie}))
"""
BROKEN = {
    "killed": "import os; os.kill(os.getpid(), 9)",
    "hangs before reading": f"import time; time.sleep({HANGS_S})",
    "prints garbage": "import sys; sys.stdout.buffer.write(b'\\x80garbage' * 1000)",
    "cannot be imported": "import gateway.optimiser.no_such_solver",
    "runs out of memory": "bytearray(1 << 60)",
    "hangs in the middle of a message": "import sys, time\n"
    "sys.stdout.buffer.write(b'\\x80\\x05\\x95\\xff\\xff\\x00\\x00'); sys.stdout.flush(); "
    f"time.sleep({HANGS_S})",
    "accepts more than offered": LIAR.format(lie="accepted_mw=d.accepted_mw + 100"),
    "accepts NaN": LIAR.format(lie="accepted_mw=d.accepted_mw * float('nan')"),
    "claims a lower cost": LIAR.format(lie="objective_eur_per_h=0.0"),
    "claims the objective of HiGHS' thread trap": LIAR.format(
        lie="accepted_mw=d.accepted_mw * 0, objective_eur_per_h=0.0"
    ),
    "answers another MTU": LIAR.format(lie="mtu=99"),
    "sends something else": "import pickle, sys; pickle.dump('hello', sys.stdout.buffer)",
}


def child(source: str) -> tuple[str, ...]:
    """The command that runs `source` as a solver process."""
    return (sys.executable, "-c", textwrap.dedent(source))
