"""Machines that may call the gateway: changed in its configuration, in force a moment later."""

import json
import os
import re
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from gateway.cli.api_client import TOKENS, AsJson, print_json
from gateway.cli.run import CONFIG, ConfigFile
from gateway.cli.screen import fail, finite, out, print_table

if TYPE_CHECKING:
    import tomlkit

app = typer.Typer(
    no_args_is_help=True,
    help="Add, change and remove machines in the configuration. A running gateway applies it within seconds.",
)

KEYS = "public-keys"
"""Directory next to the configuration with the public keys of machines: a backup of it has them too."""

PublicKeys = Annotated[
    Path | None,
    typer.Option(
        help="JWK set of its public keys, copied next to the configuration: it signs for itself, and "
        "needs no secret.",
        exists=True,
        dir_okay=False,
    ),
]

CredentialsOut = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="Where the credentials go, for the machine: a new file, readable by its owner only.",
        dir_okay=False,
    ),
]


@app.command("list")
def listed(config: ConfigFile = CONFIG, as_json: AsJson = False) -> None:
    """List the machines, and how each authenticates. Secrets are not stored."""
    rows = [
        {
            "client": name,
            "tenant": str(table["tenant"]),
            "secret": "secret_hash" in table,
            "public_keys": str(table.get("public_keys", "")) or None,
            "former_secret_until": _text(table.get("former_until")),
        }
        for name, table in _read(config).get("clients", {}).items()
    ]
    if as_json:
        print_json({"clients": rows})
        return
    shown = Table("client", "tenant", "secret", "public keys", "former secret until")
    for row in rows:
        secret = "yes" if row["secret"] else ""
        shown.add_row(
            row["client"], row["tenant"], secret, row["public_keys"] or "", row["former_secret_until"] or ""
        )
    print_table(shown)


