"""Dead letters over HTTP: seen by their tenant and by the operator, sent after all under the same id."""

from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from gateway.delivery import DeadLetters, DeliveryWatch
from gateway.domain.document import DocumentLabel
from gateway.domain.outgoing import Outgoing
from gateway.domain.party import CodedId
from gateway.domain.transport import TransportNews, TransportState
from gateway.records.messages import acknowledgements, outbox, receiver_turns, webhooks
from gateway.records.messages.outbox import DeathCause
from gateway.records.messages.transports import RoomTransports
from tests.processes.world import TENANTS
from tests.web.house import House

PATH = "/v1/dead-letters"


def dead(
    house: House,
    tenant: str = "east",
    *,
    not_after: datetime | None = None,
    because: DeathCause = DeathCause.ATTEMPTS,
    revision: int | None = None,
) -> str:
    """A message that was given up; gives its id."""
    now = house.world.clock.now()
    label = None
    if revision is not None:
        label = DocumentLabel("BidAvailability", "1.1", CodedId("TEST"), "TEST-1", revision, now)
    message = Outgoing("BidAvailability", "1.1", b"<secret/>", "run-1", not_after, wants=label)
    with house.world.store.room(tenant).writing() as room:
        number = outbox.put(room, message, now)
        outbox.postpone(room, number, "no answer", now, at=now, failures=1)
        later = now + timedelta(minutes=2)
        outbox.give_up(room, number, "the webhook answered 500", because, at=later, failures=2)
        found = outbox.find(room, number)
    assert found is not None
    return found.message_id


def test_everything_is_told_but_the_content(house: House) -> None:
    message = dead(house)
    now = house.world.clock.now()
    progress = RoomTransports(house.world.store.room("east"), "east-ecp", house.world.clock)
    progress.begin([message])
    progress.tell([TransportNews(TransportState.FAILED, message, "theirs-1", "unknown service")])
    answer = house.as_("east").get(f"{PATH}/{message}")
    assert "secret" not in answer.text
    said = answer.json()
    assert (said["state"], said["because"], said["reason"], said["attempts"]) == (
        "dead",
        "attempts",
        "the webhook answered 500",
        2,
    )
    assert datetime.fromisoformat(said["first_failure_at"]) == now
    assert datetime.fromisoformat(said["last_failure_at"]) == now + timedelta(minutes=2)
    assert (said["transport"], said["transport_id"], said["age_s"]) == ("failed", "theirs-1", 0)
    (listed,) = house.as_("east").get(PATH).json()["dead_letters"]
    assert listed == said


def test_a_tenant_sees_its_own_and_the_operator_everything(house: House) -> None:
    east, west = dead(house, "east"), dead(house, "west")

    def seen(by: str) -> set[str]:
        return {each["message_id"] for each in house.as_(by).get(PATH).json()["dead_letters"]}

    assert (seen("east"), seen("west"), seen("operator"), seen("tso")) == (
        {east},
        {west},
        {east, west},
        set(),
    )
    assert house.as_("west").get(f"{PATH}/{east}").status_code == 404
    assert house.as_("west").post(f"{PATH}/{east}/redrive").status_code == 404


def test_a_tenant_with_many_is_gone_through_by_pages(house: House) -> None:
    made = [dead(house) for _ in range(5)]
    dead(house, "west")
    seen: list[str] = []
    while (
        page := house.as_("operator")
        .get(PATH, params={"limit": 2, **({"before": seen[-1]} if seen else {})})
        .json()["dead_letters"]
    ):
        seen += [letter["message_id"] for letter in page if letter["tenant"] == "east"]
    assert seen == made[::-1]
    assert house.as_("west").get(PATH, params={"before": made[-1]}).status_code == 404


@pytest.mark.parametrize("by", ["east", "operator"])
def test_sent_after_all_under_the_same_id(house: House, by: str) -> None:
    message = dead(house)
    again = house.as_(by).post(f"{PATH}/{message}/redrive")
    assert again.status_code == 200
    assert (again.json()["message_id"], again.json()["state"]) == (message, "waiting")
    assert (again.json()["attempts"], again.json()["redriven"]) == (0, 1)
    with house.world.store.room("east").reading() as room:
        due = next(iter(receiver_turns.due(room, house.world.clock.now(), 1)), None)
    assert due is not None
    assert due.message_id == message
    assert house.as_(by).get(PATH).json()["dead_letters"] == []
    twice = house.as_(by).post(f"{PATH}/{message}/redrive")
    assert twice.status_code == 409
    assert twice.json()["detail"] == "the message is waiting, no dead letter"


def test_what_expired_is_never_sent(house: House) -> None:
    end = house.world.clock.now() + timedelta(minutes=1)
    message = dead(house, not_after=end, because=DeathCause.EXPIRED)
    house.world.clock.moment = end + timedelta(seconds=1)
    answer = house.as_("operator").post(f"{PATH}/{message}/redrive")
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:flexgate:problem:conflict"
    assert "what expired is never sent" in answer.json()["detail"]
    (still,) = house.as_("east").get(PATH).json()["dead_letters"]
    assert still["because"] == "expired"


def test_an_older_revision_does_not_undo_a_newer_one(house: House) -> None:
    older = dead(house, revision=1)
    newer = dead(house, revision=2)
    answer = house.as_("operator").post(f"{PATH}/{older}/redrive")
    assert answer.status_code == 409
    assert "revision 2" in answer.json()["detail"]
    assert house.as_("operator").post(f"{PATH}/{newer}/redrive").status_code == 200


