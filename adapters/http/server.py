"""The HTTP server as the gateway runs it."""

import resource
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from adapters.http.connection import Bounds, connections_within

DRAIN_S: Final = 2
"""How long a stop waits for requests that are under way."""

_OPEN_FILES: Final = 65_536


def server_of(app: ASGIApp, bounds: Bounds) -> uvicorn.Server:
    """A server of this application, ready to run on sockets that are bound already."""
    _allow_open_files()
    return uvicorn.Server(
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
