"""The queues of an emulated ECP endpoint, spoken by rhea: its AMQP 1.0 is neither ours nor proton's."""

import base64
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.adapters.cable import cable_to
from tests.adapters.node import installed
from tests.adapters.peers.amqp10 import EndpointPeer
from tests.adapters.services import needs_proton
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from contract_tests.emulators.endpoint import Sent

PROGRAM = Path(__file__).parent / "rhea_endpoint"


class RheaFaults:
    """What goes wrong; a name that is set is sent to the endpoint before anything else happens.

    As of `contract_tests.emulators.endpoint.Faults`, and of the next messages so many are `rejecting`,
    `releasing` or `modifying`; `withholding` gives no credit until `give_credit`.
    """

    def __init__(self, endpoint: "RheaEndpoint") -> None:
        object.__setattr__(self, "_endpoint", endpoint)

    def __setattr__(self, name: str, value: int) -> None:
        self._endpoint.do("fault", name=name, value=int(value))


@dataclass
class State:
    """What the inbox is like; `brought` counts deliveries, repetitions included."""

    waiting: int = 0
    under_way: int = 0
    connected: int = 0
    brought: int = 0


class RheaEndpoint:
    """A process of Node; commands are done when their method returns."""

    def __init__(self, modules: Path, **options: str) -> None:
        self.sent: list[Sent] = []
        self.faults = RheaFaults(self)
        self.state = State()
        self.port = 0
        self._process = subprocess.Popen(
            ["node", str(modules / "endpoint.js"), json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._changed = threading.Condition()
        self._ended = False
        self._asked = self._done = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self._until(lambda: self.port)

    @property
    def unconfirmed(self) -> int:
        return self.state.waiting + self.state.under_way

    @property
    def under_way(self) -> int:
        return self.state.under_way

    def deliver(
        self,
        body: bytes,
        properties: Mapping[str, Any],
        content_type: str | None = None,
        *,
        form: str = "data",
        message_id: tuple[str, str] | None = None,
    ) -> None:
        """Let a message of the partner come to the inbox, in one of the forms that AMQP has for bodies.

        `message_id` is a type that AMQP has for ids, and the id.
        """
        data = base64.b64encode(body).decode()
        id_type, own_id = message_id or (None, None)
        named = {"id": own_id, "idType": id_type}
        self.do("deliver", body=data, properties=properties, contentType=content_type, form=form, **named)

    def report_late(self) -> None:
        self.do("tellLate")

    def do(self, what: str, **more: Any) -> None:
        self._asked += 1
        assert self._process.stdin is not None
        command = {"do": what, "number": self._asked, **more}
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        self._until(lambda: self._done >= self._asked)

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        self._process.stdout.close()

    def _until(self, true: Any) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._ended or true(), PATIENCE_S), "the endpoint is silent"
        assert not self._ended, "the endpoint has ended; its last words are on standard error"

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self._note(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _note(self, news: dict[str, Any]) -> None:
        if "sent" in news:
            self.sent.append(_sent(news["sent"]))
        elif "state" in news:
            state = news["state"]
            self.state = State(state["waiting"], state["underWay"], state["connected"], state["brought"])
        elif "done" in news:
            self._done = news["done"]
        else:
            self.port = news["listening"]


def _sent(reported: dict[str, Any]) -> "Sent":
    from contract_tests.emulators.endpoint import Sent  # noqa: PLC0415  (proton is an extra)

    assert reported["isData"], "a document is bytes, never a value"
    own = {
        "message-id": reported["messageId"],
        "content-type": reported["contentType"],
        "creation-time": datetime.fromisoformat(reported["createdAt"]).timestamp(),
    }
    body = base64.b64decode(reported["body"])
    return Sent(
        reported["address"], body, reported["properties"], reported["correlationId"], reported["durable"], own
    )


@contextmanager
def rhea_peer(_: Path, **options: str) -> Iterator[EndpointPeer]:
    needs_proton()
    endpoint = RheaEndpoint(installed(PROGRAM), **options)
    try:
        with cable_to(endpoint.port) as cable:
            yield EndpointPeer(cable, endpoint, "ecp")
    finally:
        endpoint.stop()
