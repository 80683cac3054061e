"""Dead letters over HTTP: seen by their tenant and by the operator, sent after all under the same id."""

import hashlib
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from gateway.delivery import DeadLetters, DeliveryMonitor
from gateway.domain.document import DocumentLabel
from gateway.domain.outgoing import Outgoing
from gateway.domain.party import CodedId
from gateway.domain.transport import TransportNews, TransportState
from gateway.records.messages import acknowledgements, outbox, receiver_turns, webhooks
from gateway.records.messages.outbox import DeathCause
from gateway.records.messages.transports import TenantTransports
from tests.processes.world import TENANTS
from tests.web.local_gateway import LocalGateway
from tests.web.test_documents import handed_in

PATH = "/v1/dead-letters"


def dead(
    local: LocalGateway,
    tenant: str = "east",
    *,
    not_after: datetime | None = None,
    because: DeathCause = DeathCause.ATTEMPTS,
    revision: int | None = None,
) -> str:
    """A message that was given up; gives its id."""
    now = local.world.clock.now()
    label = None
    if revision is not None:
        label = DocumentLabel("BidAvailability", "1.1", CodedId("TEST"), "TEST-1", revision, now)
    message = Outgoing("BidAvailability", "1.1", b"<secret/>", "run-1", not_after, wants=label)
    with local.world.stores.of(tenant).writing() as uow:
        number = outbox.put(uow, message, now)
        outbox.postpone(uow, number, "no answer", now, at=now, failures=1)
        later = now + timedelta(minutes=2)
        outbox.give_up(uow, number, "the webhook answered 500", because, at=later, failures=2)
        found = outbox.find(uow, number)
    assert found is not None
    return found.message_id


def test_everything_is_logged_but_the_content(local: LocalGateway) -> None:
    message = dead(local)
    now = local.world.clock.now()
    progress = TenantTransports(local.world.stores.of("east"), "east-ecp", local.world.clock)
    progress.begin([message])
    progress.record([TransportNews(TransportState.FAILED, message, "theirs-1", "unknown service")])
    answer = local.as_("east").get(f"{PATH}/{message}")
    assert "secret" not in answer.text
    stated = answer.json()
    assert (stated["state"], stated["because"], stated["reason"], stated["attempts"]) == (
        "dead",
        "attempts",
        "the webhook answered 500",
        2,
    )
    assert datetime.fromisoformat(stated["first_failure_at"]) == now
    assert datetime.fromisoformat(stated["last_failure_at"]) == now + timedelta(minutes=2)
    assert (stated["transport"], stated["transport_id"], stated["age_s"]) == ("failed", "theirs-1", 0)
    (listed,) = local.as_("east").get(PATH).json()["dead_letters"]
    assert listed == stated


def test_a_tenant_sees_its_own_and_the_operator_everything(local: LocalGateway) -> None:
    east, west = dead(local, "east"), dead(local, "west")

    def seen(by: str) -> set[str]:
        return {each["message_id"] for each in local.as_(by).get(PATH).json()["dead_letters"]}

    assert (seen("east"), seen("west"), seen("operator"), seen("tso")) == (
        {east},
        {west},
        {east, west},
        set(),
    )
    assert local.as_("west").get(f"{PATH}/{east}").status_code == 404
    assert local.as_("west").post(f"{PATH}/{east}/redrive").status_code == 404


def test_the_hash_of_a_message_is_for_its_receiver_alone(local: LocalGateway) -> None:
    """What was forwarded may be few values; the operator must not find them by trying."""
    message, document = dead(local, "east"), handed_in(local, b"<nothing/>").rpartition("/")[2]
    sha256 = hashlib.sha256(b"<secret/>").hexdigest()
    assert local.as_("east").get(f"{PATH}/{message}").json()["sha256"] == sha256
    assert local.as_("operator").get(f"{PATH}/{message}").json()["sha256"] is None
    own, seen = (local.as_(name).get(PATH).json() for name in ("east", "operator"))
    for kind in ("dead_letters", "refused_documents"):
        assert [one["sha256"] is None for one in own[kind]] == [False]
        assert [one["sha256"] is None for one in seen[kind]] == [True]
    assert seen["refused_documents"][0]["document_id"] == document
    local.as_("east").post(f"{PATH}/{message}/redrive")
    for name, hidden in (("east", False), ("operator", True)):
        waiting = local.as_(name).get("/v1/backlogs/messages").json()["messages"]
        assert message in [one["message_id"] for one in waiting]
        assert {one["sha256"] is None for one in waiting} == {hidden}


