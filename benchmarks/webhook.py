"""`python -m benchmarks.webhook --json [--documents N]`: how soon an answer is at a webhook.

`median_ms` and `p95_ms`: from the moment at which a document is settled until its acknowledgement arrives at
the receiver, one document after the other, over HTTP on one machine.
"""

import argparse
import json
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import httpx2

from benchmarks.serving.world import TENANT, Documents, Gateway, gateway

PATIENCE_S: Final = 30.0


class _Receiver(BaseHTTPRequestHandler):
    """Notes when something comes."""

    protocol_version = "HTTP/1.1"
    came: list[datetime]
    news: threading.Semaphore

    def do_POST(self) -> None:
        """One message."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.came.append(datetime.now(UTC))
        self.send_response(204)
        self.end_headers()
        self.news.release()

    def log_message(self, *_: object) -> None:
        """Be silent."""


def latencies_ms(running: Gateway, documents: int) -> list[float]:
    """Of one document after the other."""
    _Receiver.came, _Receiver.news = [], threading.Semaphore(0)
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    running.ask(TENANT, "PUT", "/v1/webhook", {"url": f"http://localhost:{receiver.server_port}/"})
    made = Documents(4, 4)
    headers = {"Authorization": f"Bearer {running.token(TENANT)}", "Content-Type": "application/xml"}
    with httpx2.Client() as client:
        for number in range(documents):
            answer = client.post(
                f"{running.url}/v1/documents", content=made.numbered(number), headers=headers
            )
            answer.raise_for_status()
            if not _Receiver.news.acquire(timeout=PATIENCE_S):
                raise RuntimeError(f"no answer to document {number} came")
    receiver.shutdown()
    with running.store() as store:
        settled = [
            datetime.fromisoformat(at)
            for (at,) in store.execute("SELECT settled_at FROM envelopes ORDER BY received_at")
        ]
    return [
        (came - at.replace(tzinfo=UTC)).total_seconds() * 1000
        for came, at in zip(_Receiver.came, settled, strict=True)
    ]


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.webhook", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON (it always does)")
    parser.add_argument("--documents", type=int, default=200)
    documents = parser.parse_args().documents
    with tempfile.TemporaryDirectory() as directory, gateway(Path(directory), 1) as running:
        time.sleep(1)
        took = latencies_ms(running, documents)
    median, p95 = statistics.median(took), statistics.quantiles(took, n=20)[-1]
    print(json.dumps({"documents": documents, "median_ms": round(median, 1), "p95_ms": round(p95, 1)}))


if __name__ == "__main__":
    main()
