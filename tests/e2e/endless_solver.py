"""`flexgate` whose solver processes never end by themselves; with a socket, the process that runs gates."""

import sys
from functools import partial

import gateway.app
import gateway.run_process
from gateway.cli import main
from gateway.optimiser.deadline.demand import solve_with_deadline
from gateway.optimiser.deadline.lists import safe_merit_order_with_deadline

ENDLESS = (sys.executable, "-c", "import time; time.sleep(3600)")

if __name__ == "__main__":
    run = gateway.run_process
    run.solve_with_deadline = partial(solve_with_deadline, command=ENDLESS)
    run.safe_merit_order_with_deadline = partial(safe_merit_order_with_deadline, command=ENDLESS)
    gateway.app.RUN_COMMAND = (sys.executable, __file__)
    if sys.argv[1].isdecimal():
        run.main()
    else:
        main()
