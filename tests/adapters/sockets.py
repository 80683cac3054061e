"""A server of bounded connections, and a client that sends exactly the bytes it is given."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import Receive, Scope, Send

from adapters.kit.http.connection import Bounds, connections_within
from tests.patience import PATIENCE_S


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the method, the path and the whole body; `/unread` answers 413 before it reads anything."""
    assert scope["type"] == "http"
    body, headers = bytearray(), [(b"content-type", b"text/plain")]
    if scope["path"] == "/unread":
        headers.append((b"connection", b"close"))
        status = 413
    else:
        status, more = 200, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
    answer = f"{scope['method']} {scope['path']} ".encode() + body
    headers.append((b"content-length", b"%d" % len(answer)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


@contextmanager
def serving(bounds: Bounds) -> Iterator[int]:
    """A server of `echo` on a free port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1024)
        config = uvicorn.Config(
            echo, http=connections_within(bounds), ws="none", lifespan="off", log_config=None, loop="uvloop"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)


class Peer:
    """A client that sends exactly the bytes it is given."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S, source_address=(host, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self.socket.makefile("rb")

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> tuple[int, bytes]:
        """Status and body of the next answer."""
        status = int(self._answers.readline().split()[1])
        fields = http.client.parse_headers(self._answers)
        return status, self._answers.read(int(fields["content-length"]))

    def is_closed(self) -> bool:
        """Wait for more; True if the server closes instead."""
        return self._answers.read(1) == b""

    def close(self) -> None:
        self._answers.close()
        self.socket.close()


def post(path: bytes, body: bytes, more: bytes = b"") -> bytes:
    length = b"" if b"Transfer-Encoding" in more else b"Content-Length: %d\r\n" % len(body)
    return b"POST %s HTTP/1.1\r\nHost: a\r\n%s%s\r\n%s" % (path, more, length, body)
