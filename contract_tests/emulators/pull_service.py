"""An emulator of a peer that only offers pull over HTTP: a list, messages, a place to post to.

It has two shapes: that of this gateway's own outbox, and one with links and a cursor for the list.
"""

import json
import socket
import threading
import uuid
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from contract_tests.emulators.listener import Listener


@dataclass
class PullFaults:
    """Faults; each is off until it is set.

    Attributes:
        statuses: answers to the next requests instead of the requested ones; each is used once.
        retry_after_s: named with each of these.
        slow_s: how long every answer waits.
        cutting: so many answers break off in the middle.
        list_type: content type of lists.
        link_host: where links of the second shape lead, instead of to this server.
        redirect_to: every request for a message is sent on there.
        unconfirmable: so many confirmations fail.
        forgotten: keys of messages that are listed and gone.
    """

    statuses: list[int] = field(default_factory=list)
    retry_after_s: int | None = None
    slow_s: float = 0.0
    cutting: int = 0
    list_type: str = "application/json"
    link_host: str | None = None
    redirect_to: str | None = None
    unconfirmable: int = 0
    forgotten: set[int] = field(default_factory=set)


@dataclass
class Posted:
    """A posted message."""

    path: str
    body: bytes
    headers: dict[str, str]


@dataclass
class _Offered:
    key: int
    message_id: str
    content_type: str
    body: bytes
    confirmed: bool = False


@dataclass
class PullServiceEmulator:
    """Listens on a port of this machine.

    Attributes:
        token: a bearer token that is required when it is set.
        requests: how often each method and path was requested, and `unchanged` was the answer.
    """

    shape: Literal["flexgate", "links"] = "flexgate"
    token: str | None = None
    faults: PullFaults = field(default_factory=PullFaults)
    posted: list[Posted] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    port: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._offered: list[_Offered] = []
        self._listener = Listener()

    @property
    def unconfirmed(self) -> int:
        """Messages that were not confirmed."""
        return sum(not each.confirmed for each in self._offered)

    def start(self) -> None:
        """Begin to listen."""
        emulator = self

        class Handler(_Handler):
            service = emulator

        self.port = self._listener.start(self.port, Handler)

    def stop(self) -> None:
        """Stop listening."""
        self._listener.stop()

    def offer(
        self, body: bytes, message_id: str | None = None, content_type: str = "application/xml"
    ) -> None:
        """Let a message be in the list."""
        with self._lock:
            name = message_id or str(uuid.uuid4())
            self._offered.append(_Offered(len(self._offered) + 1, name, content_type, body))

    # Called by the handler.

    def wait(self) -> None:
        """Wait for the set delay, or until the end."""
        self._listener.wait(self.faults.slow_s)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> "_Answer":
        """One request."""
        with self._lock:
            self.requests[f"{method} {urlsplit(target).path}"] += 1
            return self._refusal(headers) or self._granted(method, target, headers, body)

    def _refusal(self, headers: dict[str, str]) -> "_Answer | None":
        if self.faults.statuses:
            wait = self.faults.retry_after_s
            named = {} if wait is None else {"Retry-After": str(wait)}
            return _Answer(self.faults.statuses.pop(0), headers=named)
        if self.token is not None and headers.get("authorization") != f"Bearer {self.token}":
            return _Answer(401)
        return None

    def _granted(self, method: str, target: str, headers: dict[str, str], body: bytes) -> "_Answer":
        parts = urlsplit(target)
        match method, parts.path.split("/")[1:]:
            case "GET", ["readyz"]:
                return _Answer(200)
            case "GET", ["list"]:
                return self._list(parse_qs(parts.query), headers)
            case "GET", ["messages", key]:
                return self._message(int(key))
            case "POST", ["messages", key, "confirm"]:
                return self._confirm(int(key))
            case "POST", ["documents" | "problems"]:
                self.posted.append(Posted(parts.path, body, headers))
                return _Answer(202)
        return _Answer(404)

    def _list(self, query: dict[str, list[str]], headers: dict[str, str]) -> "_Answer":
        after = int(query.get("after", query.get("cursor", ["0"]))[0])
        found = self._offered[after : after + 2]  # two on a page, so that there are pages
        tag = f'"{len(self._offered)}-{after}"'
        if headers.get("if-none-match") == tag:
            self.requests["unchanged"] += 1
            return _Answer(304)
        following = found[-1].key if found else after
        content: dict[str, Any]
        if self.shape == "flexgate":
            messages = [{"id": each.key, "message_id": each.message_id} for each in found]
            content = {"messages": messages, "next": following}
        else:
            host = self.faults.link_host or headers["host"]
            entries = [
                {
                    "uid": each.message_id,
                    "no": each.key,
                    "links": [{"href": f"http://{host}/messages/{each.key}"}],
                }
                for each in found
            ]
            content = {"data": {"entries": entries}, "page": {"cursor": str(following)}}
        data = json.dumps(content).encode()
        return _Answer(200, data, {"Content-Type": self.faults.list_type, "ETag": tag})

    def _confirm(self, key: int) -> "_Answer":
        if self.faults.unconfirmable:
            self.faults.unconfirmable -= 1
            return _Answer(500)
        self._offered[key - 1].confirmed = True
        return _Answer(204)

    def _message(self, key: int) -> "_Answer":
        if self.faults.redirect_to is not None:
            return _Answer(302, headers={"Location": self.faults.redirect_to})
        if key in self.faults.forgotten:
            return _Answer(410)
        offered = self._offered[key - 1]
        return _Answer(200, offered.body, {"Content-Type": offered.content_type})


@dataclass
class _Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class _Handler(BaseHTTPRequestHandler):
    service: PullServiceEmulator
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        """One request."""
        self._answer(b"")

    def do_POST(self) -> None:
        """One request with a body."""
        self._answer(self.rfile.read(int(self.headers["Content-Length"] or 0)))

    def _answer(self, body: bytes) -> None:
        self.service.wait()
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.service.answer(self.command, self.path, headers, body)
        cut = self.service.faults.cutting > 0
        self.service.faults.cutting -= cut
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body) or int(cut)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if cut else answer.body)
        if cut:
            self.close_connection = True
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""
