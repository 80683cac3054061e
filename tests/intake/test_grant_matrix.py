"""Every family × every sender's role × the gateway and every receiver's role, by the default grants, through
the examination of the document and its route."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from lxml import etree

from esmp.profiles import profiles
from gateway.domain.envelope import Envelope
from gateway.domain.grant import Grant, Grants, any_of
from gateway.domain.party import CodedId, eic_check_character
from gateway.domain.role import TenantRole, held
from gateway.domain.route import Route, Routes
from gateway.domain.tenant import Tenant
from gateway.intake.apply.forwarding import Forwarder
from gateway.intake.service.handling import Handler
from gateway.records.engine.stores import Stores
from tests.intake.local_gateway import GATEWAY_ROLE, NOW, Clock
from tests.specimens import GATEWAY

DOCUMENTS: Final = Path(__file__).parents[2] / "examples" / "documents"
SENDERS: Final = ("platform", "tso", "dso", "provider", "meter-operator")
RECEIVERS: Final = ("gateway", *SENDERS)

# y allowed; - refused with A05 for want of a grant; ! with A05, for the gateway takes none of this sender.
# Columns of a group: the gateway, and by a route a platform, tso, dso, provider, meter operator.
TABLE: Final = """
                          platform  tso     dso     provider  meter-operator
Acknowledgement           yyyyyy    yyyyyy  yyyyyy  yyyyyy    yyyyyy
Activation                yyyyyy    yyyyyy  !-----  !-----    !-----
BidAvailability           yyyyyy    yyyyyy  !-----  !-----    !-----
ConstraintNetworkElement  yyyyyy    yyyyyy  ------  ------    ------
EnergyAccount             yyyyyy    yyyyyy  ------  ------    ------
HistoricalActivation      yyyyyy    yyyyyy  ------  ------    ------
MeritOrderList            yyyyyy    yyyyyy  !-----  !-----    !-----
PlannedResourceSchedule   yyyyyy    yyyyyy  !-----  !-----    !-----
ProblemStatement          yyyyyy    yyyyyy  ------  ------    ------
Redispatch                yyyyyy    yyyyyy  ------  ------    ------
ReserveAllocationResult   yyyyyy    yyyyyy  !-----  !-----    !-----
ReserveBid                yyyyyy    yyyyyy  !-----  !-----    !-----
ResourceMapping           yyyyyy    yyyyyy  !-----  !-----    !-----
StatusRequest             yyyyyy    yyyyyy  !-----  !-----    !-----
"""
EXPECTED: Final = {
    family: dict(zip(SENDERS, groups, strict=True))
    for family, *groups in (line.split() for line in TABLE.strip().splitlines()[1:])
}
FAMILIES: Final = {str(profile.family): profile.version for profile in profiles()}
"""The newest version of each family."""


def code_of(name: str) -> str:
    first = f"11XTEST-{name[:6].upper().replace('-', '')}".ljust(15, "-")
    return first + eic_check_character(first)


def _tenant(role: str, *, receives: bool) -> Tenant:
    name = f"to-{role}" if receives else f"from-{role}"
    code = code_of(f"R{role}" if receives else role)
    return Tenant(name, held(TenantRole(role)), f"Company {name}", (CodedId(code),), party_role="A46")


TENANTS: Final = {
    one.tenant_id: one
    for role in SENDERS
    for one in (_tenant(role, receives=True), _tenant(role, receives=False))
}
ROUTES: Final = Routes(
    tuple(
        Route(f"to-{role}", to=f"to-{role}", receiver=TENANTS[f"to-{role}"].parties[0].code)
        for role in SENDERS
    )
)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    new = Stores(tmp_path_factory.mktemp("stores"), TENANTS)
    yield new
    new.close()


def handler_with(stores: Stores, *grants: Grant) -> Handler:
    forwarder = Forwarder(ROUTES, TENANTS, GATEWAY_ROLE)
    return Handler(stores, TENANTS, {}, GATEWAY_ROLE, Clock(), forwarder=forwarder, grants=Grants(grants))


def document(family: str, sender: str, receiver: str) -> bytes:
    root = etree.fromstring((DOCUMENTS / f"{family}-{FAMILIES[family]}.xml").read_bytes())
    to = GATEWAY if receiver == "gateway" else TENANTS[f"to-{receiver}"].parties[0].code
    for part, code in (("sender", TENANTS[f"from-{sender}"].parties[0].code), ("receiver", to)):
        (element,) = root.findall(f"{{*}}{part}_MarketParticipant.mRID")
        element.text = code
    (created,) = root.findall("{*}createdDateTime")
    created.text = f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
    return etree.tostring(root)


def letter(handler: Handler, family: str, sender: str, receiver: str) -> str:
    """How a document is answered, by its grant alone."""
    data = document(family, sender, receiver)
    prepared = handler.prepare(Envelope(f"from-{sender}", "test", "m", "application/xml", NOW, data))
    assert prepared.examination.family == family
    assert prepared.examination.label is not None, prepared.examination.findings
    # Answers go back the way of what they answer, by no route.
    is_routed = receiver != "gateway" and family != "Acknowledgement"
    assert (prepared.forwarding is not None) is is_routed
    if prepared.refusal is None:
        return "y"
    assert prepared.refusal.code == "A05"
    assert f"Company to-{receiver}" not in prepared.refusal.message
    return "!" if prepared.refusal.message.startswith("the gateway does not take") else "-"


def test_every_family_has_a_row() -> None:
    assert list(EXPECTED) == sorted(FAMILIES)


@pytest.mark.feature(id="C13")
@pytest.mark.parametrize("family", EXPECTED)
def test_row(stores: Stores, family: str) -> None:
    handler = handler_with(stores)
    found = {
        sender: "".join(letter(handler, family, sender, receiver) for receiver in RECEIVERS)
        for sender in SENDERS
    }
    assert found == EXPECTED[family]


@pytest.mark.parametrize("sender", ["dso", "provider", "meter-operator"])
@pytest.mark.parametrize("receiver", SENDERS)
def test_a_grant_opens_one_cell(stores: Stores, sender: str, receiver: str) -> None:
    grant = Grant("g", any_of(TenantRole(sender)), any_of(TenantRole(receiver)), "Redispatch")
    handler = handler_with(stores, grant)
    opened = "".join("y" if each == receiver else "-" for each in RECEIVERS)
    assert "".join(letter(handler, "Redispatch", sender, each) for each in RECEIVERS) == opened
    assert letter(handler, "EnergyAccount", sender, receiver) == "-"
    other = "provider" if sender != "provider" else "dso"
    assert letter(handler, "Redispatch", other, receiver) == "-"
