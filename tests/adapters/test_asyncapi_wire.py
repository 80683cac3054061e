"""What peers see on the wire is what asyncapi.yaml says; every name and address comes from the file itself.

Real Mosquitto and RabbitMQ; for ECP and EDX the emulator, which has its names from public client code.
"""

import json
import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft7Validator

import esmp
import mappings
from adapters.rest.webhook import WebhookOutlet, WebhookRules
from gateway.domain.envelope import Envelope
from gateway.records.messages import webhooks
from gateway.security.keys import signing_key
from gateway.security.message_signatures import MessageSigner
from mappings import canonical_json
from tests.adapters.local_gateway import NORTH, LocalGateway
from tests.adapters.peers.rest import RestPeer
from tests.adapters.test_asyncapi import CONTRACT
from tests.adapters.wires import WIRES, Seen, Wire
from tests.intake.local_gateway import NOW, acknowledgement_in, codes_of
from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2, RESERVE_BID_TABLE, replaced

XML = RESERVE_BID_7_2.data
OTHER_XML = replaced("<energy_Price.amount>45.5<", "<energy_Price.amount>45.9<")(XML)
NAMELESS_XML = XML.replace(b"TEST-DOC-72", b"TEST-NAMELESS")
NO_NAMES = {"type": "object", "additionalProperties": False}
HTTP_ITSELF = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length"}
SERVERS = [pytest.param(name, marks=() if name in ("ecp", "edx") else pytest.mark.services) for name in WIRES]


@dataclass(frozen=True)
class Operation:
    """One operation of the contract, its references followed."""

    action: str
    address: str
    parameters: Mapping[str, Mapping[str, Any]]
    settings: Mapping[str, Any]
    channel: Mapping[str, Any]
    messages: Mapping[str, Mapping[str, Any]]
    is_answer: bool

    def is_at(self, address: str, wire: Wire) -> bool:
        """Whether this is one of its addresses: configured, listed, or named by who asked; nothing else."""
        if self.is_answer and address == wire.response_address:
            return True

        def values(parameter: re.Match[str]) -> str:
            listed = self.parameters[parameter[1]].get("enum") or [wire.parameters[parameter[1]]]
            return f"(?:{'|'.join(map(re.escape, listed))})"

        pattern = re.sub(r"\\\{(\w+)\\\}", values, re.escape(self.address))
        return re.fullmatch(pattern, address) is not None


def operations(server: str) -> list[Operation]:
    found = []
    every = CONTRACT["operations"].values()
    answers = [operation["reply"]["channel"] for operation in every if "reply" in operation]
    for operation in every:
        channel = CONTRACT["channels"][operation["channel"]["$ref"].rpartition("/")[2]]
        if channel["servers"] == [{"$ref": f"#/servers/{server}"}]:
            names = [message["$ref"].rpartition("/")[2] for message in operation["messages"]]
            found.append(
                Operation(
                    operation["action"],
                    channel["address"],
                    channel.get("parameters", {}),
                    next(iter(operation.get("bindings", {}).values()), {}),
                    next(iter(channel.get("bindings", {}).values()), {}),
                    {name: CONTRACT["components"]["messages"][name] for name in names},
                    operation["channel"] in answers,
                )
            )
    return found


def is_kept(schema: Mapping[str, Any], value: object) -> bool:
    whole = {**schema, "components": CONTRACT["components"]}
    return Draft7Validator(whole).is_valid(value)


def is_form(message: Mapping[str, Any], seen: Seen) -> bool:
    """Whether a message has the form that is said: media type, every name beside it, and its payload."""
    payload: Any = seen.payload.decode("utf-8", "replace")
    if (seen.content_type or "").endswith("json"):
        payload = json.loads(payload)
    return (
        message.get("contentType") == seen.content_type
        and is_kept(message.get("headers", NO_NAMES), dict(seen.headers))
        and is_kept(message.get("x-properties", NO_NAMES), dict(seen.properties))
        and is_kept(message["payload"], payload)
    )


def names_of(server: str, seen: Seen, wire: Wire) -> list[str]:
    """The messages of the contract that a message is."""
    return [
        name
        for operation in operations(server)
        if operation.action == "send"
        and operation.is_at(seen.address, wire)
        and all(operation.settings.get(key, value) == value for key, value in seen.settings.items())
        for name, message in operation.messages.items()
        if is_form(message, seen)
    ]


