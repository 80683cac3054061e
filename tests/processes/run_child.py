"""A process that answers runs as the name of the gate says, instead of deciding them."""

import os
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from gateway.processes.run_processes import (
    End,
    Ended,
    PublishOrder,
    ReadOrder,
    ResultPublished,
    StoresRead,
    Wrote,
)
from gateway.runner import READY


def main() -> None:
    connection: Connection[Any, Any] = Connection(int(sys.argv[1]))
    with suppress(EOFError):
        connection.recv()
        connection.send(READY)
        while True:
            name = connection.recv()
            if isinstance(name, PublishOrder):
                if name.platforms[0] == "dies":
                    os._exit(9)
                connection.send(Wrote(f"{name.platforms[0]} in {os.getpid()}"))
                connection.send(ResultPublished([each for each in name.platforms if each == "full"]))
                continue
            if isinstance(name, ReadOrder):
                connection.send(StoresRead({}, "no space" if name.platforms == ["full"] else None))
                continue
            if name == "dies":
                os._exit(9)
            if name == "sleeps":
                time.sleep(3600)
            connection.send(Wrote(f"{name} in {os.getpid()}"))
            connection.send(
                Ended(End[name.partition("-")[0]], "because", 1000.0 if "large" in name else 50.0)
            )


if __name__ == "__main__":
    main()