def test_a_tenant_with_many_is_gone_through_by_pages(local: LocalGateway) -> None:
    made = [dead(local) for _ in range(5)]
    dead(local, "west")
    seen: list[str] = []
    while (
        page := local.as_("operator")
        .get(PATH, params={"limit": 2, **({"before": seen[-1]} if seen else {})})
        .json()["dead_letters"]
    ):
        seen += [letter["message_id"] for letter in page if letter["tenant"] == "east"]
    assert seen == made[::-1]
    assert local.as_("west").get(PATH, params={"before": made[-1]}).status_code == 404


@pytest.mark.parametrize("by", ["east", "operator"])
def test_sent_after_all_under_the_same_id(local: LocalGateway, by: str) -> None:
    message = dead(local)
    again = local.as_(by).post(f"{PATH}/{message}/redrive")
    assert again.status_code == 200
    assert (again.json()["message_id"], again.json()["state"]) == (message, "waiting")
    assert (again.json()["attempts"], again.json()["redriven"]) == (0, 1)
    with local.world.stores.of("east").reading() as uow:
        due = next(iter(receiver_turns.due(uow, local.world.clock.now(), 1)), None)
    assert due is not None
    assert due.message_id == message
    assert local.as_(by).get(PATH).json()["dead_letters"] == []
    twice = local.as_(by).post(f"{PATH}/{message}/redrive")
    assert twice.status_code == 409
    assert twice.json()["detail"] == "the message is waiting, no dead letter"


def test_a_message_waits_as_long_as_its_receiver_does(local: LocalGateway) -> None:
    message, now = dead(local), local.world.clock.now()
    local.as_("east").post(f"{PATH}/{message}/redrive")
    assert local.as_("east").get(f"{PATH}/{message}").json()["next_attempt_at"] is None
    with local.world.stores.of("east").writing() as uow:
        receiver_turns.not_reached(uow, outbox.MAIN, 3, now + timedelta(minutes=8))
    shown = local.as_("east").get(f"{PATH}/{message}").json()
    assert datetime.fromisoformat(shown["next_attempt_at"]) == now + timedelta(minutes=8)
    with local.world.stores.of("east").writing() as uow:
        number = outbox.named(uow, message)
        assert number is not None
        outbox.postpone(uow, number.id, "no answer", now + timedelta(minutes=9), at=now, failures=1)
    shown = local.as_("east").get(f"{PATH}/{message}").json()
    assert datetime.fromisoformat(shown["next_attempt_at"]) == now + timedelta(minutes=9)


def test_what_expired_is_never_sent(local: LocalGateway) -> None:
    end = local.world.clock.now() + timedelta(minutes=1)
    message = dead(local, not_after=end, because=DeathCause.EXPIRED)
    local.world.clock.moment = end + timedelta(seconds=1)
    answer = local.as_("operator").post(f"{PATH}/{message}/redrive")
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:flexgate:problem:conflict"
    assert "what expired is never sent" in answer.json()["detail"]
    (still,) = local.as_("east").get(PATH).json()["dead_letters"]
    assert still["because"] == "expired"


def test_an_older_revision_does_not_undo_a_newer_one(local: LocalGateway) -> None:
    older = dead(local, revision=1)
    newer = dead(local, revision=2)
    answer = local.as_("operator").post(f"{PATH}/{older}/redrive")
    assert answer.status_code == 409
    assert "revision 2" in answer.json()["detail"]
    assert local.as_("operator").post(f"{PATH}/{newer}/redrive").status_code == 200


def test_a_replaced_one_is_listed_and_counted_no_more_and_can_be_seen(local: LocalGateway) -> None:
    older, newer = dead(local, revision=1), dead(local, revision=2)
    operator = local.as_("operator")
    operator.post(f"{PATH}/{newer}/redrive")
    DeliveryMonitor(local.world.stores, TENANTS, local.world.clock).look()
    assert operator.get(PATH).json()["dead_letters"] == []
    shown = operator.get(f"{PATH}/{older}").json()
    assert (shown["state"], shown["mrid"], shown["revision"]) == ("replaced", "TEST-1", 1)


