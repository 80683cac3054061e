"""The 41 exchanges of OneNet's demonstrators by configuration alone: five parties, grants, routes, and small
schemas for families that we have not.

Each document goes in over REST, is accepted, routed, fetched by its receiver and acknowledged back to its
sender. Without its grant it is refused, where its sender needs one.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from lxml import etree

import esmp
import mappings
from esmp.codes import code_set
from esmp.profiles import profiles
from esmp.sample_documents import specimen
from gateway.domain.document import Acknowledgement, DocumentHeader, DocumentKind, ReceivedDocument
from gateway.domain.grant import Missing
from gateway.domain.party import CodedId, Role, eic_check_character
from gateway.domain.reason import Reason
from gateway.settings import read_settings
from tests.e2e.running import Member, Running, json_of
from tests.e2e.test_schema_sets import flexgate
from tests.shared import SHARED
from tests.specimens import MERIT_ORDER_LIST_7_3

FLOWS = SHARED / "flows" / "onenet41.tsv"
SAMPLES = Path(__file__).parents[2] / "gateway" / "cli" / "samples"
XML = {"Content-Type": "application/xml"}

ROLES = {"MO": "platform", "DSO": "dso", "TSO": "tso", "FSP": "provider", "DER": "provider"}
NEEDS_GRANTS = frozenset({"DSO", "FSP", "DER"})
OURS = {
    "Activation": "Activation",
    "FlexibilityOffer": "ReserveBid",
    "SelectedBids": "MeritOrderList",
    "Settlement": "EnergyAccount",
}
"""Actions that a family of ours stands for; each of the others gets a schema of its name."""

SCHEMA = """<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:cl="urn:entsoe.eu:wgedi:codelists"
  xmlns="{namespace}" targetNamespace="{namespace}" elementFormDefault="qualified">
  <xs:import namespace="urn:entsoe.eu:wgedi:codelists" schemaLocation="codelists.xsd"/>
  <xs:element name="{family}_MarketDocument" type="{family}_MarketDocument"/>
  <xs:simpleType name="Id">
    <xs:restriction base="xs:string"><xs:maxLength value="60"/></xs:restriction>
  </xs:simpleType>
  <xs:simpleType name="Code">
    <xs:restriction base="xs:string"><xs:maxLength value="16"/></xs:restriction>
  </xs:simpleType>
  <xs:complexType name="Party">
    <xs:simpleContent>
      <xs:extension base="Code">
        <xs:attribute name="codingScheme" type="cl:CodingSchemeTypeList" use="required"/>
      </xs:extension>
    </xs:simpleContent>
  </xs:complexType>
  <xs:complexType name="{family}_MarketDocument">
    <xs:sequence>
      <xs:element name="mRID" type="Id"/>
      <xs:element name="createdDateTime" type="xs:dateTime"/>
      <xs:element name="sender_MarketParticipant.mRID" type="Party"/>
      <xs:element name="receiver_MarketParticipant.mRID" type="Party"/>
      <xs:element name="value" type="xs:decimal" maxOccurs="unbounded"/>
    </xs:sequence>
  </xs:complexType>
</xs:schema>
"""
DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<{family}_MarketDocument xmlns="{namespace}">
  <mRID>TEST</mRID>
  <createdDateTime>2026-02-28T10:15:30Z</createdDateTime>
  <sender_MarketParticipant.mRID codingScheme="A01">TEST</sender_MarketParticipant.mRID>
  <receiver_MarketParticipant.mRID codingScheme="A01">TEST</receiver_MarketParticipant.mRID>
  <value>4.25</value>
</{family}_MarketDocument>
"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A row: one party sends the other a document in a use case."""

    number: int
    use_case: str
    sender: str
    receiver: str
    action: str

    @property
    def family(self) -> str:
        return OURS.get(self.action, self.action)

    @property
    def mrid(self) -> str:
        return f"TEST-{self.number}"

    @property
    def name(self) -> str:
        """Of its grant and its route, which exchanges of the same family share."""
        return f"{self.sender}-{self.receiver}-{self.family}".lower()

    @property
    def data(self) -> bytes:
        return addressed(template(self.family), self.mrid, code_of(self.sender), code_of(self.receiver))


def exchanges() -> list[Exchange]:
    if not FLOWS.exists():
        pytest.skip(f"{FLOWS} is not there")
    with FLOWS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        Exchange(number, row["use_case"], row["from"], row["to"], row["action"])
        for number, row in enumerate(rows, 1)
    ]


