"""Configuration of channels: every fault with its place, secrets never inside, extras only when enabled."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from adapters.channels import (
    ChannelSetting,
    ChannelTable,
    checked_channels,
    opened_channels,
)
from adapters.kit.options import DIRECTORY, MissingExtraError, Options, Secret
from gateway.domain.role import TenantRole, held
from gateway.domain.tenant import Tenant
from gateway.ports import Adapter, ChannelContext, Descriptor, Initiative
from gateway.records.engine.stores import Stores
from tests.adapters.local_gateway import LARGEST_BYTES, Clock

TENANTS = {
    "north": Tenant("north", held(TenantRole.PLATFORM), "North"),
    "east": Tenant("east", held(TenantRole.DSO), "East"),
    "desk": Tenant("desk", held(TenantRole.OPERATOR), "Desk"),
}
FOLDER = {"adapter": "folder", "tenant": "north", "options": {"directory": "exchange"}}


def checked(directory: Path, **tables: dict[str, Any]) -> tuple[list[Any], list[str]]:
    named = {name.replace("_", "-"): ChannelTable.model_validate(table) for name, table in tables.items()}
    return checked_channels(named, TENANTS, directory)


def test_a_channel_in_order(tmp_path: Path) -> None:
    (setting,), faults = checked(tmp_path, north_folder=FOLDER)
    assert faults == []
    assert setting.options.directory == tmp_path / "exchange"
    assert (setting.receives, setting.sends) == (True, True)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"tenant": "west"}, "channels.one.tenant: there is no tenant 'west'"),
        ({"adapter": "pigeon"}, "channels.one.adapter: no 'pigeon'; there are "),
        ({"tenant": "desk"}, "channels.one.carries: 'both' is not for the role operator"),
        ({"options": {}}, "channels.one.options.directory: "),
        (
            {"options": {"directory": "a", "colour": 1}},
            "channels.one.options.colour: there is no such option; there are dir",
        ),
        ({"options": {"directory": "a", "patterns": ["../*"]}}, "channels.one.options.patterns: "),
    ],
)
def test_a_fault_has_its_place(tmp_path: Path, change: dict[str, Any], place: str) -> None:
    settings, faults = checked(tmp_path, one=FOLDER | change)
    assert len(faults) == 1
    assert faults[0].startswith(place)
    assert not settings or "options" not in change


@pytest.mark.parametrize("carries", ["both", "in", "out"])
def test_a_dso_may_send_and_be_sent_to(tmp_path: Path, carries: str) -> None:
    assert checked(tmp_path, one=FOLDER | {"tenant": "east", "carries": carries})[1] == []


def test_a_tenant_has_one_way_out(tmp_path: Path) -> None:
    _, faults = checked(tmp_path, one=FOLDER, two=FOLDER, three=FOLDER | {"carries": "in"})
    assert faults == ["channels.two.carries: what is for north goes out by one already"]


@pytest.mark.parametrize("name", ["rest", "webhook"])
def test_names_of_the_rest_interface_are_taken(tmp_path: Path, name: str) -> None:
    assert checked(tmp_path, **{name: FOLDER})[1] == [
        f"channels.{name}: this name is used by a path of the REST interface"
    ]


class TestSecrets:
    secret = TypeAdapter(Secret)

    def read(self, value: object, directory: Path) -> str:
        return self.secret.validate_python(value, context={DIRECTORY: directory}).get_secret_value()

    def test_from_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "password").write_text("open sesame\n")
        (tmp_path / "password").chmod(0o600)
        assert self.read({"file": "password"}, tmp_path) == "open sesame"

    def test_from_the_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BROKER_PASSWORD", "open sesame")
        assert self.read({"env": "BROKER_PASSWORD"}, tmp_path) == "open sesame"

    @pytest.mark.parametrize(
        "value", ["open sesame", 5, {}, {"text": "open sesame"}, {"env": "NOT_SET"}, {"file": "none"}]
    )
    def test_nothing_else_and_no_fault_repeats_it(self, tmp_path: Path, value: object) -> None:
        with pytest.raises(ValidationError) as caught:
            self.read(value, tmp_path)
        assert "open sesame" not in str(caught.value.errors(include_input=False))

    def test_a_file_that_others_can_read(self, tmp_path: Path) -> None:
        (tmp_path / "password").write_text("open sesame")
        (tmp_path / "password").chmod(0o644)
        with pytest.raises(ValidationError, match="600"):
            self.read({"file": "password"}, tmp_path)


def test_a_missing_extra_is_named(tmp_path: Path) -> None:
    def opens(_: Options, __: ChannelContext) -> Any:
        import no_such_broker_library  # noqa: PLC0415

        return no_such_broker_library

    words = Descriptor("Pigeon 1", "anything", Initiative.PEER, Initiative.PEER, "by day", ())
    adapter = Adapter(words, Options, opens, extra="brokers")
    (setting,), _ = checked(tmp_path, one=FOLDER)
    broken = type(setting)("one", setting.table, adapter, Options())
    with pytest.raises(MissingExtraError, match="'folder' needs the extra 'brokers'"):
        broken.open(TENANTS["north"], None, Stores(tmp_path / "stores", TENANTS), Clock(), LARGEST_BYTES)


def test_all_missing_extras_are_named_at_once_with_one_command(tmp_path: Path) -> None:
    def opens(setting: ChannelSetting) -> Any:
        raise MissingExtraError(
            f"channels.{setting.name}: nothing is there", frozenset([f"for-{setting.name}"])
        )

    settings, _ = checked(tmp_path, one=FOLDER, two=FOLDER | {"carries": "in"})
    with pytest.raises(MissingExtraError) as raised:
        opened_channels(settings, opens)
    lines = str(raised.value).splitlines()
    assert [line.split(":")[0] for line in lines[:2]] == ["channels.one", "channels.two"]
    assert lines[2].endswith("[for-one,for-two]'")


def test_no_protocol_is_imported_that_is_not_used() -> None:
    libraries = ("paho", "aio_pika", "proton", "signxml")
    code = (
        "import sys, gateway.app, adapters.channels as c;"
        "[c._loaded(e) for e in c.entry_points(group=c.GROUP)];"
        "print(*(name for name in sys.argv[1:] if name in sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code, *libraries], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""
