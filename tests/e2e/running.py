"""A real `flexgate serve` process with a configuration, a directory and a port of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import httpx2

from gateway.security.clients import hash_secret
from tests.patience import PATIENCE_S
from tests.specimens import GATEWAY

SECRET = "open sesame"
HASHED = hash_secret(SECRET)

T = TypeVar("T")


@dataclass(frozen=True)
class Member:
    """A tenant with one client of the same name; `settings` are further lines of its table."""

    name: str
    role: str
    parties: Sequence[tuple[str, str]] = ()
    settings: str = ""

    def section(self) -> str:
        parties = ", ".join(f'{{ code = "{code}", scheme = "{scheme}" }}' for code, scheme in self.parties)
        return (
            f'[tenants.{self.name}]\nrole = "{self.role}"\nname = "TEST {self.name}"\nparties = [{parties}]\n'
            f'party_role = "A46"\nwebhook_hosts = ["localhost"]\n{self.settings}\n'
            f'[clients.{self.name}]\ntenant = "{self.name}"\nsecret_hash = "{HASHED}"\n'
        )


@dataclass
class Running:
    """The gateway below one directory; it may be killed and started again."""

    directory: Path
    members: Sequence[Member]
    settings: str = ""
    data: Path = Path("data")
    program: Sequence[str] = ("-m", "gateway.cli")
    port: int = field(init=False)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        head = (
            f'[gateway]\nparty = {{ code = "{GATEWAY}" }}\nparty_role = "A34"\n'
            f'port = {self.port}\ndata = "{self.data}"\n'
        )
        webhooks = "[webhooks]\nprivate_addresses = true\ntimeout_s = 5.0\n"
        sections = [head, self.settings, webhooks, *(member.section() for member in self.members)]
        self.directory.mkdir(parents=True, exist_ok=True)
        self.configuration.write_text("\n".join(sections), "utf-8")

    @property
    def configuration(self) -> Path:
        return self.directory / "flexgate.toml"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text("utf-8")

    def __enter__(self) -> "Running":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.end()

    def start(self) -> "Running":
        self.spawn()
        try:
            self.until(self.is_ready, "the gateway to start")
        except BaseException:
            self.__exit__()  # `with` does not, when this fails
            raise
        return self

    def spawn(self) -> None:
        """Start the process and return at once. What a test has put into its data gets the modes it needs."""
        data = self.directory / "data"
        for place in (data, *data.rglob("*")) if os.access(data, os.W_OK) else ():
            place.chmod(0o700 if place.is_dir() else 0o600)
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program, "serve", "--config", str(self.configuration)],
                stdout=log,
                stderr=log,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log
        try:
            return httpx2.get(f"{self.url}/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the process and give its exit code; one that does not listen is killed."""
        assert self.process is not None
        self.process.send_signal(how)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def peak_memory_mb(self) -> float:
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def as_(self, tenant: str) -> httpx2.Client:
        form = {"grant_type": "client_credentials"}
        granted = httpx2.post(f"{self.url}/oauth/token", data=form, auth=(tenant, SECRET), timeout=PATIENCE_S)
        headers = {"Authorization": f"Bearer {granted.json()['access_token']}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=PATIENCE_S)

    @staticmethod
    def until(look: Callable[[], T], what: str) -> T:
        """Wait until `look` gives something, and give it."""
        end = monotonic() + PATIENCE_S
        while not (found := look()):
            assert monotonic() < end, f"waited too long for {what}"
            sleep(0.02)
        return found

    def settled(self, client: httpx2.Client, location: str) -> dict[str, Any]:
        """The status of a document once it is checked."""

        def look() -> dict[str, Any] | None:
            seen: dict[str, Any] = client.get(location).json()
            return seen if seen["state"] != "received" else None

        seen = self.until(look, f"{location} to be settled")
        assert seen is not None
        return seen

    def hand_in(self, client: httpx2.Client, data: bytes) -> tuple[dict[str, Any], bytes]:
        """Submit a document; its status once checked, and its acknowledgement."""
        answer = client.post("/v1/documents", content=data, headers={"Content-Type": "application/xml"})
        assert answer.status_code == 202, answer.text
        location = answer.headers["location"]
        return self.settled(client, location), client.get(f"{location}/acknowledgement").content


def json_of(answer: httpx2.Response, status: int = 200) -> Any:
    """The JSON of an answer that must have this status."""
    assert answer.status_code == status, answer.text
    return json.loads(answer.content)
