"""The load generator of `benchmarks.service`, in its own process: at a rate, or as fast as it is taken.

A latency counts from the moment a document was due, not from when it could be sent, so a service
that stalls is not spared the documents that would have come meanwhile.
"""

import argparse
import asyncio
import json
import sys
import time
from typing import Any

import numpy as np
import uvloop

from benchmarks.serving.peers import PEERS, Peer
from benchmarks.serving.world import Documents


class Load:
    """Sends documents and keeps the time each took."""

    def __init__(self, peer: Peer, documents: Documents, first: int) -> None:
        self._peer = peer
        self._documents = documents
        self._next = first
        self.latencies: list[float] = []
        self.refused = 0
        self.last = 0.0

    async def as_fast_as_taken(self, in_flight: int, seconds: float) -> None:
        """Closed loop: so many documents are under way at any time."""
        end = time.monotonic() + seconds

        async def one_after_the_other() -> None:
            while (now := time.monotonic()) < end:
                await self._send(now)

        await asyncio.gather(*(one_after_the_other() for _ in range(in_flight)))

    async def at_rate(self, rate: float, seconds: float) -> None:
        """Open loop: documents come when they come."""
        start, under_way = time.monotonic(), set[asyncio.Task[None]]()
        for number in range(int(rate * seconds)):
            due = start + number / rate
            if (early := due - time.monotonic()) > 0:
                await asyncio.sleep(early)
            task = asyncio.create_task(self._send(due))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)

    async def _send(self, due: float) -> None:
        number, self._next = self._next, self._next + 1
        taken = await self._peer.send(self._documents.numbered(number), f"{number:08x}")
        self.last = time.monotonic()
        self.latencies.append(self.last - due)
        self.refused += not taken


async def run(options: argparse.Namespace) -> dict[str, Any]:
    """Connect, send, say how it went."""
    documents = Documents(options.bids, options.points)
    async with PEERS[options.peer](options.address, options.credentials, options.in_flight) as peer:
        load = Load(peer, documents, options.first)
        start, cpu = time.monotonic(), time.process_time()
        if options.rate:
            await load.at_rate(options.rate, options.seconds)
        else:
            await load.as_fast_as_taken(options.in_flight, options.seconds)
    took = load.last - start
    milliseconds = 1000 * np.array(load.latencies)
    p50, p99, most = np.percentile(milliseconds, [50, 99, 100]).tolist()
    return {
        "sent": len(milliseconds),
        "refused": load.refused,
        "per_s": round(len(milliseconds) / took, 1),
        "p50_ms": round(p50, 1),
        "p99_ms": round(p99, 1),
        "max_ms": round(most, 1),
        "cpu_ms_each": round(1000 * (time.process_time() - cpu) / len(milliseconds), 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving.load", description=__doc__)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("address")
    parser.add_argument("--credentials", default="")
    parser.add_argument("--bids", type=int, required=True)
    parser.add_argument("--points", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--in-flight", type=int, default=32)
    sys.stdout.write(json.dumps(uvloop.run(run(parser.parse_args()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
