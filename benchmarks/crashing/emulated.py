"""Partners behind emulated services; what is handed over there stays, whatever becomes of the gateway."""

from pathlib import Path
from typing import Any

from benchmarks.crashing.documents import Document
from benchmarks.crashing.verdict import Answer
from contract_tests.emulators.endpoint import EndpointEmulator
from contract_tests.emulators.identities import new_identity
from contract_tests.emulators.mades import MadesEmulator
from contract_tests.emulators.service504 import Service504Emulator

PATIENCE_S = 5.0
_PARTNER: dict[str, Any] = {
    "host": "127.0.0.1",
    "receiver": "SERVICE-TEST",
    "message_types": {"Acknowledgement": "TEST-ACK"},
    "reconnect_s": 0.2,
    "answer_timeout_s": PATIENCE_S,
    "received_timeout_s": PATIENCE_S,
}


class EndpointPeer:
    """A partner behind an emulated ECP endpoint, whose queues are durable."""

    def __init__(self, endpoint: EndpointEmulator, port: int) -> None:
        self._endpoint = endpoint
        self._port = port

    @property
    def answers(self) -> list[Answer]:
        return [Answer(sent.properties["baMessageID"], sent.body) for sent in self._endpoint.sent]

    def channel(self) -> tuple[str, dict[str, Any]]:
        return "amqp10", {**_PARTNER, "port": self._port}

    def submit(self, document: Document) -> None:
        self._endpoint.deliver(document.data, {"messageType": "TEST-BID", "baMessageId": document.name})

    def close(self) -> None:
        self._endpoint.stop()


class MadesPeer:
    """A partner behind an emulated ECP endpoint, by its MADES web service."""

    def __init__(self) -> None:
        self._endpoint = MadesEmulator()
        self._endpoint.start()

    @property
    def answers(self) -> list[Answer]:
        return [Answer(sent.values["baMessageID"], sent.body) for sent in self._endpoint.sent]

    def channel(self) -> tuple[str, dict[str, Any]]:
        return "mades", {**_PARTNER, "port": self._endpoint.port, "poll_s": 0.05, "status_s": 0.05}

    def submit(self, document: Document) -> None:
        self._endpoint.deliver(document.data, document.name, document.name)

    def close(self) -> None:
        self._endpoint.stop()


class Soap504Peer:
    """A market operator at an emulated IEC 62325-504 service, which the gateway asks and puts to."""

    def __init__(self, directory: Path) -> None:
        self._operator, self._gateway = (new_identity(name, directory) for name in ("operator", "gateway"))
        self._service = Service504Emulator(self._operator, self._gateway.certificate)
        self._service.start()

    @property
    def answers(self) -> list[Answer]:
        return [Answer(put.message_id or "", put.body) for put in self._service.came]

    def channel(self) -> tuple[str, dict[str, Any]]:
        return "soap504-client", {
            "host": "127.0.0.1",
            "port": self._service.port,
            "path": self._service.path,
            "signing": {
                "certificate": str(self._gateway.certificate_file),
                "key": {"file": str(self._gateway.key_file)},
                "signers": [str(self._operator.certificate_file)],
            },
            "reconnect_s": 0.2,
            "answer_timeout_s": PATIENCE_S,
            "poll_s": 0.05,
            "compress_above_kb": 1,  # what is no element keeps its bytes, which the verdict compares
        }

    def submit(self, document: Document) -> None:
        self._service.deliver(document.data, document.name, "XML")

    def close(self) -> None:
        self._service.stop()
