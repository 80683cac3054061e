"""A first configuration: complete, working, and plain to edit."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.domain.role import TenantRole
from gateway.security.clients import hash_secret, new_secret

_MEMBERS: Final = (
    ("platform-north", TenantRole.PLATFORM, "North market platform", "11XTEST-NORTH--J"),
    ("platform-south", TenantRole.PLATFORM, "South market platform", "11XTEST-SOUTH--Z"),
    ("dso-east", TenantRole.DSO, "East distribution grid", "11XTEST-EAST---X"),
    ("dso-west", TenantRole.DSO, "West distribution grid", "11XTEST-WEST---9"),
    ("tso", TenantRole.TSO, "Transmission system operator", "11XTEST-TSO----Z"),
    ("operator", TenantRole.OPERATOR, "Operator of this gateway", None),
)
PLATFORMS: Final = {name: party for name, role, _, party in _MEMBERS if role is TenantRole.PLATFORM and party}
"""Code of the party of each platform."""

_VERSIONS: Final = {
    "platform-north": '{ Acknowledgement = "8.1", BidAvailability = "1.1", MeritOrderList = "7.3" }',
}

_DATA: Final = "data"

_HEAD: Final = """\
# Flexgate. Paths are relative to this file. After a change: flexgate serve reports what does not fit.

[gateway]
# Who the gateway is in the documents it sends: a code, and the scheme it belongs to (A01 = EIC).
party = {{ code = "11XTEST-GATE---C", scheme = "A01" }}
party_role = "A04"
data = "{data}"
host = "127.0.0.1"
port = {port}
# How peers reach it, and the name of its token issuer.
public_url = "http://127.0.0.1:{port}"

[limits]
body_bytes = 67108864        # largest document, grid model or assignment
waiting_documents = 1000     # stored and not yet checked; above, senders receive a request to retry
document_workers = 2

[tokens]
lifetime_s = 900

[webhooks]
# true: also http:// and private networks, for trying things out on one machine
private_addresses = false
timeout_s = 10.0
"""


class FirstSettingsError(Exception):
    """There is something already."""


@dataclass(frozen=True)
class Written:
    """Where everything was put."""

    configuration: Path
    credentials: Path


def write_first_settings(directory: Path, port: int) -> Written:
    """Write configuration and credentials, readable by their owner only.

    Raises:
        FirstSettingsError: the directory holds a configuration already, or cannot be written.
    """
    written = Written(directory / "flexgate.toml", directory / "credentials")
    left = [
        place for place in (written.configuration, written.credentials, directory / _DATA) if _is_left(place)
    ]
    if left:
        raise FirstSettingsError(
            f"{', '.join(map(str, left))}: there already, and nothing is overwritten or mixed; "
            "choose a new directory, or move this one"
        )
    try:
        written.credentials.mkdir(parents=True, exist_ok=True, mode=0o700)
        sections = [_HEAD.format(port=port, data=_DATA)]
        for name, role, title, party in _MEMBERS:
            made = new_secret()
            sections.append(_section(name, role, title, party, hash_secret(made)))
            credentials = {
                "client_id": name,
                "client_secret": made,
                "token_url": f"http://127.0.0.1:{port}/oauth/token",
            }
            _write(written.credentials / f"{name}.json", json.dumps(credentials, indent=2) + "\n")
        _write(written.configuration, "\n".join(sections))
    except OSError as error:
        raise FirstSettingsError(f"{error.filename}: {error.strerror}") from error
    return written


def _is_left(place: Path) -> bool:
    """Whether an earlier gateway has left files; an empty directory does not count."""
    return any(place.iterdir()) if place.is_dir() else place.exists()


def _section(name: str, role: TenantRole, title: str, party: str | None, hashed: str) -> str:
    lines = [f"[tenants.{name}]", f'role = "{role}"', f'name = "{title}"']
    if party is not None:
        lines.append(f'parties = [{{ code = "{party}" }}]')
    if role is TenantRole.PLATFORM:
        lines += ['party_role = "A46"', "webhook_hosts = []   # hosts that it may have results pushed to"]
    if role is TenantRole.TSO:
        lines += ["merit_order_lists = true   # send it the MeritOrderList documents of its gates"]
    if name in _VERSIONS:
        lines.append(f"versions = {_VERSIONS[name]}")
    lines += ["", f"[clients.{name}]", f'tenant = "{name}"', f'secret_hash = "{hashed}"', ""]
    return "\n".join(lines)


def _write(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