def test_a_replaced_one_is_listed_and_counted_no_more_and_can_be_seen(house: House) -> None:
    older, newer = dead(house, revision=1), dead(house, revision=2)
    operator = house.as_("operator")
    operator.post(f"{PATH}/{newer}/redrive")
    DeliveryWatch(house.world.store, TENANTS, house.world.clock).look()
    assert operator.get(PATH).json()["dead_letters"] == []
    shown = operator.get(f"{PATH}/{older}").json()
    assert (shown["state"], shown["mrid"], shown["revision"]) == ("replaced", "TEST-1", 1)


def waiting(house: House, tenant: str = "east") -> tuple[int, str]:
    """A message that is to go out; gives its number and its id."""
    with house.world.store.room(tenant).writing() as room:
        number = outbox.put(room, Outgoing("Acknowledgement", "8.1", b"<a/>"), house.world.clock.now())
        found = outbox.find(room, number)
    assert found is not None
    return number, found.message_id


def test_what_arrived_at_once_is_not_here(house: House) -> None:
    number, message = waiting(house)
    with house.world.store.room("east").writing() as room:
        outbox.confirm(room, number, house.world.clock.now())
    assert house.as_("east").get(f"{PATH}/{message}").status_code == 404


def test_the_operator_gives_a_waiting_message_up_and_takes_it_back(house: House) -> None:
    operator, east = house.as_("operator"), house.as_("east")
    _, message = waiting(house)
    listed = operator.get("/v1/backlogs/messages").json()["messages"]
    assert [(one["message_id"], one["tenant"]) for one in listed] == [(message, "east")]
    assert operator.get(f"{PATH}/{message}").json()["state"] == "waiting"
    why = {"reason": "it has the document by mail"}
    with capture_logs() as logs:
        given = operator.post(f"{PATH}/{message}/give-up", json=why)
    assert given.status_code == 200
    assert (given.json()["state"], given.json()["because"]) == ("dead", "by-hand")
    assert given.json()["reason"] == why["reason"]
    (line,) = [log for log in logs if log["event"] == "message given up by hand"]
    assert (line["tenant"], line["message"], line["by"], line["why"]) == (
        "east",
        message,
        "operator",
        why["reason"],
    )
    assert east.get("/v1/backlogs/messages").json()["messages"] == []
    again = operator.post(f"{PATH}/{message}/give-up", json=why)
    assert (again.status_code, "it does not wait" in again.json()["detail"]) == (409, True)
    assert operator.post(f"{PATH}/{message}/redrive").json()["state"] == "waiting"


@pytest.mark.parametrize("said", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 501}])
def test_nothing_is_given_up_without_a_reason(house: House, said: dict[str, str]) -> None:
    _, message = waiting(house)
    assert house.as_("operator").post(f"{PATH}/{message}/give-up", json=said).status_code == 422
    assert house.as_("operator").get(f"{PATH}/{message}").json()["state"] == "waiting"


def test_a_receiver_confirms_and_does_not_give_up(house: House) -> None:
    _, message = waiting(house)
    answer = house.as_("east").post(f"{PATH}/{message}/give-up", json={"reason": "no"})
    assert answer.status_code == 403


def test_refused_documents_are_named(house: House) -> None:
    east = house.as_("east")
    sent = east.post("/v1/documents", content=b"<nothing/>", headers={"Content-Type": "application/xml"})
    location = sent.headers["location"]
    while east.get(location).json()["state"] == "received":
        pass
    (refused,) = house.as_("operator").get(PATH).json()["refused_documents"]
    assert location.endswith(refused["document_id"])
    assert (refused["tenant"], refused["channel"], refused["size"]) == ("east", "rest", 10)


def test_what_stands_still_is_counted_for_each_tenant(house: House) -> None:
    dead(house)
    waiting = dead(house, revision=1)
    now = house.world.clock.now()
    assert house.as_("operator").post(f"{PATH}/{waiting}/redrive").status_code == 200
    with house.world.store.room("east").writing() as room:
        label = DocumentLabel("BidAvailability", "1.1", CodedId("TEST"), "TEST-2", 1, now)
        late = outbox.put(room, Outgoing("BidAvailability", "1.1", b"<a/>", wants=label), now)
        outbox.confirm(room, late, now)
        acknowledgements.note_alarm(room, [late], now)
    (seen,) = house.as_("east").get("/v1/backlogs").json()["backlogs"]
    assert {name: seen[name] for name in ("tenant", "waiting", "dead", "awaited", "overdue")} == {
        "tenant": "east",
        "waiting": 1,
        "dead": 1,
        "awaited": 1,
        "overdue": 1,
    }
    assert [each["kind"] for each in seen["overdue_documents"]] == ["BidAvailability"]
    of_all = house.as_("operator").get("/v1/backlogs").json()["backlogs"]
    assert {each["tenant"] for each in of_all} >= {"east", "west", "north", "operator"}


def test_it_is_said_how_each_tenant_gets_its_messages(house: House) -> None:
    now = house.world.clock.now()

    def way() -> tuple[str | None, str | None]:
        (seen,) = house.as_("east").get("/v1/backlogs").json()["backlogs"]
        return seen["sent_by"], seen["stopped_because"]

    assert way() == (None, None)
    with house.world.store.room("east").writing() as room:
        webhooks.put(room, "https://peer.test/", now)
    assert way() == ("webhook", None)
    with house.world.store.room("east").writing() as room:
        webhook = webhooks.find(room)
        assert webhook is not None
        webhooks.disable(room, webhook, "the webhook answered 410", now)
    assert way() == (None, "the webhook answered 410")
    letters = DeadLetters(
        house.world.store, TENANTS, lambda _: None, house.world.clock, channels={"east": "east-mqtt"}
    )
    assert letters.backlogs(TENANTS["east"], "", 1, 1)["east"].sent_by == "east-mqtt"
