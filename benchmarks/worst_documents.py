"""How much later one tenant's documents are acknowledged while another tenant's worst one is in work.

A real gateway as it is configured by itself. One tenant hands in small documents one after the other and asks
for each Acknowledgement; then again while another tenant's document of some shape is in work. What counts is
the median of 20 and the longest, less what they are when no other tenant sends anything.
"""

import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import httpx2

from benchmarks.hostile import SHAPES
from benchmarks.hostile.shape import JSON
from benchmarks.serving.world import TENANT, Documents, Gateway, gateway

TIMES = 20
LARGEST = 60 * 2**20
"""Bytes of a document in the lane of large ones; the gateway takes 64 MiB."""
OPERATORS_LARGEST = 31 * 2**20
"""Bytes of a grid model or an assignment."""
SMALL = 60 * 1024
"""Bytes of one in the lane of small ones."""

FORMS = {
    LARGEST: (
        *("xml_many_series", "xml_comments", "xml_references", "xml_empty_points"),
        *("json_many_bids", "json_members_twice", "csv_many_rows", "csv_wide_header"),
    ),
    SMALL: ("xml_many_periods", "xml_empty_points", "json_many_bids", "csv_many_rows"),
}


OF_OPERATORS = {
    "models_large": ("dso", "/v1/grids/TEST-GRID/models"),
    "models_members_twice": ("dso", "/v1/grids/TEST-GRID/models"),
    "assignments_many_rows": ("tso", "/v1/resources"),
    "assignments_json": ("tso", "/v1/resources"),
    "assignments_json_twice": ("tso", "/v1/resources"),
}
"""What a grid operator puts, which is read in the process that serves requests; 32 MiB are taken."""


def worst_document_s() -> Iterator[dict[str, Any]]:
    """One line per shape and size."""
    with tempfile.TemporaryDirectory() as directory, gateway(Path(directory), 1) as running:
        own = Documents(10, 16)
        numbers = count()
        answered(running, own, numbers)
        idle = answered(running, own, numbers)
        sent = [
            *((shape, size, "tso", "/v1/documents") for size, shapes in FORMS.items() for shape in shapes),
            *((shape, OPERATORS_LARGEST, *where) for shape, where in OF_OPERATORS.items()),
        ]
        for shape, size, tenant, path in sent:
            data = SHAPES[shape].make(size)
            with Sending(running, tenant, path, SHAPES[shape].media_type, data):
                busy = answered(running, own, numbers)
            yield {
                "part": "worst_document_s",
                "shape": shape,
                "bytes": len(data),
                "worst_document_s": round(max(0.0, median(busy) - median(idle)), 3),
                "longest_s": round(max(busy), 3),
                "idle_s": round(median(idle), 3),
            }


def answered(running: Gateway, own: Documents, numbers: "count[int]") -> list[float]:
    """Seconds from handing in to having the Acknowledgement, one document after the other."""
    times = []
    headers = {"Authorization": f"Bearer {running.token(TENANT)}"}
    with httpx2.Client(base_url=running.url, headers=headers, timeout=120) as client:
        for _ in range(TIMES):
            data = own.numbered(next(numbers))
            start = time.perf_counter()
            taken = client.post("/v1/documents", content=data, headers={"Content-Type": "application/xml"})
            taken.raise_for_status()
            while client.get(f"{taken.headers['location']}/acknowledgement").status_code != 200:
                time.sleep(0.005)
            times.append(time.perf_counter() - start)
    return times


class Sending:
    """Another tenant, which hands in something again and again, each time another text."""

    def __init__(self, running: Gateway, tenant: str, path: str, media_type: str, data: bytes) -> None:
        self._running = running
        self._tenant = tenant
        self._path = path
        self._media_type = media_type
        self._data = data
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def __enter__(self) -> None:
        self._thread.start()
        time.sleep(0.5)  # its first one is on the way

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _send(self) -> None:
        space = b" " if self._media_type == JSON else b"\n"
        method = "POST" if self._path == "/v1/documents" else "PUT"
        headers = {
            "Authorization": f"Bearer {self._running.token(self._tenant)}",
            "Content-Type": self._media_type,
        }
        with httpx2.Client(base_url=self._running.url, headers=headers, timeout=300) as client:
            for number in count():
                if self._over.is_set():
                    return
                client.request(method, self._path, content=self._data + space * number)
