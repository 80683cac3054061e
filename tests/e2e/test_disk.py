"""A full disk, a limit of the system: senders are asked to come again, nothing is lost, one line says why,
and the gateway is back by itself. A disk that is read-only at the start is said plainly."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from adapters.folder.channel import CLAIMED
from tests.e2e.running import Running, json_of
from tests.e2e.world import MEMBERS, bid, document, prepare
from tests.patience import PATIENCE_S

MB = 2**20
XML = {"Content-Type": "application/xml"}
FOLDER = """
[channels.folder]
adapter = "folder"
tenant = "north"
carries = "in"
[channels.folder.options]
directory = "../folder"
poll_s = 0.05
stable_s = 0.1
"""


@dataclass(frozen=True)
class Fault:
    """How the data directory becomes useless, and useful again; what is said of it."""

    begin: Callable[[Running], None]
    end: Callable[[Running], None]
    says: str


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def filler(gateway: Running) -> Path:
    return gateway.directory / "data" / "filler"


def fill(gateway: Running) -> None:
    with suppress(OSError), filler(gateway).open("wb", 0) as file:
        while True:
            file.write(b"x" * 4096)


def empty(gateway: Running) -> None:
    filler(gateway).unlink()


def limit_files(gateway: Running) -> None:
    largest = max(file.stat().st_size for file in (gateway.directory / "data" / "stores").glob("north*"))
    for process in processes(gateway):
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (max(largest // 2, 4096), hard))


def unlimit_files(gateway: Running) -> None:
    for process in processes(gateway):
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (hard, hard))


def processes(gateway: Running) -> list[int]:
    """The gateway and its children, which have the limits it had at their start."""
    assert gateway.process is not None
    own = Path(f"/proc/{gateway.process.pid}/task")
    return [
        gateway.process.pid,
        *(int(child) for thread in own.iterdir() for child in (thread / "children").read_text().split()),
    ]


def make_immutable(gateway: Running) -> None:
    run("chattr", "+i", *stores(gateway))


def make_mutable(gateway: Running) -> None:
    run("chattr", "-i", *stores(gateway))


def stores(gateway: Running) -> list[str]:
    """Files of the databases. Even root cannot open one for writing that is immutable."""
    return [str(file) for file in (gateway.directory / "data" / "stores").iterdir()]


FAULTS = {
    "full": Fault(fill, empty, "left on the disk|no space is left"),
    "file size": Fault(limit_files, unlimit_files, "limit or quota"),
    "immutable": Fault(make_immutable, make_mutable, "cannot be written to"),
}
OF_A_DISK = ("full",)


@contextmanager
def disk(directory: Path) -> Iterator[None]:
    """A file system of its own, of 48 MiB."""
    directory.mkdir(parents=True)
    try:
        run("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(directory))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a file system can be mounted by root only")
    try:
        yield
    finally:
        run("umount", "-l", str(directory))


@contextmanager
def files_that_can_be_immutable(directory: Path) -> Iterator[None]:
    probe = directory / "probe"
    probe.touch()
    try:
        run("chattr", "+i", str(probe))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("files can be made immutable by root only, on file systems that know it")
    try:
        yield
    finally:
        run("chattr", "-R", "-f", "-i", str(directory))


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fault]:
    if request.param in OF_A_DISK:
        with disk(tmp_path / "gateway" / "data"):
            yield FAULTS[request.param]
    elif request.param == "immutable":
        with files_that_can_be_immutable(tmp_path):
            yield FAULTS[request.param]
    elif sys.platform != "linux":
        pytest.skip("limits of another process can be set on Linux only")
    else:
        yield FAULTS[request.param]


def test_nothing_is_lost_and_it_is_back_by_itself(tmp_path: Path, fault: Fault) -> None:
    (tmp_path / "folder").mkdir()
    gateway = Running(tmp_path / "gateway", MEMBERS, FOLDER)
    with gateway:
        prepare(gateway)
        client = gateway.as_("north")
        confirmed = [hand_in(client, f"TEST-BEFORE-{number}").headers["location"] for number in range(3)]

        fault.begin(gateway)
        problem = gateway.until(lambda: not_ready(gateway), "the gateway to see it")
        assert is_stated(fault, problem), problem
        os.sync()  # from now on the system ends a process that writes to an immutable file in memory
        refused = [
            gateway.until(lambda n=n: refusal(client, f"TEST-DURING-{n}"), "a refusal") for n in range(5)
        ]
        assert all(answer.headers["retry-after"] for answer in refused)
        inbox, taken = tmp_path / "folder" / "inbox", tmp_path / "folder" / "done" / "bids.xml"
        drop(inbox / "bids.xml", document("north", "7.4", "TEST-FOLDER", bid("TEST-FOLDER-B", 1, 10)))
        gateway.until(lambda: "channel waits" in gateway.log, "the folder to wait")
        assert (inbox.parent / CLAIMED / "bids.xml").exists()  # in hand until it is stored
        assert not taken.exists()
        assert httpx2.get(f"{gateway.url}/healthz").status_code == 200

        fault.end(gateway)
        gateway.until(gateway.is_ready, "the gateway to come back")
        again = [hand_in(client, f"TEST-DURING-{number}").headers["location"] for number in range(5)]
        gateway.until(taken.exists, "the folder to be read")
        assert not (inbox.parent / CLAIMED / "bids.xml").exists()
        for location in (*confirmed, *again):
            assert gateway.settled(client, location)["state"] == "accepted"
        for line in ("data cannot be stored", "data can be stored again"):
            assert 1 <= gateway.log.count(line) <= 3, gateway.log
        assert "Traceback" not in gateway.log
        assert len(gateway.log.splitlines()) < 400


def drop(file: Path, data: bytes) -> None:
    """As a peer does: under a name in the making first."""
    making = file.with_name(f".{file.name}")
    making.write_bytes(data)
    making.replace(file)


def hand_in(client: httpx2.Client, mrid: str) -> httpx2.Response:
    data = document("north", "7.4", mrid, bid(f"{mrid}-B", 1, 10))
    answer = client.post("/v1/documents", content=data, headers=XML)
    assert answer.status_code == 202, answer.text
    return answer


def refusal(client: httpx2.Client, mrid: str) -> httpx2.Response | None:
    """The answer to a document; None while there is space for it all the same."""
    padding = b"<!--" + os.urandom(MB // 2).hex().encode() + b"-->"
    data = document("north", "7.4", mrid, bid(f"{mrid}-B", 1, 10)) + padding
    answer = client.post("/v1/documents", content=data, headers=XML)
    assert answer.status_code in (202, 503), answer.text
    return answer if answer.status_code == 503 else None


def not_ready(gateway: Running) -> dict[str, str] | None:
    answer = httpx2.get(f"{gateway.url}/readyz")
    if answer.status_code == 200:
        hand_in_anything(gateway)  # a limit of one file is met by who writes it
        return None
    return dict(json_of(answer, 503))


def hand_in_anything(gateway: Running) -> None:
    refusal(gateway.as_("north"), "TEST-PROBE")


def is_stated(fault: Fault, problem: dict[str, str]) -> bool:
    return any(words in problem["detail"] for words in fault.says.split("|"))


def test_a_start_on_a_disk_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    with disk(tmp_path / "gateway" / "data"):
        gateway = Running(tmp_path / "gateway", MEMBERS)
        run("mount", "-o", "remount,ro", str(tmp_path / "gateway" / "data"))
        gateway.spawn()
        assert gateway.process is not None
        assert gateway.process.wait(PATIENCE_S) != 0
        assert "Traceback" not in gateway.log
        assert "data" in gateway.log
