"""Machines are added, given other secrets and revoked while the gateway runs."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from gateway.cli.commands import app
from gateway.cli.first_configuration import write_first_settings
from gateway.client_reload import ClientReload
from gateway.security.clients import Client, UnknownClientError, secret_matches
from gateway.settings import Settings, read_settings

RUN = CliRunner()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_first_settings(tmp_path / "gate", 8480).configuration


def client(config: Path, *arguments: str) -> Result:
    return RUN.invoke(app, ["client", *arguments, "--config", str(config)])


def credentials(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def counts(one: Client, secret: str, at: datetime) -> bool:
    return any(secret_matches(secret, hashed) for hashed in one.secret_hashes(at))


def watched(config: Path) -> tuple[Settings, ClientReload]:
    settings = read_settings(config)
    return settings, ClientReload(config, settings.clients, settings.tenants)


class TestClients:
    @pytest.mark.feature(id="F9")
    def test_an_added_one_counts_without_a_restart(self, config: Path, tmp_path: Path) -> None:
        settings, watch = watched(config)
        output = tmp_path / "new.json"
        done = client(config, "add", "second", "--tenant", "platform-north", "--output", str(output))
        assert done.exit_code == 0, done.output
        assert output.stat().st_mode & 0o777 == 0o600
        assert config.stat().st_mode & 0o777 == 0o600
        watch.look()
        found = settings.clients.get("second")
        assert found.tenant.tenant_id == "platform-north"
        assert counts(found, credentials(output)["client_secret"], datetime.now(UTC))
        assert credentials(output)["token_url"] == "http://127.0.0.1:8480/oauth/token"

    def test_a_former_secret_that_ends_before_its_time_is_reported(
        self, config: Path, tmp_path: Path
    ) -> None:
        first, second = (str(tmp_path / name) for name in ("first.json", "second.json"))
        before = client(config, "rotate", "tso", "--output", first, "--overlap-h", "2").output
        assert "it ends now" not in before
        until = before.split("counts until ")[1].split()[0]
        again = client(config, "rotate", "tso", "--output", second).output
        assert f"the secret before it was to count until {until}: it ends now" in " ".join(again.split())

    def test_one_of_a_tenant_that_is_new_does_not_count_before_the_next_start(
        self, config: Path, tmp_path: Path
    ) -> None:
        """Everything else knows the tenants of the start only."""
        settings, watch = watched(config)
        own = '[tenants.platform-west]\nrole = "platform"\nname = "West"\nparty_role = "A46"\n'
        config.write_text(f'{config.read_text()}\n{own}parties = [{{ code = "11XTEST-FARWESTV" }}]\n')
        done = client(
            config, "add", "west", "--tenant", "platform-west", "--output", str(tmp_path / "w.json")
        )
        assert done.exit_code == 0, done.output
        assert "after the next start" in " ".join(done.output.split())
        with capture_logs() as logs:
            watch.look()
        with pytest.raises(UnknownClientError):
            settings.clients.get("west")
        assert settings.clients.get("operator")
        (line,) = [line for line in logs if "next start" in line["event"] and "tenants" in line]
        assert line["tenants"] == ["platform-west"]
        assert read_settings(config).clients.get("west")

    def test_comments_of_the_configuration_stay(self, config: Path, tmp_path: Path) -> None:
        before = config.read_text()
        client(config, "add", "second", "--tenant", "tso", "--output", str(tmp_path / "new.json"))
        client(config, "revoke", "second")
        assert config.read_text().split() == before.split()

    def test_a_former_secret_counts_until_its_time_is_over(self, config: Path, tmp_path: Path) -> None:
        old, new = config.parent / "credentials" / "tso.json", tmp_path / "tso.json"
        settings, watch = watched(config)
        assert client(config, "rotate", "tso", "--output", str(new), "--overlap-h", "2").exit_code == 0
        watch.look()
        found, now = settings.clients.get("tso"), datetime.now(UTC)
        secrets = [credentials(file)["client_secret"] for file in (old, new)]
        assert [counts(found, secret, now) for secret in secrets] == [True, True]
        later = now + timedelta(hours=3)
        assert [counts(found, secret, later) for secret in secrets] == [False, True]

    def test_a_former_secret_can_be_revoked_at_once(self, config: Path, tmp_path: Path) -> None:
        old = credentials(config.parent / "credentials" / "tso.json")["client_secret"]
        settings, watch = watched(config)
        client(config, "rotate", "tso", "--output", str(tmp_path / "tso.json"))
        assert client(config, "revoke", "tso", "--former").exit_code == 0
        watch.look()
        assert not counts(settings.clients.get("tso"), old, datetime.now(UTC))
        assert client(config, "revoke", "tso", "--former").exit_code == 1

    def test_a_revoked_one_is_unknown(self, config: Path) -> None:
        settings, watch = watched(config)
        assert client(config, "revoke", "tso").exit_code == 0
        watch.look()
        with pytest.raises(UnknownClientError):
            settings.clients.get("tso")

    @pytest.mark.parametrize(
        ("arguments", "stated"),
        [
            (["add", "tso", "--tenant", "tso"], "there is a client 'tso' already"),
            (["add", "other", "--tenant", "nobody"], "clients.other.tenant: there is no tenant 'nobody'"),
            (["rotate", "nobody"], "there is no client 'nobody'; there are dso-east"),
            (["revoke", "nobody"], "there is no client 'nobody'"),
        ],
    )
    def test_what_cannot_be_done_changes_nothing(
        self, config: Path, tmp_path: Path, arguments: list[str], stated: str
    ) -> None:
        before = config.read_text()
        output = tmp_path / "out.json"
        with_output = ["--output", str(output)] if arguments[0] != "revoke" else []
        done = client(config, *arguments, *with_output)
        assert done.exit_code == 1
        assert stated in done.output
        assert config.read_text() == before
        assert not output.exists()
        assert sorted(file.name for file in config.parent.iterdir()) == ["credentials", "flexgate.toml"]

    def test_credentials_are_never_overwritten(self, config: Path, tmp_path: Path) -> None:
        output = tmp_path / "out.json"
        output.write_text("{}")
        before = config.read_text()
        assert client(config, "rotate", "tso", "--output", str(output)).exit_code == 1
        assert (output.read_text(), config.read_text()) == ("{}", before)

    def test_a_file_that_cannot_be_used_changes_nothing_in_a_running_gateway(self, config: Path) -> None:
        settings, watch = watched(config)
        config.write_text(config.read_text() + "\n[clients.bad]\ntenant = 'nobody'\n")
        watch.look()
        assert settings.clients.get("tso")

    def test_lists_who_there_is_without_secrets(self, config: Path) -> None:
        found = json.loads(client(config, "list", "--json").stdout)["clients"]
        assert [row["client"] for row in found][:2] == ["platform-north", "platform-south"]
        assert "scrypt" not in client(config, "list").stdout


def key_file(file: Path, *names: str) -> Path:
    keys = [OKPKey.generate_key("Ed25519", parameters={"kid": name}) for name in names]
    file.write_text(json.dumps({"keys": [key.as_dict(private=False) for key in keys]}))
    return file


def key_ids(settings: Settings, name: str) -> list[str | None]:
    return [key.key_id for key in settings.clients.get(name).public_keys]


class TestPublicKeys:
    def test_they_are_copied_beside_the_configuration(self, config: Path, tmp_path: Path) -> None:
        given = key_file(tmp_path / "k1.jwks", "k1")
        done = client(config, "add", "second", "--tenant", "tso", "--public-keys", str(given))
        assert done.exit_code == 0, done.output
        given.unlink()
        restored = shutil.copytree(config.parent, tmp_path / "elsewhere" / "gate") / config.name
        config.rename(tmp_path / "lost.toml")
        assert key_ids(read_settings(restored), "second") == ["k1"]
        assert (restored.parent / "public-keys").stat().st_mode & 0o777 == 0o700
        assert (restored.parent / "public-keys" / "second.jwks.json").stat().st_mode & 0o777 == 0o600

    def test_others_take_their_place_without_a_restart(self, config: Path, tmp_path: Path) -> None:
        client(
            config, "add", "second", "--tenant", "tso", "--public-keys", str(key_file(tmp_path / "1", "k1"))
        )
        settings, watch = watched(config)
        new = key_file(tmp_path / "2", "k1-new", "k2")
        assert client(config, "rotate", "second", "--public-keys", str(new)).exit_code == 0
        with capture_logs() as logs:
            watch.look()
        assert key_ids(settings, "second") == ["k1-new", "k2"]
        assert [one["changed"] for one in logs] == [{"second": "public keys"}]

    def test_keys_in_place_of_a_secret(self, config: Path, tmp_path: Path) -> None:
        secret = credentials(config.parent / "credentials" / "tso.json")["client_secret"]
        settings, watch = watched(config)
        new = str(key_file(tmp_path / "2", "k2"))
        done = client(config, "rotate", "tso", "--public-keys", new, "--overlap-h", "2")
        assert done.exit_code == 0, done.output
        watch.look()
        found, now = settings.clients.get("tso"), datetime.now(UTC)
        assert key_ids(settings, "tso") == ["k2"]
        assert [counts(found, secret, at) for at in (now, now + timedelta(hours=3))] == [True, False]

    def test_a_changed_file_of_keys_is_read_again(self, config: Path) -> None:
        given = key_file(config.parent / "own.jwks", "k1")
        text = config.read_text() + "\n[clients.own]\ntenant = 'tso'\npublic_keys = 'own.jwks'\n"
        settings, watch = watched(config)
        given.unlink()
        config.write_text(text)
        watch.look()
        with pytest.raises(UnknownClientError):
            settings.clients.get("own")
        key_file(given, "k2")
        watch.look()
        assert key_ids(settings, "own") == ["k2"]
        given.write_text("{")
        watch.look()
        assert key_ids(settings, "own") == ["k2"]
        key_file(given, "k3")
        watch.look()
        assert key_ids(settings, "own") == ["k3"]

    def test_what_cannot_be_used_changes_nothing(self, config: Path, tmp_path: Path) -> None:
        good, bad, none = key_file(tmp_path / "1", "k1"), tmp_path / "bad", key_file(tmp_path / "none")
        bad.write_text("{}")
        before = config.read_text()
        for source, stated in ((bad, "not a JWK set"), (none, "there is no key in it")):
            done = client(config, "add", "second", "--tenant", "tso", "--public-keys", str(source))
            assert (done.exit_code, stated in done.output) == (1, True), done.output
        assert client(config, "add", "x", "--tenant", "nobody", "--public-keys", str(good)).exit_code == 1
        assert config.read_text() == before
        assert sorted(file.name for file in config.parent.iterdir()) == ["credentials", "flexgate.toml"]

    def test_messages_say_what_to_do(self, config: Path, tmp_path: Path) -> None:
        given = ["--public-keys", str(key_file(tmp_path / "1", "k1"))]
        client(config, "add", "second", "--tenant", "tso", *given)
        assert "other keys with --public-keys FILE" in client(config, "rotate", "second").output
        again = client(config, "add", "second", "--tenant", "tso", *given).output
        assert "`flexgate client rotate second`" in again.replace("\n", " ")
        assert "with --public-keys FILE" in again.replace("\n", " ")


def test_a_blank_line_is_before_an_added_client(config: Path, tmp_path: Path) -> None:
    client(config, "add", "second", "--tenant", "tso", "--output", str(tmp_path / "new.json"))
    client(config, "add", "third", "--tenant", "tso", "--output", str(tmp_path / "new-2.json"))
    for name in ("second", "third"):
        assert f"\n\n[clients.{name}]\n" in config.read_text()
        assert f"\n\n\n[clients.{name}]\n" not in config.read_text()
