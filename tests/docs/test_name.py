"""PyPI's `flexgate` is other people's software: nobody is told to install it."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from gateway import extras

ROOT = Path(__file__).resolve().parents[2]
FROM_AN_INDEX = re.compile(
    r"(?:pip3?|uv|pipx|poetry)\s+(?:pip\s+)?(?:install|add)\b[^\n`]*?(?<![\w./-])flexgate(?![\w/-])"
    r"|(?<![\w./-])flexgate\["
)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]


def test_no_text_tells_anybody_to_install_it_from_an_index() -> None:
    own = Path(__file__)
    reported = [
        f"{file.relative_to(ROOT)}: {found.group()}"
        for file in tracked()
        if file.is_file() and file != own
        for found in FROM_AN_INDEX.finditer(file.read_text("utf-8", errors="replace"))
    ]
    assert reported == []


@pytest.mark.parametrize(
    "text",
    [
        "pip install flexgate",
        "pip install 'flexgate[grid]'",
        "uv pip install flexgate",
        "install flexgate[soap]",
    ],
)
def test_the_search_finds_what_it_is_for(text: str) -> None:
    assert FROM_AN_INDEX.search(text)


def test_the_project_is_not_for_upload() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == extras.DISTRIBUTION
    assert "Private :: Do Not Upload" in project["classifiers"]
    assert set(project["scripts"]) == {"flexgate"}


@pytest.mark.parametrize(
    ("origin", "stated"),
    [
        ('{"url": "file:///a%20b/src", "dir_info": {"editable": true}}', "--editable '/a b/src[grid,soap]'"),
        ('{"url": "file:///a/src", "dir_info": {}}', "install '/a/src[grid,soap]'"),
        ('{"url": "file:///a/x.whl", "archive_info": {}}', "install '/a/x.whl[grid,soap]'"),
        (None, "install 'CHECKOUT_OR_WHEEL[grid,soap]'"),
    ],
)
def test_the_command_names_where_it_was_installed_from(
    monkeypatch: pytest.MonkeyPatch, origin: str | None, stated: str
) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return origin

    monkeypatch.setattr(extras, "distribution", lambda _: Installed())
    assert extras.how_to_install(["soap", "grid", "soap"]).endswith(stated)
