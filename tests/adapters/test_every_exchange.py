"""Everybody sends and is answered, by every protocol: each party sends a granted document to the next, who
gets it by another protocol and answers; what no grant allows is refused for the same reason everywhere; a
receiver that does not answer is reported. One gateway for each role, with a real peer for each protocol.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

import esmp
import mappings
from gateway.delivery import DeliveryMonitor, ForwardingJob, monitor
from gateway.domain.document import (
    Acknowledgement,
    CanonicalDocument,
    DocumentHeader,
    DocumentKind,
    ReceivedDocument,
)
from gateway.domain.grant import Grant, Grants, any_of
from gateway.domain.party import CodedId, Role, eic_check_character
from gateway.domain.reason import Reason
from gateway.domain.role import TenantRole, held
from gateway.domain.route import Route, Routes
from gateway.intake.apply.forwarding import Forwarder
from gateway.intake.service.handling import Handler
from gateway.processes.acknowledgements import RecordAcknowledgements
from gateway.records.messages import outbox
from gateway.records.messages.outbox import OutboxState
from mappings import canonical_json
from tests.adapters.local_gateway import LocalGateway, Peer
from tests.adapters.peers import PEERS
from tests.adapters.peers.amqp10 import TYPES
from tests.intake.local_gateway import GATEWAY_ROLE, NOW, codes_of, tenant
from tests.intake.test_forwarding import addressed
from tests.patience import eventually
from tests.specimens import GATEWAY, RESERVE_BID_7_2

PROTOCOLS = ("rest", "folder", "mqtt", "amqp091", "ecp", "mades", "soap504-server", "soap504-client", "poll")
NEWCOMERS = (TenantRole.DSO, TenantRole.PROVIDER, TenantRole.METER_OPERATOR)
OUTSIDER = "outsider"
"""A platform, to which only a TSO may send anything."""
WITHIN = timedelta(hours=1)
"""How soon everybody is to acknowledge."""


def code_of(name: str) -> str:
    first = f"11XTEST-X-{[*PROTOCOLS, OUTSIDER].index(name):02}---"
    return first + eic_check_character(first)


def bids(mrid: str, sender: str, receiver: str) -> bytes:
    data = addressed(RESERVE_BID_7_2.data, code_of(sender), code_of(receiver))
    return data.replace(b"TEST-DOC-72", mrid.encode(), 1)


def answer_to(mrid: str, sender: str, receiver: str) -> bytes:
    """The Acknowledgement of a receiver that accepts."""
    by, to = (Role(CodedId(code_of(name)), "A46") for name in (receiver, sender))
    kind = DocumentKind.ACKNOWLEDGEMENT
    header = DocumentHeader(kind, "8.1", f"{mrid}-ACK", 1, None, None, by, to, NOW)
    return mappings.write(Acknowledgement(header, ReceivedDocument(mrid, 1), (Reason("A01"),)), "8.1").data


@dataclass
class Later:
    """The time at which answers are overdue."""

    def now(self) -> datetime:
        return NOW + 2 * WITHIN


@dataclass
class Exchange(LocalGateway):
    """The gateway of parties of one role, each behind a protocol of its own, and of an outsider."""

    role: TenantRole = field(kw_only=True)
    parties: Mapping[str, Peer] = field(kw_only=True)

    def __post_init__(self) -> None:
        self.peers = dict(self.parties)
        more = {"webhook_hosts": ("localhost",), "acknowledge_within": WITHIN}
        roles = dict.fromkeys(self.peers, self.role) | {OUTSIDER: TenantRole.PLATFORM}
        self.tenants = {
            name: replace(tenant(name, code_of(name)), roles=held(role), **more)
            for name, role in roles.items()
        }
        self.routes = Routes(
            tuple(Route(f"to-{name}", to=name, receiver=code_of(name)) for name in self.peers)
        )
        self.open_stores()
        self.forwarding = ForwardingJob(self.stores, self.tenants, self.routes, lambda _: None, self.clock)

    def handler(self) -> Handler:
        return Handler(
            self.stores,
            self.tenants,
            {DocumentKind.ACKNOWLEDGEMENT: RecordAcknowledgements(self.tenants)},
            GATEWAY_ROLE,
            self.clock,
            forwarder=Forwarder(self.routes, self.tenants, GATEWAY_ROLE),
            grants=Grants((Grant("among-us", any_of(self.role), any_of(self.role), "ReserveBid"),)),
        )

    def start(self, *, wait: bool = True) -> "Exchange":
        super().start(wait=wait)
        self.forwarding.start()
        return self

    def stop(self) -> None:
        self.forwarding.stop()
        super().stop()

    def documents(self, name: str) -> list[CanonicalDocument]:
        """What came to a party, by its protocol."""
        return [read(each.payload) for each in self.peers[name].received()]

    def answers(self, name: str, by: str) -> dict[str, Acknowledgement]:
        """Acknowledgements that came to a party from the one of a code, by the document they answer."""
        return {
            str(one.received.mrid): one
            for one in self.documents(name)
            if isinstance(one, Acknowledgement) and one.header.sender.party.code == by
        }

    def is_delivered(self, name: str, mrid: str) -> bool:
        with self.stores.of(name).reading() as uow:
            sent = [one for one in outbox.after(uow, 0, 100) if one.kind == "ReserveBid"]
            payloads = {one.id: outbox.payload_of(uow, one.id) or b"" for one in sent}
        return any(mrid.encode() in payloads[one.id] and one.state is OutboxState.DELIVERED for one in sent)


def read(payload: bytes) -> CanonicalDocument:
    report = esmp.validate(payload)
    assert report.findings == ()
    assert report.identity is not None
    document = mappings.read(payload, report.identity).document
    assert document is not None
    return document


@pytest.fixture
def exchange(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Exchange]:
    monkeypatch.setattr("gateway.delivery.dispatcher.POLL_S", 0.02)
    monkeypatch.setattr("gateway.delivery.dispatcher.SHUT_S", 0.02)
    with ExitStack() as stack:
        parties = {}
        for name in (*PROTOCOLS, OUTSIDER):
            directory = tmp_path / name
            directory.mkdir()
            peer = stack.enter_context(PEERS["folder" if name == OUTSIDER else name](directory))
            peer.tenant = name
            if name in ("ecp", "mades"):
                peer.more["message_types"] = {**TYPES, "ReserveBid": "TEST-FORWARDED"}  # type: ignore[attr-defined]
            parties[name] = peer
        built = Exchange(tmp_path, parties["rest"], role=request.param, parties=parties)
        yield built.start()
        built.stop()


NEXT = dict(zip(PROTOCOLS, (*PROTOCOLS[1:], PROTOCOLS[0]), strict=True))
"""To whom each sends."""


@pytest.mark.services
@pytest.mark.feature(id="C13")
@pytest.mark.parametrize("exchange", [*NEWCOMERS, TenantRole.TSO], indirect=True)
def test_everybody_sends_and_is_answered(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    for sender, receiver in NEXT.items():
        for count in (1, 2):
            exchange.peers[sender].send(bids(f"TEST-{sender}-{count}", sender, receiver))
    for sender, receiver in NEXT.items():
        came = {f"TEST-{sender}-{count}" for count in (1, 2)}
        eventually(
            lambda receiver=receiver, came=came: (
                came <= {document.header.mrid for document in exchange.documents(receiver)}
            ),
            f"what {sender} sent to {receiver}",
        )
        sent = read(bids(f"TEST-{sender}-1", sender, receiver))
        (same,) = (one for one in exchange.documents(receiver) if one.header.mrid == sent.header.mrid)
        assert canonical_json.canonical_hash(same) == canonical_json.canonical_hash(sent)
        exchange.peers[receiver].send(answer_to(f"TEST-{sender}-1", sender, receiver))
    for sender, receiver in NEXT.items():
        eventually(
            lambda sender=sender, receiver=receiver: exchange.answers(sender, code_of(receiver)),
            f"the answer of {receiver} to {sender}",
        )
        answers = exchange.answers(sender, code_of(receiver))
        assert {mrid: codes_of(one) for mrid, one in answers.items()} == {f"TEST-{sender}-1": ["A01"]}
        taken = exchange.answers(sender, GATEWAY)
        assert {mrid: codes_of(one)[0] for mrid, one in taken.items()} == {
            f"TEST-{sender}-{count}": "A01" for count in (1, 2)
        }
        assert exchange.peers[sender].refusals() == []

    eventually(lambda: all(exchange.is_delivered(NEXT[name], f"TEST-{name}-2") for name in NEXT))
    monkeypatch.setattr(monitor, "_log", structlog.get_logger())  # others may have configured it otherwise
    with capture_logs() as logs:
        DeliveryMonitor(exchange.stores, exchange.tenants, Later()).look()
    overdue = [(one["tenant"], one["kind"]) for one in logs if one["event"] == "acknowledgement overdue"]
    assert sorted(overdue) == sorted((name, "ReserveBid") for name in PROTOCOLS), "of the second one each"


@pytest.mark.services
@pytest.mark.parametrize("exchange", NEWCOMERS, indirect=True)
def test_without_a_grant_all_are_refused_for_the_same_reason(exchange: Exchange) -> None:
    for sender in PROTOCOLS:
        exchange.peers[sender].send(bids(f"TEST-{sender}", sender, OUTSIDER))
    reasons = set()
    for sender in PROTOCOLS:
        eventually(lambda sender=sender: exchange.answers(sender, GATEWAY), f"the refusal to {sender}")
        (refusal,) = exchange.answers(sender, GATEWAY).values()
        name = exchange.tenants[sender].name
        texts = [(reason.text or "").replace(name, "NAME") for reason in refusal.reasons]
        reasons.add((*codes_of(refusal), *texts))
    ((first, code, _, why),) = reasons
    assert (first, code) == ("A02", "A05")
    assert why.startswith(f"no grant lets NAME send ReserveBid documents to {code_of(OUTSIDER)} (")
    assert exchange.documents(OUTSIDER) == []


@pytest.mark.services
@pytest.mark.parametrize("exchange", [TenantRole.TSO], indirect=True)
def test_a_tso_needs_no_grant(exchange: Exchange) -> None:
    for sender in PROTOCOLS:
        exchange.peers[sender].send(bids(f"TEST-{sender}", sender, OUTSIDER))
    eventually(lambda: len(exchange.documents(OUTSIDER)) == len(PROTOCOLS), "what everybody sent")
    assert {one.header.mrid for one in exchange.documents(OUTSIDER)} == {f"TEST-{name}" for name in PROTOCOLS}
