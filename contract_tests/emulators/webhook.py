"""An emulator of a platform's webhook receiver: what gateways push to."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from contract_tests.emulators.listener import Listener

_MOST_BYTES = 256 * 2**20


@dataclass
class WebhookFaults:
    """Faults; each is off until it is set.

    Attributes:
        status: answer to every push instead of 204.
        refusing: so many pushes are answered with 503, and count for nothing.
        slow_s: how long every answer waits.
        cutting: so many pushes are cut without an answer.
    """

    status: int = 204
    refusing: int = 0
    slow_s: float = 0.0
    cutting: int = 0


@dataclass
class WebhookEmulator:
    """Listens on a port of this machine; `received` is what was pushed and taken, the same message each time
    that it came."""

    faults: WebhookFaults = field(default_factory=WebhookFaults)
    received: list[bytes] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._listener = Listener()

    def start(self) -> None:
        """Begin to listen."""
        emulator = self

        class Handler(_Handler):
            receiver = emulator

        self.port = self._listener.start(self.port, Handler)

    def stop(self) -> None:
        """Stop listening."""
        self._listener.stop()

    def take(self, body: bytes) -> int | None:
        """One push; the status of its answer, None: none comes."""
        self._listener.wait(self.faults.slow_s)
        with self._lock:
            if self.faults.cutting > 0:
                self.faults.cutting -= 1
                return None
            if self.faults.refusing > 0:
                self.faults.refusing -= 1
                return 503
            self.received.append(body)
            return self.faults.status


class _Handler(BaseHTTPRequestHandler):
    receiver: WebhookEmulator
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _MOST_BYTES:
            self.close_connection = True
            self.send_error(411 if not length else 413)
            return
        status = self.receiver.take(self.rfile.read(int(length)))
        if status is None:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent: what came is in `received`."""
