"""Publication to many platforms at once: the same for each as by itself, once, whatever happens meanwhile."""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from gateway.domain.document import MeritOrderList
from gateway.ports import StoreUnavailableError
from gateway.processes.bid_check.result import publish, publish_together
from gateway.records.engine import pending_publications
from gateway.records.engine.sqlite.engine import SqliteEngine
from gateway.records.engine.stores import Stores
from gateway.records.market import runs
from gateway.records.messages import acknowledgements, outbox
from mappings import DocumentStreams
from tests.patience import eventually
from tests.processes.test_publication import all_reported
from tests.processes.test_run import OPERATOR, orders, prepare
from tests.processes.world import CLOSES, TENANTS, World, model
from tests.stores import in_files

pytestmark = in_files

PLATFORMS = ("east", "west")


@pytest.fixture
def many(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A gate that counts as one of many platforms, about to close."""
    monkeypatch.setattr(publish, "MANY_PLATFORMS", 1)
    prepare(world)
    world.clock.moment = CLOSES
    world.gates.close("g1", OPERATOR)
    return world


def waiting(world: World) -> list[str]:
    return [name for name in PLATFORMS if world.stores.of(name).is_behind]


def sent(world: World, name: str) -> list[tuple[str, bool]]:
    """Kinds of messages in their order, and which of them are to be acknowledged."""
    with world.stores.of(name).reading() as uow:
        messages = outbox.after(uow, 0, 100)
        awaited = acknowledgements.of(uow, [one.id for one in messages])
    return [(one.kind, one.id in awaited) for one in messages]


def test_each_has_the_same_as_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "uuid", SimpleNamespace(uuid4=lambda: UUID(int=1)))  # mRIDs follow from it
    found = []
    for number, most in enumerate((64, 1)):
        monkeypatch.setattr(publish, "MANY_PLATFORMS", most)
        world = World.at(tmp_path / str(number))
        world.publisher._new_writer = DocumentStreams()
        prepare(world)
        world.close_and_run()
        assert waiting(world) == ([] if most > 1 else list(PLATFORMS))
        found.append((all_reported(world), [sent(world, name) for name in PLATFORMS]))
        world.stores.close()
    assert found[0] == found[1]
    assert all(found[0][1])


def test_all_platforms_share_a_transaction_and_then_are_named_to_listeners(
    many: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote: list[str] = []
    many.stores.listen(wrote.append)
    published: list[list[str]] = []
    publish_all = Stores.publish_all

    def noted(stores: Stores, run_id: str, publications: dict[str, bytes]) -> None:
        assert not set(wrote) & set(PLATFORMS)
        published.append(sorted(publications))
        publish_all(stores, run_id, publications)

    monkeypatch.setattr(Stores, "publish_all", noted)
    many.bid_check.run("g1")
    assert published == [list(PLATFORMS)]
    assert set(PLATFORMS) <= set(wrote)
    assert waiting(many) == list(PLATFORMS)


def test_the_interface_shows_it_at_once(many: World) -> None:
    run = many.bid_check.run("g1")
    for name in PLATFORMS:
        assert many.availability(run.run_id, TENANTS[name])[name]
    assert waiting(many) == []


def break_off(*_: object) -> None:
    raise OSError("the process ends")


@pytest.mark.parametrize(
    ("owner", "step"),
    [
        (pending_publications, "put"),  # nothing is stored
        (SqliteEngine, "_announce"),  # stored, and no store shows it
        (Stores, "wrote"),  # stored and shown
    ],
)
def test_after_an_interruption_everybody_has_it_once(
    many: World, monkeypatch: pytest.MonkeyPatch, owner: object, step: str
) -> None:
    monkeypatch.setattr(publish, "MANY_PLATFORMS", 1)
    with monkeypatch.context() as broken:
        broken.setattr(owner, step, break_off)
        with pytest.raises(OSError, match="the process ends"):
            many.bid_check.run("g1")
    many.bid_check.run("g1")
    assert [len(orders(many, name)) for name in PLATFORMS] == [1, 1]
    eventually(lambda: nothing_pending(many))
    many.bid_check.run("g1")
    assert [len(orders(many, name)) for name in PLATFORMS] == [1, 1]


def nothing_pending(world: World) -> bool:
    with world.stores.shared.reading() as shared:
        return not pending_publications.tenants(shared)


def test_a_full_shared_store_leaves_all_and_names_them(many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreUnavailableError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(Stores, "publish_all", full)
        with pytest.raises(StoreUnavailableError, match="not published to east, west yet"):
            many.bid_check.run("g1")
    assert waiting(many) == []
    many.bid_check.run("g1")
    assert [len(orders(many, name)) for name in PLATFORMS] == [1, 1]


def test_a_large_result_goes_into_its_own_store(many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish_together, "LARGEST_BYTES", 100)
    many.bid_check.run("g1")
    assert waiting(many) == []
    assert [len(orders(many, name)) for name in PLATFORMS] == [1, 1]


def test_what_needs_more_than_inserts_keeps_no_other_from_it(
    many: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """East's list cannot be written: that is a dead letter."""

    def write(document: MeritOrderList, version: str) -> Iterable[bytes]:
        if document.header.receiver.party == TENANTS["east"].parties[0]:
            raise ValueError("no such version")
        return many.write(document, version)

    monkeypatch.setattr(many.publisher, "_new_writer", lambda: write)
    many.bid_check.run("g1")
    assert waiting(many) == ["west"]
    with many.stores.of("east").reading() as uow:
        assert outbox.dead(uow, 10)
    assert len(orders(many, "west")) == 1


def test_a_second_run_follows_a_first_that_is_not_read_yet(many: World) -> None:
    many.bid_check.run("g1")
    many.put("north", model("north", 2.0))
    many.gates.run_again("g1")
    second = many.bid_check.run("g1")
    assert [len(orders(many, name)) for name in PLATFORMS] == [2, 2]
    (row,) = many.availability(second.run_id, TENANTS["east"])["east"]
    assert row.available_mw.tolist() == [2, 2]
