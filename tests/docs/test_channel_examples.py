"""Every channel in the documentation can be configured as it is written there, its commented settings too."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from adapters.channels import GROUP, ChannelTable
from adapters.kit.options import DIRECTORY
from gateway.ports import Adapter
from tests.adapters.test_signed_client import certified

PAGES = Path(__file__).resolve().parents[2] / "docs" / "connecting-a-platform"
BLOCK = re.compile(r"```toml\n(.*?)```", re.DOTALL)
COMMENTED = re.compile(r"^# (\w+ = .*|\[.*\])$", re.MULTILINE)


def examples() -> Iterator[Any]:
    for page in sorted(PAGES.glob("*.md")):
        text = "\n".join(block for block in BLOCK.findall(page.read_text("utf-8")) if "[channels." in block)
        if text:
            yield pytest.param(text, id=page.stem)
            yield pytest.param(COMMENTED.sub(uncommented, text), id=f"{page.stem}, with what is commented")


def uncommented(line: re.Match[str]) -> str:
    """The setting in a comment; a comment that is none stays."""
    try:
        tomllib.loads(line[1])
    except tomllib.TOMLDecodeError:
        return line[0]
    return line[1]


def files_in(value: Any) -> Iterator[str]:
    """Secrets, certificates and keys."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from [inner] if name == "file" and isinstance(inner, str) else files_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from files_in(inner)
    elif isinstance(value, str) and value.endswith((".pem", ".key")):
        yield value


@pytest.mark.parametrize("text", examples())
def test_it_is_a_configuration(text: str, tmp_path: Path) -> None:
    adapters = {entry.name: entry for entry in entry_points(group=GROUP)}
    channels = tomllib.loads(text)["channels"]
    assert channels
    certificate, key = certified(tmp_path, "any")
    for name in files_in(channels):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(0o600)
        is_certificate = file.suffix == ".pem" and "key" not in file.name
        file.write_bytes((certificate if is_certificate else key).read_bytes())
    for table in channels.values():
        channel = ChannelTable.model_validate(table)
        adapter = adapters[channel.adapter].load()
        assert isinstance(adapter, Adapter)
        adapter.options.model_validate(channel.options, context={DIRECTORY: tmp_path})
