"""Where emulators of HTTP services listen: on this machine, stopped and started again on the same port."""

import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

_POLL_S: Final = 0.02


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away, or is killed, is no fault of the emulator."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Listener:
    """Serves requests while an emulator runs, each in a thread of its own."""

    def __init__(self) -> None:
        self._server: _Server | None = None
        self._over = threading.Event()

    def start(
        self, port: int, handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None
    ) -> int:
        """Begin to listen; 0: on any free port. Return the port."""
        self._over.clear()
        server = _Server(("127.0.0.1", port), handler)
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": _POLL_S}, daemon=True).start()
        self._server = server
        return server.server_port

    def wait(self, seconds: float) -> None:
        """Wait for the set delay, or until the end."""
        self._over.wait(seconds)

    def stop(self) -> None:
        """Stop listening."""
        self._over.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
