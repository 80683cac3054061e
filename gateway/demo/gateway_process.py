"""The demo's gateway: its configuration, and the process that runs it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final, Self

from contract_tests.emulators.client import Credentials, WaitedTooLongError, wait_until_ready
from contract_tests.emulators.exchanges import ChannelOptions
from gateway.demo.eic import eic
from gateway.demo.platforms import PLATFORMS, Platform
from gateway.domain.role import TenantRole
from gateway.security.clients import hash_secret, new_secret

GATEWAY_EIC: Final = eic("10XTEST-GATE")
GATEWAY_ROLE: Final = "A04"
PLATFORM_ROLE: Final = "A46"
AREA: Final = eic("10YTEST-AREA")
DSOS: Final = ("dso-1", "dso-2")
TSO: Final = "tso"
OPERATOR: Final = "operator"

_START_S: Final = 120.0
_STOP_S: Final = 10.0
_LOG_LINES: Final = 12
_SIGNS_OF_ERRORS: Final = ('"level": "error"', '"level": "critical"', "Exception in thread")


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation of the demo: its tenant id is the name its role goes by."""

    tenant: str
    role: TenantRole
    name: str
    eic: str


class GatewayFailedError(Exception):
    """The gateway process did not start, or ended too early; the message ends with its last log lines."""


def members(platforms: Sequence[Platform] = PLATFORMS) -> tuple[Member, ...]:
    """Everybody who takes part: the platforms, the DSOs, one TSO, one operator."""
    markets = [
        Member(platform.tenant, TenantRole.PLATFORM, f"TEST {platform.name} platform", platform.eic)
        for platform in platforms
    ]
    dsos = [
        Member(dso, TenantRole.DSO, f"TEST grid operator {number}", eic(f"11XTEST-DSO-{number}"))
        for number, dso in enumerate(DSOS, 1)
    ]
    tso = Member(TSO, TenantRole.TSO, "TEST transmission system operator", eic("10XTEST-TSO"))
    operator = Member(OPERATOR, TenantRole.OPERATOR, "TEST gateway operator", eic("10XTEST-OPER"))
    return (*markets, *dsos, tso, operator)


def configure(
    directory: Path,
    port: int,
    taking_part: Sequence[Member],
    channels: Mapping[str, ChannelOptions] = MappingProxyType({}),
) -> tuple[Path, Mapping[str, Credentials]]:
    """Write a configuration with fresh secrets into `directory`.

    Args:
        directory: made if it is not there.
        port: where the gateway listens.
        taking_part: one tenant each, with one client.
        channels: by tenant; a channel has the name of its tenant.

    Returns:
        The configuration file, and the credentials of each tenant's client.
    """
    directory.mkdir(parents=True, exist_ok=True)
    credentials = {}
    lines = [
        "[gateway]",
        f'party = {{ code = "{GATEWAY_EIC}" }}',
        f'party_role = "{GATEWAY_ROLE}"',
        f"port = {port}",
        # Three documents are handled sooner than processes for them have started.
        "[limits]",
        "document_processes = 0",
    ]
    for member in taking_part:
        client = f"{member.tenant}-client"
        secret = new_secret()
        credentials[member.tenant] = Credentials(client, secret)
        lines += [
            "",
            f"[tenants.{member.tenant}]",
            f'role = "{member.role}"',
            f'name = "{member.name}"',
            f'parties = [{{ code = "{member.eic}" }}]',
        ]
        if member.role is TenantRole.PLATFORM:
            lines.append(f'party_role = "{PLATFORM_ROLE}"')
        lines += [
            "",
            f"[clients.{client}]",
            f'tenant = "{member.tenant}"',
            f'secret_hash = "{hash_secret(secret)}"',
        ]
    for tenant, channel in channels.items():
        lines += ["", f"[channels.{tenant}]", f'adapter = "{channel.adapter}"', f'tenant = "{tenant}"']
        lines.append(f"options = {_toml(channel.options)}")
    file = directory / "flexgate.toml"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file, credentials


def _toml(value: object) -> str:
    """A value on one line; what JSON and TOML write alike is left to JSON."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_toml(part)}' for key, part in value.items())} }}"
    return json.dumps(value)


def free_port() -> int:
    """A local port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class GatewayProcess:
    """`flexgate serve` as a process of its own, ended on leaving.

    Starting takes a moment that the caller may use: nothing is waited for before `wait_until_ready`.
    """

    def __init__(self, configuration: Path, base_url: str) -> None:
        self._base_url = base_url
        self._log = configuration.with_name("gateway.log")
        with self._log.open("wb") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway.cli", "serve", "--config", str(configuration)],
                stdout=stream,
                stderr=subprocess.STDOUT,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait_until_ready(self) -> None:
        """Return once the gateway takes requests.

        Raises:
            GatewayFailedError: it does not.
        """
        try:
            wait_until_ready(self._base_url, _START_S, lambda: self._process.poll() is None)
        except WaitedTooLongError as error:
            raise GatewayFailedError("\n".join([str(error), *self.last_log_lines()])) from error

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def last_log_lines(self) -> list[str]:
        """The last errors in the gateway's log, or where it has none its last lines."""
        return (self.errors() or _lines(self._log))[-_LOG_LINES:]

    def errors(self) -> list[str]:
        """Lines of the gateway's log that report errors (see `errors_in`)."""
        return errors_in(self._log)


def errors_in(log: Path) -> list[str]:
    """Every line of a gateway's log that reports an error, whether logged or escaped from a thread."""
    return [line for line in _lines(log) if any(sign in line for sign in _SIGNS_OF_ERRORS)]


def _lines(log: Path) -> list[str]:
    return log.read_text("utf-8", errors="replace").splitlines()