def waiting(local: LocalGateway, tenant: str = "east") -> tuple[int, str]:
    """A message that is to go out; gives its number and its id."""
    with local.world.stores.of(tenant).writing() as uow:
        number = outbox.put(uow, Outgoing("Acknowledgement", "8.1", b"<a/>"), local.world.clock.now())
        found = outbox.find(uow, number)
    assert found is not None
    return number, found.message_id


def test_what_arrived_at_once_is_not_here(local: LocalGateway) -> None:
    number, message = waiting(local)
    with local.world.stores.of("east").writing() as uow:
        outbox.confirm(uow, number, local.world.clock.now())
    assert local.as_("east").get(f"{PATH}/{message}").status_code == 404


def test_the_operator_gives_a_waiting_message_up_and_takes_it_back(local: LocalGateway) -> None:
    operator, east = local.as_("operator"), local.as_("east")
    _, message = waiting(local)
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


@pytest.mark.parametrize("stated", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 501}])
def test_nothing_is_given_up_without_a_reason(local: LocalGateway, stated: dict[str, str]) -> None:
    _, message = waiting(local)
    assert local.as_("operator").post(f"{PATH}/{message}/give-up", json=stated).status_code == 422
    assert local.as_("operator").get(f"{PATH}/{message}").json()["state"] == "waiting"


def test_a_receiver_confirms_and_does_not_give_up(local: LocalGateway) -> None:
    _, message = waiting(local)
    answer = local.as_("east").post(f"{PATH}/{message}/give-up", json={"reason": "no"})
    assert answer.status_code == 403


def test_refused_documents_are_named(local: LocalGateway) -> None:
    east = local.as_("east")
    sent = east.post("/v1/documents", content=b"<nothing/>", headers={"Content-Type": "application/xml"})
    location = sent.headers["location"]
    while east.get(location).json()["state"] == "received":
        pass
    (refused,) = local.as_("operator").get(PATH).json()["refused_documents"]
    assert location.endswith(refused["document_id"])
    assert (refused["tenant"], refused["channel"], refused["size"]) == ("east", "rest", 10)


def test_what_is_held_up_is_counted_for_each_tenant(local: LocalGateway) -> None:
    dead(local)
    waiting = dead(local, revision=1)
    now = local.world.clock.now()
    assert local.as_("operator").post(f"{PATH}/{waiting}/redrive").status_code == 200
    with local.world.stores.of("east").writing() as uow:
        label = DocumentLabel("BidAvailability", "1.1", CodedId("TEST"), "TEST-2", 1, now)
        late = outbox.put(uow, Outgoing("BidAvailability", "1.1", b"<a/>", wants=label), now)
        outbox.confirm(uow, late, now)
        acknowledgements.note_alarm(uow, [late], now)
    (seen,) = local.as_("east").get("/v1/backlogs").json()["backlogs"]
    assert {name: seen[name] for name in ("tenant", "waiting", "dead", "awaited", "overdue")} == {
        "tenant": "east",
        "waiting": 1,
        "dead": 1,
        "awaited": 1,
        "overdue": 1,
    }
    assert [each["kind"] for each in seen["overdue_documents"]] == ["BidAvailability"]
    of_all = local.as_("operator").get("/v1/backlogs").json()["backlogs"]
    assert {each["tenant"] for each in of_all} >= {"east", "west", "north", "operator"}


def test_it_is_stated_how_each_tenant_gets_its_messages(local: LocalGateway) -> None:
    now = local.world.clock.now()

    def way() -> tuple[str | None, str | None]:
        (seen,) = local.as_("east").get("/v1/backlogs").json()["backlogs"]
        return seen["sent_by"], seen["stopped_because"]

    assert way() == (None, None)
    with local.world.stores.of("east").writing() as uow:
        webhooks.put(uow, "https://peer.test/", now)
    assert way() == ("webhook", None)
    with local.world.stores.of("east").writing() as uow:
        webhook = webhooks.find(uow)
        assert webhook is not None
        webhooks.disable(uow, webhook, "the webhook answered 410", now)
    assert way() == (None, "the webhook answered 410")
    letters = DeadLetters(
        local.world.stores, TENANTS, lambda _: None, local.world.clock, channels={"east": "east-mqtt"}
    )
    assert letters.backlogs(TENANTS["east"], "", 1, 1)["east"].sent_by == "east-mqtt"
