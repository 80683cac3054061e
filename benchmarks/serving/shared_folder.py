"""A peer that shares a folder with the gateway: a document is taken when its answer lies there."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

LOOK_S: Final = 0.02


class FolderPeer:
    """Writes files into `inbox`, takes answers out of `outbox`; `address` is the folder that holds both."""

    def __init__(self, address: str, _credentials: str, _in_flight: int) -> None:
        self._inbox, self._outbox = (Path(address) / name for name in ("inbox", "outbox"))
        self._waiting: dict[str, asyncio.Future[bool]] = {}

    async def __aenter__(self) -> Self:
        self._polling = asyncio.create_task(self._poll())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._polling.cancel()
        with suppress(asyncio.CancelledError):
            await self._polling

    async def send(self, document: bytes, name: str) -> bool:
        self._waiting[f"{name}.xml"] = answered = asyncio.get_running_loop().create_future()
        in_the_making = self._inbox / f".{name}"
        in_the_making.write_bytes(document)
        in_the_making.rename(self._inbox / f"{name}.xml")
        return await answered

    async def _poll(self) -> None:
        while True:
            for answer in self._outbox.glob("*.xml"):
                answer.unlink()
                document = ".".join(answer.name.split(".")[:2])  # NAME.KIND.MESSAGE-ID.xml; NAME ends in .xml
                if (answered := self._waiting.pop(document, None)) is not None:
                    answered.set_result(True)
            await asyncio.sleep(LOOK_S)