@pytest.mark.feature(id="F2")
@pytest.mark.parametrize("server", SERVERS)
def test_every_message_is_as_the_contract_says(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.delivery.dispatcher.POLL_S", 0.02)
    monkeypatch.setattr("gateway.delivery.dispatcher.SHUT_S", 0.02)
    declared = {
        name for operation in operations(server) if operation.action == "send" for name in operation.messages
    }
    with WIRES[server](tmp_path) as wire:
        local = LocalGateway(tmp_path, wire.peer).start()

        def missing() -> set[str]:
            return declared - {name for seen in wire.seen() for name in names_of(server, seen, wire)}

        try:
            local.put(b"<result/>", not_after=local.clock.now() + timedelta(seconds=100))
            local.put(b"<result/>")
            if any("Notice" in name for name in declared):
                local.put_notice()
            submit_by_every_name(local, server, wire)
            with suppress(AssertionError):  # what did come tells more, see below
                eventually(lambda: not missing(), "every message of the contract")
            for operation in operations(server):
                wire.check_channel(operation.address.format(**wire.parameters), operation.channel)
        finally:
            local.stop()
        unexplained = [
            (each.address, each.content_type, each.headers, each.properties, each.settings)
            for each in wire.seen()
            if len(names_of(server, each, wire)) != 1
        ]
        assert unexplained == [], f"not in asyncapi.yaml; missing is {missing()}"
        assert missing() == set()


def submit_by_every_name(local: LocalGateway, server: str, wire: Wire) -> None:
    """Hand in documents with all that the contract names beside them; each name is understood."""
    (taking,) = (
        operation
        for operation in operations(server)
        if operation.action == "receive"
        and all("contentType" in message for message in operation.messages.values())
    )
    by_type = {message["contentType"]: message for message in taking.messages.values()}
    address = taking.address.format(**wire.parameters)

    def submit(content_type: str, payload: bytes, message_id: str, *, without: Sequence[str] = ()) -> None:
        known = {
            "ContentType": content_type,
            "content-type": content_type,
            **wire.values(message_id, f"{message_id} correlation"),
        }
        message = by_type[content_type]
        headers, properties = (
            {name: known[name] for name in message.get(part, {}).get("properties", {}) if name not in without}
            for part in ("headers", "x-properties")
        )
        wire.send(address, payload, headers, properties)

    def answers(correlation: str) -> list[Seen]:
        return [
            seen for seen in wire.seen() if correlation in {*seen.headers.values(), *seen.properties.values()}
        ]

    submit("application/xml", XML, "wire-1", without=("ResponseTopic",))
    eventually(lambda: len(answers("wire-1 correlation")) == 1, "the acknowledgement")
    assert codes_of(acknowledgement_in(answers("wire-1 correlation")[0].payload)) == ["A01"]
    submit("application/xml", OTHER_XML, "wire-1", without=("ResponseTopic",))
    eventually(lambda: len(answers("wire-1 correlation")) == 2, "the problem")
    problem = json.loads(answers("wire-1 correlation")[1].payload)
    assert problem["type"] == "urn:flexgate:problem:idempotency-key-reused", "the id was not understood"
    submit("application/json", as_json(XML), "wire-2")
    eventually(lambda: answers("wire-2 correlation"), "the acknowledgement of JSON")
    (answer,) = answers("wire-2 correlation")
    assert codes_of(acknowledgement_in(answer.payload)) == ["A01"]
    assert wire.response_address in (None, answer.address)
    submit("text/csv", RESERVE_BID_TABLE, "wire-3")
    eventually(lambda: answers("wire-3 correlation"), "the acknowledgement of a table")
    assert codes_of(acknowledgement_in(answers("wire-3 correlation")[0].payload)) == ["A01"]
    assert len(local.process.hashes) == 3, "three documents took effect"
    before = len(wire.seen())
    submit("application/xml", NAMELESS_XML, "", without=tuple(wire.values("", "")))
    eventually(lambda: len(wire.seen()) > before, "the answer to a message with nothing beside it")


@pytest.mark.feature(id="C1")
@pytest.mark.feature(id="F2")
def test_the_webhook_is_as_the_contract_says(tmp_path: Path) -> None:
    came: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(
                (self.command, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"])))
            )
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    local = LocalGateway(tmp_path, RestPeer())
    signer = MessageSigner(signing_key(tmp_path / "webhooks.pem"))
    rules = WebhookRules("https://gateway.example.org", private_addresses=True)
    outlet = WebhookOutlet(local.stores, signer, rules, local.clock)
    envelope = Envelope(
        "north", "webhook", "m1", "application/xml", NOW, b"<a/>", correlation_id="run-1",
        message_type="BidAvailability",
    )  # fmt: skip
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        with local.stores.of("north").writing() as uow:
            webhooks.put(uow, f"http://localhost:{server.server_port}/", local.clock.now())
        outlet.send(NORTH, envelope)
        server.shutdown()
    outlet.close()
    local.stores.close()
    ((method, headers, payload),) = came
    (push,) = operations("webhook")
    message = push.messages["webhookEvent"]
    own = {key: value for key, value in headers.items() if key.lower() not in HTTP_ITSELF}
    beside = {key: value for key, value in own.items() if not key.startswith("ce-")}
    attributes = {key: value for key, value in own.items() if key.startswith("ce-")}
    titled = {known.lower(): known for known in message["x-properties"]["properties"]}
    properties = {titled.get(key.lower(), key): value for key, value in beside.items()}
    seen = Seen("", payload, properties["Content-Type"], attributes, properties)
    assert method == push.settings["method"]
    assert [name for name, each in push.messages.items() if is_form(each, seen)] == ["webhookEvent"]


def as_json(data: bytes) -> bytes:
    """Another document that says the same."""
    identity = esmp.validate(data).identity
    assert identity is not None
    document = mappings.read(data, identity).document
    assert document is not None
    return canonical_json.dumps(replace(document, header=replace(document.header, mrid="TEST-AS-JSON")))


@pytest.mark.parametrize(
    "change",
    [
        {"address": "flexgate/v2/north/status"},
        {"content_type": "text/plain"},
        {"headers": {"baMessageId": "1"}},
        {"properties": {"ResponseTopic": "a"}},
        {"payload": b"away"},
        {"settings": {"qos": 0, "retain": True}},
    ],
)
def test_whatever_differs_is_seen(change: dict[str, Any]) -> None:
    good: dict[str, Any] = {
        "address": "flexgate/v1/north/status",
        "payload": b"online",
        "content_type": None,
        "headers": {},
        "properties": {},
        "settings": {"qos": 1, "retain": True},
    }
    wire: Any = SimpleNamespace(
        parameters={"prefix": "flexgate/v1", "tenant": "north"}, response_address=None
    )
    assert names_of("mqtt", Seen(**good), wire) == ["mqttStatus"]
    assert names_of("mqtt", Seen(**good | change), wire) == []
