"""What only a folder can do wrong: files half written, links, names that are taken, answers of old."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from adapters.folder.channel import CLAIMED
from adapters.folder.files import move, publish, read_unchanged
from gateway.domain.envelope import Envelope
from gateway.ports import DeliveryError
from gateway.records.messages import outbox
from gateway.records.messages.outbox import OutboxState
from tests.adapters.local_gateway import LARGEST_BYTES, NORTH, LocalGateway, stays
from tests.adapters.peers.folder import FolderPeer, folder_peer
from tests.intake.local_gateway import NOW, acknowledgement_in, codes_of
from tests.patience import eventually
from tests.specimens import RESERVE_BID_7_2, RESERVE_BID_TABLE

GOOD = RESERVE_BID_7_2.data


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[FolderPeer]:
    with folder_peer(tmp_path) as opened:
        (opened.directory / "inbox").mkdir()
        yield opened


@pytest.mark.feature(id="C6")
def test_a_file_is_read_when_its_writer_is_done(local: LocalGateway, peer: FolderPeer) -> None:
    peer.stable_s = 3.0  # longer than a slow machine pauses between two writes
    local.start()
    file = peer.directory / "inbox" / "slow.xml"
    with file.open("wb") as slow:
        for start in range(0, len(GOOD), 1 + len(GOOD) // 20):
            slow.write(GOOD[start : start + 1 + len(GOOD) // 20])
            slow.flush()
            assert stays(lambda: local.envelopes() == 0, 0.02)
    eventually(lambda: len(local.noted()) == RESERVE_BID_7_2.series)
    assert (peer.directory / "done" / "slow.xml").read_bytes() == GOOD
    assert not file.exists()


def done_files(peer: FolderPeer) -> list[Path]:
    return [*(peer.directory / "done").iterdir()]


def test_a_file_in_hand_when_the_process_ended_is_answered_once(
    local: LocalGateway, peer: FolderPeer
) -> None:
    inbox = peer.directory / "inbox"
    (inbox / "bids.xml").write_bytes(GOOD)
    local.start()
    eventually(lambda: peer.received() and done_files(peer))
    local.stop()
    (in_hand := peer.directory / CLAIMED).mkdir(exist_ok=True)
    (peer.directory / "done" / "bids.xml").rename(in_hand / "bids.xml")  # stored, and not moved away
    local.open_stores()
    local.start()
    eventually(lambda: done_files(peer))
    assert stays(lambda: local.envelopes() == 1 and len(peer.received()) == 1)
    (inbox / "bids.xml").write_bytes(GOOD)  # by its sender, once more
    eventually(lambda: len(peer.received()) == 2)
    assert not list(in_hand.iterdir())


@pytest.mark.parametrize("name", ["bids.txt", ".hidden.xml", "bids.xml.part", ".flexgate-1.xml"])
def test_files_of_other_names_are_left_alone(local: LocalGateway, peer: FolderPeer, name: str) -> None:
    local.start()
    file = peer.directory / "inbox" / name
    file.write_bytes(GOOD)
    assert stays(lambda: file.exists() and local.envelopes() == 0)


def test_a_table_is_known_by_its_name(local: LocalGateway, peer: FolderPeer) -> None:
    local.start()
    (peer.directory / "inbox" / "bids.csv").write_bytes(RESERVE_BID_TABLE)
    eventually(peer.received)
    assert codes_of(acknowledgement_in(peer.received()[0].payload)) == ["A01"]


def test_a_name_that_is_no_text_is_refused_and_delays_no_other_file(
    local: LocalGateway, peer: FolderPeer
) -> None:
    local.start()
    name = b"bids-\xff.xml"
    (peer.directory / "inbox" / os.fsdecode(name)).write_bytes(GOOD)
    peer.send(GOOD, "good")
    eventually(peer.refusals)
    assert peer.refusals() == ["urn:flexgate:problem:invalid"]
    assert (peer.directory / "error" / os.fsdecode(name)).read_bytes() == GOOD
    eventually(lambda: len(local.noted()) == RESERVE_BID_7_2.series)


def test_links_lead_nowhere(local: LocalGateway, peer: FolderPeer, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.xml"
    elsewhere.write_bytes(GOOD)
    (peer.directory / "inbox" / "link.xml").symlink_to(elsewhere)
    (peer.directory / "inbox" / "directory.xml").mkdir()
    os.mkfifo(peer.directory / "inbox" / "pipe.xml")
    local.start()
    peer.send(GOOD.replace(b"TEST-", b"TEXT-"), "good")
    eventually(lambda: local.envelopes() == 1)
    assert stays(lambda: local.envelopes() == 1)
    assert elsewhere.exists()


@pytest.mark.parametrize("name", ["é" * 120 + ".xml", "n" * 250 + ".xml", "BIDS.XML"])
def test_any_name_of_a_file_is_answered(local: LocalGateway, peer: FolderPeer, name: str) -> None:
    """Names are counted in bytes, of which a letter may have several."""
    local.start()
    (peer.directory / "inbox" / name).write_bytes(GOOD)
    eventually(lambda: list((peer.directory / "outbox").glob("[!.]*")), "the answer")
    (answer,) = (peer.directory / "outbox").glob("[!.]*")
    assert answer.name[:8] == name[:8]
    assert len(os.fsencode(answer.name)) <= 255
    assert codes_of(acknowledgement_in(answer.read_bytes())) == ["A01"]
    assert (peer.directory / "done" / name).exists()


def test_a_long_name_that_is_refused_has_its_reason(local: LocalGateway, peer: FolderPeer) -> None:
    local.start()
    name = "é" * 124 + ".xml"
    (peer.directory / "inbox" / name).write_bytes(b" " * (LARGEST_BYTES + 1))
    eventually(peer.refusals)
    assert (peer.directory / "error" / name).exists()


def test_a_file_that_cannot_be_written_pauses_itself_alone(local: LocalGateway) -> None:
    local.start()
    assert local.channel is not None
    message = Envelope("north", "north-test", "m" * 300, "application/xml", NOW, b"<a/>")
    with pytest.raises(DeliveryError, match="the file cannot be written") as raised:
        local.channel.send(NORTH, message)
    assert raised.value.alone
    assert local.channel.health().state == "up"


def test_a_folder_that_cannot_be_written_is_shown_and_costs_no_message_an_attempt(
    local: LocalGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    local.start()
    with monkeypatch.context() as disk:
        disk.setattr("adapters.folder.channel.publish", full)
        disk.setattr("adapters.folder.channel.probe", full)
        number = local.put(b"<a/>")
        local.until_health("down")
        assert stays(lambda: local.channel is not None and local.channel.health().state == "down")
        assert local.channel is not None
        assert "No space left" in (local.channel.health().last_error or "")
        with local.stores.of("north").reading() as uow:
            waiting = outbox.find(uow, number)
        assert waiting is not None
        assert (waiting.state, waiting.attempts) == (OutboxState.WAITING, 1)
    eventually(lambda: local.state_of(number) is OutboxState.DELIVERED)
    local.until_health("up")


def test_a_file_that_stays_is_reported_once_and_not_every_second(
    local: LocalGateway, peer: FolderPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = peer.directory / "inbox"
    (inbox / "directory.xml").mkdir()
    os.mkfifo(inbox / "pipe.xml")
    (inbox / "bids.txt").write_bytes(GOOD)
    with structlog.testing.capture_logs() as logs:
        local.start()
        assert stays(lambda: True, 0.5)
        stated = [log["file"] for log in logs if log["event"] in ("file not submitted", "file left alone")]
        assert sorted(stated) == ["bids.txt", "directory.xml", "pipe.xml"]
        monkeypatch.setattr("adapters.folder.channel.LOG_AGAIN_S", 0.0)
        eventually(lambda: [log.get("file") for log in logs].count("pipe.xml") > 1, "to be logged again")


def test_a_file_in_hand_that_cannot_be_read_is_reported_once_too(
    local: LocalGateway, peer: FolderPeer
) -> None:
    (in_hand := peer.directory / CLAIMED).mkdir()
    os.mkfifo(in_hand / "pipe.xml")
    with structlog.testing.capture_logs() as logs:
        local.start()
        (peer.directory / "inbox" / "bids.xml").write_bytes(GOOD)
        eventually(peer.received)
        assert stays(lambda: True, 0.5)
    assert [log["file"] for log in logs if log["event"] == "file not submitted"] == ["pipe.xml"]


def test_files_are_taken_from_no_place_that_a_link_leads_to(
    local: LocalGateway, peer: FolderPeer, tmp_path: Path
) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    (elsewhere / "bids.xml").write_bytes(GOOD)
    (peer.directory / CLAIMED).symlink_to(elsewhere)
    local.start(wait=False)
    local.until_health("down")
    assert stays(lambda: (elsewhere / "bids.xml").exists() and local.envelopes() == 0)


def test_a_folder_that_has_gone_is_made_again_and_reported(local: LocalGateway, peer: FolderPeer) -> None:
    local.start()
    (peer.directory / "outbox").rename(peer.directory / "moved")
    eventually((peer.directory / "outbox").is_dir)
    local.until_health("up")
    assert local.channel is not None
    assert local.channel.health().last_error == "the folder outbox was gone; it was created again"


def test_the_same_name_twice_overwrites_nothing(local: LocalGateway, peer: FolderPeer) -> None:
    local.start()
    for content in (GOOD, b"not a document"):
        (peer.directory / "inbox" / "bids.xml").write_bytes(content)
        eventually(lambda content=content: content in [each.read_bytes() for each in done_files(peer)])
    done = {file.name: file.read_bytes() for file in (peer.directory / "done").iterdir()}
    assert done == {"bids.xml": GOOD, "bids.1.xml": b"not a document"}
    eventually(lambda: len(peer.received()) == 2)


def test_a_repeated_answer_is_one_file(local: LocalGateway, peer: FolderPeer) -> None:
    local.start()
    assert local.channel is not None
    message = Envelope(
        "north", "north-test", "m1", "application/xml", NOW, b"<a/>", "in.xml", "Acknowledgement"
    )
    for _ in range(2):
        local.channel.send(NORTH, message)
    assert [file.name for file in (peer.directory / "outbox").iterdir()] == ["in.xml.Acknowledgement.m1.xml"]


@pytest.mark.parametrize(
    ("content_type", "suffix"),
    [
        ("application/xml", "xml"),
        ("application/vnd.example+xml", "xml"),
        ("application/json", "json"),
        ("application/vnd.example+json", "json"),
        ("text/csv", "csv"),
    ],
)
def test_a_name_ends_as_its_form_does(
    local: LocalGateway, peer: FolderPeer, content_type: str, suffix: str
) -> None:
    """Documents of described formats leave as they came, in any form."""
    local.start()
    assert local.channel is not None
    local.channel.send(NORTH, Envelope("north", "north-test", "m1", content_type, NOW, b"content"))
    assert [file.name for file in (peer.directory / "outbox").iterdir()] == [f"m1.{suffix}"]


def test_answers_bear_the_rights_of_their_folder(local: LocalGateway, peer: FolderPeer) -> None:
    (peer.directory / "outbox").mkdir()
    (peer.directory / "outbox").chmod(0o770)
    local.start()
    number = local.put(b"<a/>")
    eventually(lambda: local.state_of(number) is OutboxState.DELIVERED)
    (answer,) = (peer.directory / "outbox").iterdir()
    assert answer.stat().st_mode & 0o777 == 0o660


class TestFiles:
    def test_nothing_is_replaced(self, tmp_path: Path) -> None:
        publish(b"first", tmp_path / "a")
        with pytest.raises(FileExistsError):
            publish(b"second", tmp_path / "a")
        assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"first"]

    def test_what_grows_is_not_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "a"
        file.write_bytes(b"half")
        fstat = os.fstat

        def growing(handle: int) -> os.stat_result:
            state = fstat(handle)
            with file.open("ab") as writer:
                writer.write(b"more")
            return state

        monkeypatch.setattr(os, "fstat", growing)
        with pytest.raises(OSError, match="changed"):
            read_unchanged(file, 100)

    def test_moved_names_count_up(self, tmp_path: Path) -> None:
        target = tmp_path / "done"
        target.mkdir()
        for _ in range(3):
            (tmp_path / "a.xml").write_bytes(b"")
            move(tmp_path / "a.xml", target)
        assert sorted(file.name for file in target.iterdir()) == ["a.1.xml", "a.2.xml", "a.xml"]
