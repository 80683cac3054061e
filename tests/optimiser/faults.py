"""Solver processes that fail in every way we could think of, as programs for `python -c`."""

import sys
import textwrap

HANGS_S = 300
"""How long the hanging ones hang: no machine is so slow that waiting for one would go unnoticed."""

LIAR = """
    import sys
    from dataclasses import replace
    from gateway.optimiser.deadline.child import received, decisions
    problem, say = received()
    for d in decisions(problem, sys.argv[1]):
        say(replace(d, {lie}))
"""
BROKEN = {
    "killed": "import os; os.kill(os.getpid(), 9)",
    "hangs before reading": f"import time; time.sleep({HANGS_S})",
    "prints garbage": "import os, sys; os.write(int(sys.argv[-1]), b'\\x80garbage' * 1000)",
    "cannot be imported": "import gateway.optimiser.no_such_solver",
    "runs out of memory": "bytearray(1 << 60)",
    "hangs in the middle of a message": "import os, sys, time\n"
    "from gateway.optimiser.deadline.child import received; received()\n"
    f"os.write(int(sys.argv[-1]), b'\\0\\0\\xff\\xff\\x80\\x05\\x95'); time.sleep({HANGS_S})",
    "accepts more than offered": LIAR.format(lie="accepted_mw=d.accepted_mw + 100"),
    "accepts NaN": LIAR.format(lie="accepted_mw=d.accepted_mw * float('nan')"),
    "claims a lower cost": LIAR.format(lie="objective_eur_per_h=0.0"),
    "claims the objective of HiGHS' thread trap": LIAR.format(
        lie="accepted_mw=d.accepted_mw * 0, objective_eur_per_h=0.0"
    ),
    "answers another MTU": LIAR.format(lie="mtu=99"),
    "sends something else": "from gateway.optimiser.deadline.child import received; received()[1]('hello')",
}


def child(source: str) -> tuple[str, ...]:
    """The command that runs `source` as a solver process."""
    return (sys.executable, "-c", textwrap.dedent(source))
