"""Published ReserveBid 7.2 samples over HTTP: valid ones accepted, others refused by element and line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from lxml import etree

from gateway.demo.eic import eic
from gateway.records.engine.stores import Stores
from gateway.records.messages import inbox
from tests.e2e.running import Member, Running, json_of
from tests.e2e.test_bid_check import published
from tests.e2e.world import GRID, gate
from tests.shared import STANDARDS
from tests.specimens import GATEWAY

pytestmark = pytest.mark.shared

NAMESPACE = b"reservebiddocument:7:2"


@dataclass(frozen=True)
class Sample:
    """A published document and what its sender's market would know of it."""

    tenant: str
    data: bytes
    valid: bool

    def texts(self, name: str) -> list[etree._Element]:
        found: list[etree._Element] = etree.fromstring(self.data).xpath("//*[local-name()=$name]", name=name)
        return found

    def first(self, name: str) -> str:
        return self.texts(name)[0].text or ""

    @property
    def member(self) -> Member:
        sender = self.texts("sender_MarketParticipant.mRID")[0]
        return Member(self.tenant, "platform", ((sender.text or "", sender.get("codingScheme", "A01")),))


def samples() -> list[Sample]:
    schema = published("iec62325-451-7-reservebiddocument_v7_2.xsd")
    files = sorted((STANDARDS / "esmp" / "samples").rglob("*.xml"))
    found = [data for file in files if NAMESPACE in (data := file.read_bytes())[:2000]]
    addressed = [between(data, eic(f"11XTEST-{number:02}"), GATEWAY) for number, data in enumerate(found)]
    return [
        Sample(f"platform-{number}", data, schema.validate(etree.fromstring(data)))
        for number, data in enumerate(addressed)
    ]


def between(data: bytes, sender: str, receiver: str) -> bytes:
    """A document with another sender and receiver: no two tenants have the same code, and what is for
    somebody else is refused."""
    for role, code in (("sender", sender), ("receiver", receiver)):
        party = rb"(<(?:\w+:)?%s_MarketParticipant\.mRID)[^>]*>[^<]*" % role.encode()
        data, count = re.subn(party, rb'\1 codingScheme="A01">' + code.encode(), data)
        assert count == 1
    return data


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, list[Sample]]]:
    """A platform per sample, because some have the same mRID; a gate for each, and every unit they name."""
    known = samples()
    operators = [Member("dso", "dso"), Member("tso", "tso"), Member("operator", "operator")]
    members = [*(sample.member for sample in known), *operators]
    with Running(tmp_path_factory.mktemp("market"), members) as running:
        open_for(running, known)
        yield running, known


def open_for(running: Running, known: list[Sample]) -> None:
    operator = running.as_("operator")
    for sample in known:
        definition = gate(
            f"gate-{sample.tenant}",
            [sample.tenant],
            process=sample.first("process.processType"),
            currency=sample.first("currency_Unit.name"),
            delivery={"start": sample.first("start"), "end": sample.first("end")},
            opens_at="2000-01-01T00:00:00Z",
        )
        json_of(operator.post("/v1/gates", json=definition), 201)
    units = {unit.text or "" for sample in known for unit in sample.texts("registeredResource.mRID")}
    connections = {unit: [{"grid_id": GRID, "node": "n1"}] for unit in units}
    json_of(running.as_("tso").put("/v1/resources", json={"connections": connections}))


def test_samples_are_settled_as_the_published_schema_judges_them(
    market: tuple[Running, list[Sample]],
) -> None:
    running, known = market
    acknowledgements = published("iec62325-451-1-acknowledgement_v8_1.xsd")
    verdicts = []
    for sample in known:
        seen, acknowledgement = running.hand_in(running.as_(sample.tenant), sample.data)
        verdicts.append((sample.valid, seen["state"]))
        answer = etree.fromstring(acknowledgement)
        assert acknowledgements.validate(answer), acknowledgements.error_log
        texts = " ".join(answer.xpath("//*[local-name()='text']/text()"))
        if sample.valid:
            assert seen["state"] == "accepted", (seen["findings"], texts)
            continue
        assert seen["state"] == "refused"
        for finding in seen["findings"]:
            assert finding["path"].rsplit("/", 1)[-1].partition("[")[0] in texts
            assert f"line {finding['line']}" in texts
        stores = Stores(running.directory / "data" / "stores", [sample.tenant])
        with stores.of(sample.tenant).reading() as uow:
            assert inbox.payload_of(uow, seen["document_id"]) == sample.data
        stores.close()
    assert len([valid for valid, _ in verdicts if valid]) >= 8
    assert len(verdicts) >= 10
