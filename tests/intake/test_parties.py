"""Who may say what: roles that have a part in reserve markets, and none in another platform's name."""

from dataclasses import replace

import pytest

from gateway.domain.activation import ActivatedSeries, Activation
from gateway.domain.bid import BidTerm, Direction
from gateway.domain.bids import SimpleBid, bids_from
from gateway.domain.document import DocumentHeader, DocumentKind, ReserveBids
from gateway.domain.party import CodedId, Role
from gateway.domain.reason import ReasonCode
from gateway.domain.schedule import PlannedSeries, ResourceSchedule, UnavailableSeries
from gateway.intake.check.parties import party_findings, platforms_of
from tests.intake.local_gateway import GATEWAY_ROLE, NOW, TENANTS
from tests.intake.test_rules import DAY, START
from tests.placing import path_of
from tests.specimens import AREA, NORTH, SOUTH

PLATFORMS = platforms_of({name: TENANTS[name] for name in ("north", "south")})


def document(
    sender: str | None = "A46",
    receiver: str | None = "A34",
    subject: Role | None = None,
    provider: str = "11XTEST-SELLER-G",
) -> ReserveBids:
    header = DocumentHeader(
        DocumentKind.RESERVE_BID,
        "7.4",
        "TEST-DOC",
        1,
        "A37",
        "A47",
        Role(CodedId(NORTH), sender),
        Role(GATEWAY_ROLE.party, receiver),
        NOW,
    )
    terms = {BidTerm.PROVIDER: provider, BidTerm.PROVIDER_SCHEME: "A01"}
    points = [(5.0, 1.0, 40.0)]
    one = SimpleBid("b1", Direction.UP, True, int(START.timestamp()), 900, "PT15M", points, terms)
    return ReserveBids(header, DAY, CodedId(AREA), subject, bids_from([one]))


def found(sent: ReserveBids) -> list[tuple[ReasonCode, str | None, str | None]]:
    findings = party_findings(sent, TENANTS["north"], PLATFORMS, GATEWAY_ROLE)
    return [(one.code, path_of(one, DocumentKind.RESERVE_BID), one.series) for one in findings]


@pytest.mark.parametrize("sender", ["A46", "A39", "A45", "A27", "A08", "A11", "A04", None])
@pytest.mark.parametrize("receiver", ["A34", "A04", "A35", None])
def test_roles_that_markets_ask_for_are_taken(sender: str | None, receiver: str | None) -> None:
    seller = Role(CodedId("11XTEST-SELLER-G"), "A46")
    assert found(document(sender, receiver, seller)) == []


@pytest.mark.parametrize(
    ("sent", "code", "path"),
    [
        (document("A43"), ReasonCode.SENDER_INVALID, "sender_MarketParticipant.marketRole.type"),
        (document("A10"), ReasonCode.SENDER_INVALID, "sender_MarketParticipant.marketRole.type"),
        (
            document(receiver="A46"),
            ReasonCode.RECEIVER_INCORRECT,
            "receiver_MarketParticipant.marketRole.type",
        ),
        (
            document(receiver="A43"),
            ReasonCode.RECEIVER_INCORRECT,
            "receiver_MarketParticipant.marketRole.type",
        ),
        (
            document(subject=Role(CodedId(NORTH), "A40")),
            ReasonCode.SENDER_INVALID,
            "subject_MarketParticipant.marketRole.type",
        ),
        (
            document(subject=Role(CodedId(SOUTH), "A46")),
            ReasonCode.SENDER_WITHOUT_CONTRACT,
            "subject_MarketParticipant.mRID",
        ),
    ],
)
def test_a_party_out_of_place_refuses_the_document(sent: ReserveBids, code: ReasonCode, path: str) -> None:
    assert found(sent) == [(code, path, None)]


def test_bids_in_the_name_of_another_platform_are_refused() -> None:
    path = "provider_MarketParticipant.mRID"
    assert found(document(provider=SOUTH)) == [(ReasonCode.SENDER_WITHOUT_CONTRACT, path, "b1")]
    assert found(document(provider=NORTH)) == []


def test_a_party_under_another_coding_scheme_is_another() -> None:
    path = "subject_MarketParticipant.mRID"
    for code in (NORTH, SOUTH):
        subject = Role(CodedId(code, "A10"), "A46")
        assert found(document(subject=subject)) == [(ReasonCode.SENDER_INVALID, path, None)]
    assert found(document(subject=Role(CodedId("11XTEST-SELLER-H", "A10"), "A46"))) == []


