"""The HTTP server as the gateway runs it."""

import os
import resource
import signal
import threading
from types import FrameType
from typing import Final

import structlog
import uvicorn
from starlette.types import ASGIApp

from adapters.kit.http.connection import Bounds, connections_within

DRAIN_S: Final = 1
"""How long a stop waits for requests in progress."""

STOP_S: Final = 4.5
"""How long a stop may last altogether; then the process ends as by a crash, after which everything is taken
up as well."""

_log = structlog.get_logger(__name__)

_OPEN_FILES: Final = 65_536


class Server(uvicorn.Server):
    """Ends within `STOP_S` of the first signal, whatever its application still does."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        if not self.should_exit:
            overdue = threading.Timer(STOP_S, _end)
            overdue.daemon = True
            overdue.start()
        super().handle_exit(sig, frame)


def _end() -> None:
    _log.warning("the stop is overdue; what is still in work is taken up by the next start")
    os.kill(os.getpid(), signal.SIGKILL)


def server_of(app: ASGIApp, bounds: Bounds) -> Server:
    """A server of this application, ready to run on sockets that are bound already."""
    _allow_open_files()
    return Server(
        uvicorn.Config(
            app,
            loop="uvloop",
            http=connections_within(bounds),
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_S,
        )
    )


def _allow_open_files() -> None:
    """Let the process open as many files as the system allows it: every connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
