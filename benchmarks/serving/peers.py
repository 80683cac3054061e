"""Peers that hand in documents, one per protocol, as cheap as they can be: the gateway is to be measured."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self

import httptools

from benchmarks.serving.brokers import EndpointPeer, MqttPeer, RabbitPeer
from benchmarks.serving.shared_folder import FolderPeer


class Peer(Protocol):
    """One side of a protocol; a context manager that connects."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def send(self, document: bytes, name: str) -> bool:
        """Hand a document in; return whether it was taken, as soon as the peer can know."""
        ...


class _Connection(asyncio.Protocol):
    """One request at a time over a connection that stays."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[int] | None = None
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        if self._answer is not None:
            self._answer.set_result(status)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError())

    async def ask(self, head: bytes, body: bytes) -> int:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.writelines((head, body))
        return await self._answer

    def close(self) -> None:
        self._transport.close()


class RestPeer:
    """HTTP/1.1 over connections that stay; a document is taken when the 202 is here."""

    def __init__(self, url: str, token: str, connections: int) -> None:
        self._host, self._port = url.removeprefix("http://").split(":")
        self._head = (
            f"POST /v1/documents HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/xml\r\nIdempotency-Key: {}\r\nContent-Length: {}\r\n\r\n"
        )
        self._count = connections
        self._free: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()

    async def __aenter__(self) -> Self:
        for _ in range(self._count):
            self._free.put_nowait(await self._connected())
        return self

    async def _connected(self) -> _Connection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, self._host, int(self._port))
        return connection

    async def __aexit__(self, *_: object) -> None:
        while not self._free.empty():
            self._free.get_nowait().close()

    async def send(self, document: bytes, name: str) -> bool:
        connection = await self._free.get()
        if connection.is_lost:  # the server ends connections that were idle for some seconds
            connection = await self._connected()
        status = await connection.ask(self._head.format(name, len(document)).encode(), document)
        self._free.put_nowait(connection)
        return status == 202


PEERS: Final[dict[str, Callable[[str, str, int], Peer]]] = {
    "rest": RestPeer,
    "amqp091": RabbitPeer,
    "mqtt": MqttPeer,
    "amqp10": EndpointPeer,
    "folder": FolderPeer,
}