@pytest.mark.parametrize(
    ("provider", "codes"),
    [
        (CodedId(SOUTH), [ReasonCode.SENDER_WITHOUT_CONTRACT]),
        (CodedId(NORTH, "NSE"), [ReasonCode.SENDER_INVALID]),
        (CodedId(NORTH), []),
        (CodedId("11XTEST-SELLER-G"), []),
    ],
)
def test_providers_of_schedules_and_activations(provider: CodedId, codes: list[ReasonCode]) -> None:
    header, area = document().header, CodedId(AREA)
    plan = PlannedSeries("s1", "A01", "8716867000016", area, provider, ())
    cut = UnavailableSeries("s1", "A01", "8716867000016", area, area, provider, ())
    order = ActivatedSeries("s1", provider, "A97", area, area, Direction.UP, "A10")
    path = "resourceProvider_MarketParticipant.mRID"
    for sent in (
        ResourceSchedule(header, DAY, area, None, (plan,)),
        ResourceSchedule(header, DAY, area, None, (), (cut,)),
        Activation(header, DAY, area, None, None, (order,)),
    ):
        findings = party_findings(sent, TENANTS["north"], PLATFORMS, GATEWAY_ROLE)
        assert [(one.code, path_of(one, DocumentKind.ACTIVATION), one.series) for one in findings] == [
            (code, path, "s1") for code in codes
        ]


@pytest.mark.parametrize(
    ("provider", "message"),
    [
        (CodedId("any text"), "provider 'any text' is no EIC (coding scheme A01: 16 of 0-9, A-Z and -)"),
        (CodedId("11XTEST-SELLER-"), "provider '11XTEST-SELLER-' is no EIC"),
        (CodedId("11xtest-seller-g"), "is no EIC"),
        (CodedId("11XTEST-SELLER-\u00a0"), "is no EIC"),
        (CodedId("11XTEST-SELLER-G", "A10"), "is no GS1 number (coding scheme A10: 13 or 18 digits)"),
        (CodedId("73599901", "A10"), "is no GS1 number"),
        (CodedId("7\u0663" + "0" * 11, "A10"), "is no GS1 number"),
        (CodedId("SELLER\u00a01", "NDE"), "has invisible characters"),
        (CodedId("SELLER\u200b1", "NSE"), "has invisible characters"),
        (CodedId("7359991234567", "A10"), None),
        (CodedId("735999123456789012", "A10"), None),
        (CodedId("Säljare 1", "NSE"), None),
        (CodedId("11XTEST-SELLER-Z"), None),
    ],
)
def test_a_provider_has_a_code_of_its_coding_scheme(provider: CodedId, message: str | None) -> None:
    header, area = document().header, CodedId(AREA)
    plan = PlannedSeries("s1", "A01", "8716867000016", area, provider, ())
    order = ActivatedSeries("s1", provider, "A97", area, area, Direction.UP, "A10")
    bids = document(provider=provider.code).bids
    bids = replace(bids, terms={**bids.terms, BidTerm.PROVIDER_SCHEME: (provider.scheme,)})
    for sent in (
        ResourceSchedule(header, DAY, area, None, (plan,)),
        Activation(header, DAY, area, None, None, (order,)),
        replace(document(), bids=bids),
    ):
        found = list(party_findings(sent, TENANTS["north"], PLATFORMS, GATEWAY_ROLE))
        assert [one.code for one in found] == ([] if message is None else [ReasonCode.SENDER_INVALID])
        assert all(message in one.message for one in found if message is not None)


def test_a_provider_is_no_subject_of_another_scheme() -> None:
    seller = "11XTEST-SELLER-G"
    path = "provider_MarketParticipant.mRID"
    for scheme, codes in (("A01", []), ("A10", [(ReasonCode.SENDER_INVALID, path, "b1")])):
        assert found(document(subject=Role(CodedId(seller, scheme), "A46"), provider=seller)) == codes


def test_the_roles_agreed_for_tenant_and_gateway_are_taken() -> None:
    odd = replace(TENANTS["north"], party_role="A33")
    gateway = Role(GATEWAY_ROLE.party, "A44")
    assert list(party_findings(document("A33", "A44"), odd, PLATFORMS, gateway)) == []
