"""A cable between the gateway and a peer: it can be unplugged, which breaks connections, slow, or mute."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Cable:
    """Forwards TCP connections from `port` to a broker on this machine.

    Attributes:
        delay_s: how long everything takes on its way.
        passing: cleared, connections stay and can be made, and nothing comes through.
    """

    broker: int
    port: int = 0
    listener: socket.socket | None = None
    ends: list[socket.socket] = field(default_factory=list)
    delay_s: float = 0.0
    passing: threading.Event = field(default_factory=threading.Event)

    def plug(self) -> None:
        self.passing.set()
        if self.listener is not None:
            return
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
        self.listener = None
        self.passing.set()

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
                time.sleep(self.delay_s)
                self.passing.wait()
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@dataclass
class OnCable:
    """A peer that the gateway reaches by a cable."""

    cable: Cable

    def unplug(self) -> None:
        self.cable.unplug()

    def plug(self) -> None:
        self.cable.plug()

    def hang(self) -> None:
        self.cable.passing.clear()

    def slow_down(self, delay_s: float) -> None:
        self.cable.delay_s = delay_s


@contextlib.contextmanager
def cable_to(broker: int) -> Iterator[Cable]:
    cable = Cable(broker)
    cable.plug()
    try:
        yield cable
    finally:
        if cable.listener is not None:
            cable.unplug()
