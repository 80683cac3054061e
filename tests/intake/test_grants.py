"""What no grant allows is refused at intake: with the reason that names what is missing, and no effect."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import esmp
import mappings
from gateway.domain.grant import GATEWAY as THE_GATEWAY
from gateway.domain.grant import Grant, GrantParty, Grants, PartyKind, any_of
from gateway.domain.role import TenantRole, held
from gateway.records.messages.inbox import EnvelopeState
from tests.intake.local_gateway import acknowledgement_in
from tests.intake.test_forwarding import (
    FOR_SOUTH,
    TENANTS,
    TO_SOUTH,
    LocalGateway,
    addressed,
    answer_of_south,
)
from tests.specimens import GATEWAY, NORTH, RESERVE_BID_7_2, SOUTH

NEWCOMERS = (TenantRole.DSO, TenantRole.PROVIDER, TenantRole.METER_OPERATOR)
FOR_GATEWAY = addressed(RESERVE_BID_7_2.data, NORTH, GATEWAY)


@pytest.fixture(params=NEWCOMERS)
def role(request: pytest.FixtureRequest) -> TenantRole:
    found: TenantRole = request.param
    return found


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: TenantRole) -> Iterator[LocalGateway]:
    """North is somebody who may send acknowledgements only."""
    monkeypatch.setitem(TENANTS, "north", replace(TENANTS["north"], roles=held(role)))
    built = LocalGateway(tmp_path)
    yield built
    built.stores.close()


def reasons_of(local: LocalGateway) -> list[tuple[str, str]]:
    """What the acknowledgement of the only document of north says, but for how much was accepted."""
    ((_, payload),) = local.outbox("north")
    _, *reasons = acknowledgement_in(payload).reasons
    return [(reason.code, reason.text or "") for reason in reasons]


def line_of(data: bytes, element: str) -> int:
    return next(n for n, line in enumerate(data.splitlines(), 1) if b"<" + element.encode() + b" " in line)


@pytest.mark.feature(id="C13")
def test_no_document_goes_by_a_route_that_no_grant_allows(local: LocalGateway) -> None:
    document = local.take(FOR_SOUTH)
    local.forward()
    assert local.state(document) is EnvelopeState.REFUSED
    assert local.outbox("south") == []
    place = f"sender_MarketParticipant.mRID, line {line_of(FOR_SOUTH, 'sender_MarketParticipant.mRID')}"
    why = f"no grant lets north platform send ReserveBid documents to {SOUTH}"
    assert reasons_of(local) == [("A05", f"{why} (/ReserveBid_MarketDocument/{place})")]


@pytest.mark.parametrize("is_granted", [False, True])
def test_nothing_is_converted_for_a_sender_without_a_grant(
    local: LocalGateway, role: TenantRole, monkeypatch: pytest.MonkeyPatch, *, is_granted: bool
) -> None:
    """To convert is the costliest part of the way: who may not send must not be able to cause it."""
    converted, convert = [], mappings.convert

    def counting(*arguments: Any, **more: Any) -> mappings.Conversion:
        converted.append(arguments)
        return convert(*arguments, **more)

    monkeypatch.setattr(mappings, "convert", counting)
    grant = Grant("g", any_of(role), any_of(TenantRole.PLATFORM), "ReserveBid")
    in_another_version = replace(TO_SOUTH, kind="ReserveBid", version="7.4")
    local.use(in_another_version, grants=Grants((grant,) if is_granted else ()))
    document = local.take(FOR_SOUTH)
    assert local.state(document) is (EnvelopeState.ACCEPTED if is_granted else EnvelopeState.REFUSED)
    assert len(converted) == is_granted


@pytest.mark.feature(id="C10")
def test_with_a_grant_it_goes(local: LocalGateway, role: TenantRole) -> None:
    grant = Grant("g", any_of(role), GrantParty(PartyKind.TENANT, "south"), "ReserveBid")
    local.use(TO_SOUTH, grants=Grants((grant,)))
    document = local.take(FOR_SOUTH)
    local.forward()
    assert local.state(document) is EnvelopeState.ACCEPTED
    assert [payload for _, payload in local.outbox("south")] == [FOR_SOUTH]


def test_a_grant_to_one_tenant_is_none_to_another(local: LocalGateway, role: TenantRole) -> None:
    grant = Grant("g", any_of(role), GrantParty(PartyKind.TENANT, "north"))
    local.use(TO_SOUTH, grants=Grants((grant,)))
    assert local.state(local.take(FOR_SOUTH)) is EnvelopeState.REFUSED
    assert [code for code, _ in reasons_of(local)] == ["A05"]


def test_a_grant_for_another_process_names_the_process(local: LocalGateway, role: TenantRole) -> None:
    grant = Grant("g", any_of(role), any_of(TenantRole.PLATFORM), "ReserveBid", frozenset({"A46"}))
    local.use(TO_SOUTH, grants=Grants((grant,)))
    assert local.state(local.take(FOR_SOUTH)) is EnvelopeState.REFUSED
    ((code, text),) = reasons_of(local)
    assert code == "A79"
    assert text.startswith("no grant lets north platform send ReserveBid documents of process type A47 to ")
    assert "/ReserveBid_MarketDocument/process.processType, line " in text


@pytest.mark.parametrize("receiver", [THE_GATEWAY, any_of(TenantRole.PLATFORM)])
def test_bids_get_into_no_market_by_a_grant(
    local: LocalGateway, role: TenantRole, receiver: GrantParty
) -> None:
    local.use(TO_SOUTH, grants=Grants((Grant("g", any_of(role), receiver),)))
    document = local.take(FOR_GATEWAY)
    assert local.state(document) is EnvelopeState.REFUSED
    assert local.process.calls == []
    ((code, text),) = reasons_of(local)
    assert code == "A05"
    assert text.startswith(f"the gateway does not take ReserveBid documents from a {role}")


def test_json_is_held_to_the_same_grants(local: LocalGateway) -> None:
    report = esmp.validate(FOR_SOUTH)
    assert report.identity is not None
    read = mappings.read(FOR_SOUTH, report.identity).document
    assert read is not None
    document = local.take(mappings.canonical_json.dumps(read), content_type="application/json")
    assert local.state(document) is EnvelopeState.REFUSED
    assert [code for code, _ in reasons_of(local)] == ["A05"]


def test_the_credential_counts_and_not_the_sender_that_a_document_names(local: LocalGateway) -> None:
    """South may send bids; north, who names it as sender, may not."""
    document = local.take(addressed(RESERVE_BID_7_2.data, SOUTH, GATEWAY))
    assert local.state(document) is EnvelopeState.REFUSED
    assert [code for code, _ in reasons_of(local)] == ["A78", "A05"]
    assert local.process.calls == []


def test_for_a_party_without_a_route_the_route_is_missing(local: LocalGateway) -> None:
    local.use()
    assert local.state(local.take(FOR_SOUTH)) is EnvelopeState.REFUSED
    assert [code for code, _ in reasons_of(local)] == ["A53"]


def test_what_was_accepted_under_a_grant_is_answered_again_without_it(
    local: LocalGateway, role: TenantRole
) -> None:
    """A repeated document has no new effect, and its first answer holds."""
    grant = Grant("g", any_of(role), any_of(TenantRole.PLATFORM), "ReserveBid")
    local.use(TO_SOUTH, grants=Grants((grant,)))
    local.take(FOR_SOUTH)
    local.use(TO_SOUTH)
    again = local.take(FOR_SOUTH)
    local.forward()
    assert local.state(again) is EnvelopeState.ACCEPTED
    assert len(local.outbox("south")) == 1


def test_an_answer_to_nothing_is_refused_for_that_alone(local: LocalGateway) -> None:
    answer = local.take(answer_of_south("A01", mrid="TEST-UNKNOWN"), "south")
    assert local.findings(answer, "south") == ["no document 'TEST-UNKNOWN' was sent to you"]
