"""A cable between the gateway and a broker: it can be unplugged, which breaks what is under way."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Cable:
    """Forwards TCP connections from `port` to a broker on this machine."""

    broker: int
    port: int = 0
    listener: socket.socket | None = None
    ends: list[socket.socket] = field(default_factory=list)

    def plug(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def unplug(self) -> None:
        assert self.listener is not None
        for end in (self.listener, *self.ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends.clear()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self.broker))
                self.ends += [near, far]
                for end in (near, far):  # a cable that waits for more to carry costs 40 ms a message
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._forward, args=(one, other), daemon=True).start()

    def _forward(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def cable_to(broker: int) -> Iterator[Cable]:
    cable = Cable(broker)
    cable.plug()
    yield cable
    cable.unplug()