def code_of(party: str) -> str:
    first = f"11XTEST-NET-{party}".ljust(15, "-")
    return first + eic_check_character(first)


def namespace_of(family: str) -> str:
    return f"urn:test:onenet:{family.lower()}document:1:0"


def template(family: str) -> bytes:
    """A valid document of a family."""
    match family:
        case "Activation":
            return (SAMPLES / "activation.xml").read_bytes()
        case "ReserveBid":
            return (SAMPLES / "bids.xml").read_bytes()
        case "MeritOrderList":
            return MERIT_ORDER_LIST_7_3.data
        case "EnergyAccount":
            profile = next(each for each in profiles() if (each.family, each.version) == (family, "4.2"))
            return etree.tostring(specimen(profile, code_set(), full=False, series=1))
        case _:
            return DOCUMENT.format(family=family, namespace=namespace_of(family)).encode()


def addressed(data: bytes, mrid: str, sender: str, receiver: str) -> bytes:
    root = etree.fromstring(data)
    for path, value in (
        ("{*}mRID", mrid),
        ("{*}createdDateTime", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"),
        ("{*}sender_MarketParticipant.mRID", sender),
        ("{*}receiver_MarketParticipant.mRID", receiver),
    ):
        element = root.find(path)
        assert element is not None, path
        element.text = value
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def acknowledgement(exchange: Exchange) -> bytes:
    """The answer of a receiver that accepts."""
    sender, receiver = (Role(CodedId(code_of(one)), "A46") for one in (exchange.receiver, exchange.sender))
    now = datetime.now(UTC).replace(microsecond=0)
    mrid = f"TEST-ACK-{exchange.number}"
    header = DocumentHeader(DocumentKind.ACKNOWLEDGEMENT, "8.1", mrid, 1, None, None, sender, receiver, now)
    received = ReceivedDocument(exchange.mrid, 1)
    return mappings.write(Acknowledgement(header, received, (Reason("A01"),)), "8.1").data


def grant_of(exchange: Exchange) -> str:
    sender, receiver = exchange.sender.lower(), exchange.receiver.lower()
    return f'[grants.{exchange.name}]\nfrom = "{sender}-1"\nto = "{receiver}-1"\nkind = "{exchange.family}"\n'


def route_of(exchange: Exchange) -> str:
    return (
        f'[routes.{exchange.name}]\nsender = "{code_of(exchange.sender)}"\n'
        f'receiver = "{code_of(exchange.receiver)}"\nkind = "{exchange.family}"\n'
        f'to = "{exchange.receiver.lower()}-1"\n'
    )


def open_route_of(exchange: Exchange) -> str:
    """To whom a document goes, whoever sends it: it needs no grant to be in order."""
    return (
        f"[routes.{exchange.receiver.lower()}-{exchange.family.lower()}]\n"
        f'receiver = "{code_of(exchange.receiver)}"\nkind = "{exchange.family}"\n'
        f'to = "{exchange.receiver.lower()}-1"\n'
    )


def gateway_with(directory: Path, tables: set[str]) -> Running:
    """A gateway with the five parties and the schemas that we have not."""
    members = [Member(f"{party.lower()}-1", role, [(code_of(party), "A01")]) for party, role in ROLES.items()]
    added = directory / "onenet"
    added.mkdir(parents=True)
    for family in sorted({one.family for one in exchanges()} - set(OURS.values())):
        schema = SCHEMA.format(family=family, namespace=namespace_of(family))
        (added / f"{family.lower()}.xsd").write_text(schema, "utf-8")
    gateway = Running(directory / "gateway", members)
    flexgate("formats", "add", added, "--config", gateway.configuration)
    with gateway.configuration.open("a", encoding="utf-8") as settings:
        settings.write("\n".join(sorted(tables)))
    return gateway


def granted(rows: list[Exchange]) -> set[str]:
    return {grant_of(one) for one in rows if one.sender in NEEDS_GRANTS}


@dataclass(frozen=True, slots=True)
class Parties:
    """A client for each party."""

    clients: dict[str, httpx2.Client]

    @classmethod
    def of(cls, gateway: Running) -> "Parties":
        return cls({party: gateway.as_(f"{party.lower()}-1") for party in ROLES})

    def __getitem__(self, party: str) -> httpx2.Client:
        return self.clients[party]

    def messages(self, party: str) -> Iterator[dict[str, object]]:
        yield from json_of(self[party].get("/v1/outbox?limit=1000"))["messages"]


@pytest.mark.feature(id="C13")
def test_every_exchange_goes_there_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = exchanges()
    assert len(rows) == 41
    tables = {route_of(one) for one in rows} | granted(rows)
    lines = []
    with gateway_with(tmp_path, tables) as gateway:
        parties = Parties.of(gateway)
        for one in rows:
            data = one.data
            seen, _ = gateway.hand_in(parties[one.sender], data)
            assert (one, seen["state"], seen["findings"]) == (one, "accepted", [])
            assert seen["forwarding"]["route"] == one.name

            def arrived(one: Exchange = one) -> list[dict[str, object]]:
                return [each for each in parties.messages(one.receiver) if each["mrid"] == one.mrid]

            (message,) = gateway.until(arrived, f"{one} to arrive")
            assert message["acknowledgement"] == {"state": "awaited", "codes": [], "answered_at": None}
            receiver = parties[one.receiver]
            assert receiver.get(f"/v1/outbox/{message['id']}").content == data
            assert receiver.post(f"/v1/outbox/{message['id']}/confirm").status_code == 204
            taken, _ = answered(gateway, receiver, acknowledgement(one))
            assert (one, taken["state"]) == (one, "accepted")
            (message,) = arrived()
            assert message["acknowledgement"]["state"] == "accepted"  # type: ignore[index]
            gateway.until(lambda one=one: acknowledged(parties, one), f"the answer to {one}")
            lines.append(
                f"{one.number:2} {one.use_case:9} {one.sender:3} -> {one.receiver:3} {one.action:23} "
                f"{one.family:23} {one.name if one.sender in NEEDS_GRANTS else 'by default'}"
            )
    with capsys.disabled():
        print("", *lines, f"{len(lines)} of 41", sep="\n")


def answered(gateway: Running, client: httpx2.Client, data: bytes) -> tuple[dict[str, object], str]:
    answer = client.post("/v1/documents", content=data, headers=XML)
    location = answer.headers["location"]
    return gateway.settled(client, location), location


def acknowledged(parties: Parties, one: Exchange) -> bool:
    """Whether the sender has the receiver's answer, besides that of the gateway."""
    for message in parties.messages(one.sender):
        if message["kind"] != "Acknowledgement":
            continue
        payload = parties[one.sender].get(f"/v1/outbox/{message['id']}").content
        report = esmp.validate(payload)
        assert report.identity is not None
        document = mappings.read(payload, report.identity).document
        assert isinstance(document, Acknowledgement)
        if (document.received.mrid, document.header.sender.party.code) == (one.mrid, code_of(one.receiver)):
            return [reason.code for reason in document.reasons] == ["A01"]
    return False


@pytest.mark.feature(id="C13")
def test_without_grants_it_is_refused(tmp_path: Path) -> None:
    """By the same routes; of a platform and a TSO no grant is needed."""
    rows = exchanges()
    refused = 0
    with gateway_with(tmp_path, {open_route_of(one) for one in rows}) as gateway:
        parties = Parties.of(gateway)
        for one in rows:
            seen, answer = gateway.hand_in(parties[one.sender], one.data)
            if one.sender not in NEEDS_GRANTS:
                assert (one, seen["state"]) == (one, "accepted")
                continue
            refused += 1
            assert (one, seen["state"]) == (one, "refused")
            (finding,) = seen["findings"]
            assert finding["code"] == "A05"
            assert f"send {one.family} documents to {code_of(one.receiver)}" in finding["message"]
            assert b"A05" in answer
        defaults = {one.mrid for one in rows if one.sender not in NEEDS_GRANTS}
        gateway.until(
            lambda: (
                defaults
                == {
                    each["mrid"]
                    for party in ROLES
                    for each in parties.messages(party)
                    if each["kind"] != "Acknowledgement"
                }
            ),
            "what needs no grant, and nothing else",
        )
    assert refused == sum(one.sender in NEEDS_GRANTS for one in rows) > 0


def test_each_grant_is_needed(tmp_path: Path) -> None:
    """All but one do not allow what that one allows."""
    rows = exchanges()
    routes = {open_route_of(one) for one in rows}
    gateway = gateway_with(tmp_path, routes)
    before = gateway.configuration.read_text("utf-8")
    for one in rows:
        if one.sender not in NEEDS_GRANTS:
            continue
        without = granted(rows) - {grant_of(one)}
        gateway.configuration.write_text("\n".join([before, *sorted(without)]), "utf-8")
        settings = read_settings(gateway.configuration)
        sender, receiver = (settings.tenants[f"{name.lower()}-1"] for name in (one.sender, one.receiver))
        assert settings.grants.missing(one.family, sender, receiver) is Missing.GRANT