@app.command()
def add(
    client: Annotated[str, typer.Argument(help="A name for the machine.")],
    tenant: Annotated[str, typer.Option(help="Whose machine it is, as in the configuration.")],
    output: CredentialsOut = None,
    public_keys: PublicKeys = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Add a machine to an organisation, with a random secret or by its public keys.

    flexgate client add north-2 --tenant platform-north --output north-2.json --config mygate/flexgate.toml
    """
    from gateway.security.clients import hash_secret, new_secret

    file = _read(config)
    if client in file["clients"]:
        fail(
            f"there is a client {client!r} already; `flexgate client rotate {client}` issues another "
            "secret, or other keys with --public-keys FILE"
        )
    table = _table(tenant=tenant)
    table.trivia.indent = "\n"  # a blank line before it
    if public_keys is not None:
        file["clients"][client] = table
        key_file = _register(config, file, client, public_keys)
        out.print(f"client {client} of {tenant} is added; its public keys are in {key_file}", markup=False)
        return
    secret = new_secret()
    table["secret_hash"] = hash_secret(secret)
    file["clients"][client] = table
    _hand_over(config, file, client, secret, output or Path(f"{client}.json"))
    out.print(f"it counts at once; if {tenant} is new in the file, after the next start", markup=False)


@app.command()
def rotate(
    client: Annotated[str, typer.Argument(help="The machine.")],
    output: CredentialsOut = None,
    overlap_h: Annotated[
        float,
        typer.Option(
            callback=finite, min=0, max=720, help="Hours for which the former secret counts as well."
        ),
    ] = 24.0,
    public_keys: PublicKeys = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Issue another secret for a machine, or set other public keys.

    The secret before counts a while longer, so that nothing is interrupted; one before that ends at once,
    even within its time. Of keys only those in the file count: it holds the former ones too until the machine
    signs with the new.

    flexgate client rotate north-2 --output north-2-new.json --config mygate/flexgate.toml
    """
    from gateway.security.clients import hash_secret, new_secret

    file = _read(config)
    table = _known(file, client)
    if public_keys is None and "secret_hash" not in table:
        fail(
            f"client {client!r} has no secret; it signs with the keys in {table['public_keys']}: "
            "set other keys with --public-keys FILE"
        )
    overlaps = bool(overlap_h) and "secret_hash" in table
    promised = table.get("former_until")
    _end_secret(table, timedelta(hours=overlap_h) if overlaps else None)
    if public_keys is None:
        secret = new_secret()
        table["secret_hash"] = hash_secret(secret)
        _hand_over(config, file, client, secret, output or Path(f"{client}.json"))
    else:
        key_file = _register(config, file, client, public_keys)
        out.print(f"client {client}: its public keys are those in {key_file} now", markup=False)
    if overlaps:
        out.print(f"the former secret counts until {table['former_until'].isoformat()}", markup=False)
    if promised is not None and promised > datetime.now(UTC):
        note = f"the secret before it was to count until {promised.isoformat()}: it ends now"
        out.print(note, markup=False)


@app.command()
def revoke(
    client: Annotated[str, typer.Argument(help="The machine.")],
    former: Annotated[
        bool, typer.Option("--former", help="Only its former secret, before its time is over.")
    ] = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Remove a machine: its secret, its keys and every token it has count no longer.

    flexgate client revoke north-2 --config mygate/flexgate.toml
    """
    file = _read(config)
    table = _known(file, client)
    if former:
        if "former_until" not in table:
            fail(f"client {client!r} has no former secret")
        for name in ("former_secret_hash", "former_until"):
            del table[name]
    else:
        del file["clients"][client]
    _write(config, file)
    what = f"the former secret of client {client}" if former else f"client {client}"
    out.print(f"{what} is revoked", markup=False)


def _end_secret(table: Any, overlap: timedelta | None) -> None:
    """Revoke the secret of a machine; it counts for `overlap` as its former one."""
    for name in ("former_secret_hash", "former_until"):
        table.pop(name, None)
    ended = table.pop("secret_hash", None)
    if overlap is not None:
        table["former_secret_hash"] = ended
        table["former_until"] = (datetime.now(UTC) + overlap).replace(microsecond=0)


def _register(config: Path, file: "tomlkit.TOMLDocument", client: str, source: Path) -> Path:
    """Copy a machine's public keys next to the configuration, and use them; return their path."""
    from gateway.security.clients import read_public_keys

    try:
        keys = source.read_bytes()
        if not read_public_keys(keys):
            fail(f"{source}: there is no key in it")
    except OSError as error:
        fail(f"{source}: {error.strerror}")
    except ValueError as error:
        fail(f"{source}: {error}")
    key_file = config.parent / KEYS / f"{quote(client, safe='')}.jwks.json"
    before = key_file.read_bytes() if key_file.exists() else None
    file["clients"][client]["public_keys"] = str(key_file.relative_to(config.parent))
    try:
        key_file.parent.mkdir(mode=0o700, exist_ok=True)
        _put(key_file, keys)
    except OSError as error:
        fail(f"{key_file}: {error.strerror}")
    try:
        _write(config, file)
    except typer.Exit:
        if before is not None:
            _put(key_file, before)
        else:
            key_file.unlink()
            with suppress(OSError):  # others have theirs there
                key_file.parent.rmdir()
        raise
    return key_file


def _put(file: Path, content: bytes) -> None:
    """Write a file of this content atomically; readable by its owner only."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".flexgate-")
    with os.fdopen(handle, "wb") as written:
        written.write(content)
    Path(name).replace(file)


def _hand_over(config: Path, file: "tomlkit.TOMLDocument", client: str, secret: str, output: Path) -> None:
    """Write the credentials first: a secret that was not stored would lock the machine out."""
    gateway = file["gateway"]
    url = gateway.get("public_url") or (
        f"http://{gateway.get('host', '127.0.0.1')}:{gateway.get('port', 8480)}"
    )
    credentials = {"client_id": client, "client_secret": secret, "token_url": f"{url}{TOKENS}"}
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        fail(f"{output} is there already; name another file with --output")
    except OSError as error:
        fail(f"{output}: {error.strerror}")
    with os.fdopen(handle, "w", encoding="utf-8") as written:
        written.write(json.dumps(credentials, indent=2) + "\n")
    try:
        _write(config, file)
    except typer.Exit:
        output.unlink()
        raise
    out.print(f"client {client}: credentials in {output}; hand them over, then delete the file", markup=False)


def _read(config: Path) -> "tomlkit.TOMLDocument":
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        file = tomlkit.parse(config.read_text("utf-8"))
    except OSError as error:
        fail(f"{config}: {error.strerror}")
    except (TOMLKitError, ValueError) as error:
        fail(f"{config}: not TOML: {error}")
    if "clients" not in file:
        file["clients"] = tomlkit.table(is_super_table=True)
    return file


def _table(**values: Any) -> Any:
    import tomlkit

    table = tomlkit.table()
    table.update(values)
    return table


def _known(file: "tomlkit.TOMLDocument", client: str) -> Any:
    clients: Any = file["clients"]
    if client not in clients:
        fail(f"there is no client {client!r}; there are {', '.join(sorted(clients)) or 'none'}")
    return clients[client]


def _write(config: Path, file: "tomlkit.TOMLDocument") -> None:
    """Replace the configuration atomically by the changed one, if a gateway would accept it."""
    from gateway.settings import SettingsError, read_settings

    handle, name = tempfile.mkstemp(dir=config.absolute().parent, prefix=".flexgate-", suffix=".toml")
    new = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as written:
            written.write(re.sub(r"\n{3,}(?=\[clients\.)", "\n\n", file.as_string()))
        read_settings(new)
        new.chmod(config.stat().st_mode & 0o777)
        new.replace(config)
    except SettingsError as error:
        new.unlink()
        fail("nothing is changed:\n" + "\n".join(error.faults))
    except OSError as error:
        new.unlink(missing_ok=True)
        fail(f"{config}: {error.strerror}")


def _text(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat()
