"""Who is named by `seen_by` reads what became of just the granted documents, without their values."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from adapters.rest.masking import without_values
from gateway.delivery.forwarder import ForwardingJob
from gateway.domain.grant import GATEWAY as THE_GATEWAY
from gateway.domain.grant import Grant, GrantParty, Grants, PartyKind, Pattern, any_of
from gateway.domain.role import TenantRole
from gateway.domain.route import Route, Routes
from gateway.records.messages import acknowledgements, outbox
from gateway.records.messages.acknowledgements import AnswerState
from tests.patience import eventually
from tests.processes.world import GATEWAY, TENANTS
from tests.specimens import GATEWAY as TEST_GATEWAY
from tests.specimens import MERIT_ORDER_LIST_7_3, NORTH, RESERVE_BID_7_2
from tests.web.local_gateway import LocalGateway, served

PATH = "/v1/documents"
WEST, EAST = "TEST-WEST", "TEST-EAST"
ROUTES = Routes(
    (
        Route("to-west", to="west", receiver=WEST),
        Route("to-east", to="east", receiver=EAST, market="local"),
    )
)


def of(name: str) -> GrantParty:
    return GrantParty(PartyKind.TENANT, name)


GRANTS = Grants(
    (
        Grant("seen", of("north"), of("west"), "ReserveBid", seen_by=frozenset({of("meters"), of("tso")})),
        Grant("others", any_of(TenantRole.DSO), of("west"), "ReserveBid"),
        Grant("other-kind", of("north"), of("west"), "MeritOrderList"),
        Grant("here", of("north"), THE_GATEWAY, "MeritOrderList", seen_by=frozenset({of("tso")})),
        Grant(
            "of-local",
            of("north"),
            of("east"),
            "ReserveBid",
            markets=frozenset({"local"}),
            seen_by=frozenset({of("agg")}),
        ),
        Grant("fetched", of("north"), of("late"), pattern=Pattern.PULL),
    )
)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalGateway]:
    with served(tmp_path_factory.mktemp("seen"), routes=ROUTES, grants=GRANTS) as new:
        yield new


def bids(sender: str, receiver: str, mrid: str, *changes: tuple[str, str]) -> bytes:
    text = RESERVE_BID_7_2.data.decode().replace("TEST-DOC-72", mrid)
    for old, new in ((NORTH, sender), (TEST_GATEWAY, receiver), (">45.5<", ">57.31<"), *changes):
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def list_for(receiver: str, mrid: str) -> bytes:
    text = MERIT_ORDER_LIST_7_3.data.decode()
    first = text.split("<mRID>")[1].split("</mRID>")[0]
    for name, new in (("sender", "TEST-NORTH"), ("receiver", receiver)):
        tag = f"{name}_MarketParticipant.mRID"
        old = text.split(f"<{tag} ")[1].split("</")[0].split(">")[1]
        text = text.replace(f">{old}</{tag}>", f">{new}</{tag}>")
    return text.replace(f"<mRID>{first}</mRID>", f"<mRID>{mrid}</mRID>", 1).encode()


def taken(local: LocalGateway, sender: str, data: bytes, **headers: str) -> str:
    """The id of a document, once there is a verdict."""
    client = local.as_(sender)
    answer = client.post(PATH, content=data, headers={"Content-Type": "application/xml", **headers})
    assert answer.status_code == 202, answer.text
    document = str(answer.json()["document_id"])
    eventually(lambda: client.get(f"{PATH}/{document}").json()["state"] != "received", "the verdict")
    return document


@pytest.fixture(scope="module")
def handed_in(local: LocalGateway) -> dict[str, str]:
    """Ids of documents by their mRIDs."""
    sent = {
        "SEEN": ("north", bids("TEST-NORTH", WEST, "SEEN")),
        "NO-FORM": ("north", bids("TEST-NORTH", WEST, "NO-FORM", (">EUR<", ">QQQ<"))),
        "OTHER-SENDER": ("south", bids("TEST-SOUTH", WEST, "OTHER-SENDER")),
        "OTHER-RECEIVER": ("north", bids("TEST-NORTH", EAST, "OTHER-RECEIVER")),
        "OTHER-KIND": ("north", list_for(WEST, "OTHER-KIND")),
        "NOT-GRANTED": ("north", list_for(EAST, "NOT-GRANTED")),
        "NO-ROUTE": ("north", list_for("TEST-LATE", "NO-ROUTE")),
        "FOR-US": ("north", bids("TEST-NORTH", GATEWAY.party.code, "FOR-US")),
        "OWN": ("meters", bids("TEST-METERS", GATEWAY.party.code, "OWN")),
    }
    found = {}
    for mrid, (sender, data) in sent.items():
        found[mrid] = taken(local, sender, data)
        assert local.as_(sender).get(f"{PATH}/{found[mrid]}").json()["mrid"] == mrid
    return found


VISIBLE = {
    "meters": {"SEEN", "OWN"},
    "tso": {"SEEN"},
    "agg": {"OTHER-RECEIVER"},
    "south": {"OTHER-SENDER"},
    "east": set(),
}


@pytest.mark.feature(id="C13")
@pytest.mark.parametrize("viewer", VISIBLE)
def test_just_the_granted_documents_are_seen(
    local: LocalGateway, handed_in: dict[str, str], viewer: str
) -> None:
    client = local.as_(viewer)
    listed = {one["mrid"] for one in client.get(PATH).json()["documents"]}
    assert listed == VISIBLE[viewer]
    unknown = client.get(f"{PATH}/none")
    for mrid, document in handed_in.items():
        answer = client.get(f"{PATH}/{document}")
        assert answer.status_code == (200 if mrid in VISIBLE[viewer] else 404), mrid
        if answer.status_code == 404:
            assert answer.json()["detail"].replace(document, "none") == unknown.json()["detail"]
        by_name = client.get(PATH, params={"mrid": mrid}).json()["documents"]
        assert [one["document_id"] for one in by_name] == ([document] if mrid in VISIBLE[viewer] else [])


def test_what_became_of_them_is_seen_without_values(local: LocalGateway, handed_in: dict[str, str]) -> None:
    """Other bids under the same name are refused."""
    data = bids("TEST-NORTH", WEST, "SEEN", (">57.31<", ">58.42<"))
    path = f"{PATH}/{taken(local, 'north', data)}"
    own, seen = local.as_("north").get(path).json(), local.as_("meters").get(path).json()
    assert own["state"] == seen["state"] == "refused"
    (finding,), (masked,) = own["findings"], seen["findings"]
    assert "revision 1 " in finding["message"]
    assert masked == finding | {"message": without_values(finding["message"])}
    assert "revision 1 " not in masked["message"]
    assert local.as_("agg").get(path).status_code == 404
    forwarded = local.as_("meters").get(f"{PATH}/{handed_in['SEEN']}").json()
    assert (forwarded["state"], forwarded["forwarding"]["route"]) == ("accepted", "to-west")
    assert "57.31" not in local.as_("meters").get(PATH).text


def test_nobody_but_the_sender_has_the_hash(local: LocalGateway, handed_in: dict[str, str]) -> None:
    """By it one could try the few values that a small document may have."""
    sent = hashlib.sha256(bids("TEST-NORTH", WEST, "SEEN")).hexdigest()
    path = f"{PATH}/{handed_in['SEEN']}"
    assert local.as_("north").get(path).json()["sha256"] == sent
    for viewer in ("meters", "operator", "auditor", "integrator"):
        seen = local.as_(viewer).get(path)
        assert seen.json()["sha256"] is None, viewer
        assert seen.json()["size"] > 0
        assert sent not in seen.text + local.as_(viewer).get(PATH).text


def test_the_verdict_of_the_receiver_is_seen(local: LocalGateway, handed_in: dict[str, str]) -> None:
    """The gateway has accepted what its receiver refuses."""
    path = f"{PATH}/{handed_in['SEEN']}"

    def seen() -> list[dict[str, Any] | None]:
        readers = ("north", "meters", "tso", "operator", "auditor")
        return [local.as_(name).get(path).json()["forwarding"]["answer"] for name in readers]

    assert seen() == [None] * 5, "it is not there yet"
    stores, clock = local.world.stores, local.world.clock
    ForwardingJob(stores, TENANTS, ROUTES, lambda _: None, clock).forward("north")
    assert seen() == [{"state": "awaited", "codes": [], "answered_at": None}] * 5
    with stores.of("west").writing() as uow:
        (message,) = (one for one in outbox.after(uow, 0, 100) if one.kind == "ReserveBid")
        refused = AnswerState.REFUSED
        acknowledgements.answer(uow, message.id, refused, ["A02", "A94"], at=clock.now(), by="answer")
    answer, *others = seen()
    assert answer is not None
    assert (answer["state"], answer["codes"]) == ("refused", ["A02", "A94"])
    assert datetime.fromisoformat(answer["answered_at"]) == clock.now()
    assert others == [answer] * 4
    assert local.as_("meters").get(path).json()["state"] == "accepted"
    assert local.as_("agg").get(path).status_code == 404


@pytest.mark.parametrize("viewer", ["meters", "tso"])
def test_nothing_else_of_them_is_seen(local: LocalGateway, handed_in: dict[str, str], viewer: str) -> None:
    """Neither the answer to their sender, nor the message that carries them."""
    client = local.as_(viewer)
    assert client.get(f"{PATH}/{handed_in['SEEN']}/acknowledgement").status_code == 404
    assert "SEEN" not in client.get("/v1/outbox", params={"limit": 1000}).text
    assert "north" not in client.get("/v1/dead-letters").text


def test_a_document_that_comes_again_is_seen_as_the_first(
    local: LocalGateway, handed_in: dict[str, str]
) -> None:
    data = bids("TEST-NORTH", WEST, "SEEN")
    again = taken(local, "north", data, **{"Idempotency-Key": "again"})
    assert local.as_("tso").get(f"{PATH}/{again}").json()["repeats"] == handed_in["SEEN"]
    assert local.as_("agg").get(f"{PATH}/{again}").status_code == 404


def test_who_is_granted_messages_to_fetch_sets_no_webhook(local: LocalGateway) -> None:
    answer = local.as_("late").put("/v1/webhook", json={"url": "https://late.example/in"})
    assert answer.status_code == 409
    assert "to be fetched from the outbox" in answer.json()["detail"]
    assert local.as_("late").get("/v1/webhook").status_code == 404
    assert local.as_("west").put("/v1/webhook", json={"url": "https://west.example/in"}).status_code == 422
