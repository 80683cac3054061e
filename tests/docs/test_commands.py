"""Every command of README and docs runs as written, or is one that the program would take."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from contract_tests.brokers import free_ports
from gateway.cli.commands import app
from tests.docs.commands import BLOCK, INLINE, PAGES, PROGRAMS, ROOT, Command, commands, repeated, script

GATEWAY: Final = (
    "flexgate init mygate\nflexgate sample bids.xml\nflexgate serve --config mygate/flexgate.toml\n"
)
"""What pages on a running gateway begin from."""
BEFORE: Final = {
    "docs/running/backup.md": "flexgate init mygate\n",
    "docs/running/delivery.md": GATEWAY,
    "docs/running/grants.md": "flexgate init mygate\n",
    "docs/running/routing.md": GATEWAY,
    "docs/extending/documents.md": (
        "flexgate init mygate\npython -m tests.docs.published_schema published/hydro\n"
    ),
}
DSO: Final = "docs/connecting-a-dso/first-hour.md"
LIMITED: Final = "flexgate grid explanations --credentials mygate/credentials/dso-east.json"
AFTER: Final = {
    DSO: repeated(ROOT / DSO, 3, 5)
    + f"""\
{LIMITED} "sample-$DAY" --key-file TEST-feeder.key | grep -E "SAMPLE-BID.* line 0 at its forward limit"
DAY=$(date -u -d tomorrow +%F)
{LIMITED} "sample-$DAY" --key-file TEST-cigre.key | grep -E "SAMPLE-BID.* Trafo 0-1 at its forward limit"
"""
}
"""What pages say to do again, and what is to come of them."""
ELSEWHERE: Final = {"docs/connecting-a-platform/README.md": "tests/e2e/test_walk_through.py"}
"""Pages whose blocks are programs of the shell, and the tests that run them."""
NAMES: Final = {page: page.relative_to(ROOT).as_posix() for page in PAGES}
RUN: Final = [
    page for page in PAGES if any(command.runs for command in commands(page)) and NAMES[page] not in ELSEWHERE
]


@pytest.mark.feature(id="D7")
@pytest.mark.feature(id="F9")
@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=NAMES.get)
@pytest.mark.skipif(
    not all(map(shutil.which, ("curl", "mosquitto", "mosquitto_pub"))),
    reason="curl or Mosquitto is not installed",
)
def test_the_commands_of_a_page_run_as_written(page: Path, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    port, mqtt_port = free_ports(2)
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "FLEXGATE_PORT": str(port),
        "MQTT_PORT": str(mqtt_port),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    ran = subprocess.run(
        ["bash"],
        input=script(BEFORE.get(NAMES[page], ""), page, AFTER.get(NAMES[page], "")),
        cwd=tmp_path,
        env=environment,
        text=True,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("page", PAGES, ids=NAMES.get)
def test_no_command_is_outside_a_block_that_is_run(page: Path) -> None:
    outside = [
        found.group().strip()
        for language, block in BLOCK.findall(page.read_text("utf-8"))
        if language in ("", "text", "console", "bash", "shell")
        for found in PROGRAMS.finditer(block)
    ]
    assert outside == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES.get)
def test_every_command_is_one_the_program_takes(page: Path) -> None:
    """Also those that are not run, and those within the text."""
    inline = [Command(text) for text in INLINE.findall(BLOCK.sub("", page.read_text("utf-8")))]
    unknown = [fault for command in [*commands(page), *inline] if (fault := unknown_in(command))]
    assert unknown == []


def unknown_in(command: Command) -> str | None:
    """What of a command this program does not know."""
    if command.plain.startswith("flexgate "):
        return unknown_to_flexgate(command.words()[1:])
    if command.plain.startswith("make "):
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        return next((word for word in command.words()[1:] if word not in targets), None)
    if re.match(r"(python -m )?pip ", command.plain):
        return unknown_to_pip(command.plain)
    return None


def unknown_to_flexgate(words: list[str]) -> str | None:
    at: Any = typer.main.get_command(app)
    while words and hasattr(at, "commands") and not words[0].startswith("-"):
        if (inner := at.commands.get(words[0])) is None:
            return words[0]
        at, words = inner, words[1:]
    known = {"--help", "-h"} | {
        name for option in at.params for name in (*option.opts, *option.secondary_opts)
    }
    return next(
        (word for word in words if re.match(r"--?[a-z]", word) and word.split("=")[0] not in known), None
    )


def unknown_to_pip(text: str) -> str | None:
    """A wheel of another name or version, or an extra that there is not."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wheel = f"{project['name'].replace('-', '_')}-{project['version']}-py3-none-any.whl"
    wheels = re.findall(r"[\w.-]+\.whl", text)
    extras = [extra for named in re.findall(r"\[([\w,]+)\]", text) for extra in named.split(",")]
    wrong = [name for name in wheels if name != wheel]
    return next(
        iter([*wrong, *(each for each in extras if each not in project["optional-dependencies"])]), None
    )


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("flexgate grid build NET OUT --grid-id g", None),
        ("flexgate grid bild NET", "bild"),
        ("flexgate grid check --fast FILE", "--fast"),
        ("make test", None),
        ("make tests", "tests"),
        ("x/bin/pip install 'x.whl[grid]'", "x.whl"),
        (".venv/bin/pip install --editable '.[grids]'", "grids"),
    ],
)
def test_what_is_unknown_is_found(text: str, unknown: str | None) -> None:
    assert unknown_in(Command(text)) == unknown


def test_pages_that_are_run_elsewhere_are_run_there() -> None:
    for page, test in ELSEWHERE.items():
        assert Path(page).name in (ROOT / test).read_text("utf-8")
        assert any(name == page for name in NAMES.values())


def test_a_failing_command_fails_its_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```sh\ntrue \\\n  && false   # a comment\ncat <<'EOF' >written\nflexgate nothing\nEOF\n```\n"
    )
    assert [command.runs for command in commands(page)] == [True, True]
    ran = subprocess.run(
        ["bash"], input=script("", page), cwd=tmp_path, text=True, capture_output=True, check=False
    )
    assert ran.returncode == 1
    assert not (tmp_path / "written").exists()
