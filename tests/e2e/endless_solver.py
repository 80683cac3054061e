"""`flexgate` whose solver processes never end by themselves."""

import sys
from functools import partial

import gateway.app
from gateway.cli import main
from gateway.optimiser.safe_worker import safe_merit_order_with_deadline
from gateway.optimiser.worker import solve_with_deadline

ENDLESS = (sys.executable, "-c", "import sys, time; sys.stdin.buffer.read(); time.sleep(3600)")

if __name__ == "__main__":
    gateway.app.solve_with_deadline = partial(solve_with_deadline, command=ENDLESS)
    gateway.app.safe_merit_order_with_deadline = partial(safe_merit_order_with_deadline, command=ENDLESS)
    main()
