"""The commands of the documentation: found on its pages, sorted by kind, one script for each page.

A fenced block marked `sh` holds commands and nothing else; any other block holds none. Every command of a
page runs in its order and as written, except those named here, which are checked against the program instead:
they have placeholders such as GATE, or do more than a test may (install packages, run the whole suite).
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE: Final = re.compile(r"(?<!`)`((?:flexgate|make) [^`\n]*)`(?!`)")
PROGRAMS: Final = re.compile(
    r"^\s*(?:\$ )?(?:flexgate|make|pip3?|python3?|curl|openssl|\S*/bin/\w+) \S", re.MULTILINE
)
PLACEHOLDER: Final = re.compile(r"(?<![\w.${-])[A-Z]{2,}(?:_[A-Z]+)*(?![\w.=-])")
HEREDOC: Final = re.compile(r"<<-?\s*'?(\w+)'?")
TOO_MUCH: Final = (
    "make ",
    "flexgate demo",
    "pip ",
    "python -m pip",
    "python3 -m venv",
    "python -m benchmarks",
)
"""Beginnings of commands, without the directory of their program, that are checked and not run."""


@dataclass(frozen=True)
class Command:
    """One command of a page: its text, continued lines and a here-document included."""

    text: str

    @property
    def first_line(self) -> str:
        """Without what follows in a here-document, and without a comment."""
        joined = self.text.replace("\\\n", " ").splitlines()[0]
        return re.sub(r"\s+#\s.*$", "", joined)

    @property
    def plain(self) -> str:
        """The first line without the directory of its program."""
        return re.sub(r"^\S*/bin/", "", self.first_line)

    @property
    def runs(self) -> bool:
        """Whether it is run, not only checked."""
        if self.plain.startswith(TOO_MUCH) or re.match(r"\S*/bin/", self.first_line):
            return False
        return not PLACEHOLDER.search(re.sub(r"'[^']*'|\"[^\"]*\"", "", self.first_line))

    @property
    def serves(self) -> bool:
        """Whether it goes on until it is ended."""
        return self.plain.startswith("flexgate serve")

    def words(self) -> list[str]:
        """Program and arguments."""
        return shlex.split(self.plain)


def commands(page: Path) -> list[Command]:
    """Every command of a page, in order."""
    blocks = (block for language, block in BLOCK.findall(page.read_text("utf-8")) if language == "sh")
    return [command for block in blocks for command in _split(block)]


def _split(block: str) -> Iterator[Command]:
    lines = iter(block.splitlines())
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        taken = [line]
        while taken[-1].endswith("\\"):
            taken.append(next(lines))
        if end := HEREDOC.search("\n".join(taken)):
            while taken[-1] != end[1]:
                taken.append(next(lines))
        yield Command("\n".join(taken))


def repeated(page: Path, first: int, last: int) -> str:
    """The blocks of a page's numbered sections, as it says to run them again."""
    text = page.read_text("utf-8")
    chosen = text[text.index(f"\n## {first}. ") : text.index(f"\n## {last + 1}. ")]
    return "".join(block for language, block in BLOCK.findall(chosen) if language == "sh")


def script(before: str, page: Path, after: str = "") -> str:
    """A page as one program for bash.

    Args:
        before: commands that make what the page takes for granted.
        after: those that it says to run again, and checks of what has come of it.
    """
    made = [*_split(before), *commands(page), *_split(after)]
    parts = ["set -eu -o pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT", _READY]
    for command in made:
        if not command.runs:
            continue
        parts.append(f"echo {shlex.quote('+ ' + command.first_line)} >&2")
        parts.append(f"{command.first_line} >serve.log 2>&1 &\nready" if command.serves else command.text)
    return "\n".join(parts) + "\n"


_READY: Final = """\
ready() {
  server=$!
  for attempt in $(seq 600); do
    if curl -sf -o ready.json "http://127.0.0.1:$FLEXGATE_PORT/readyz"; then return 0; fi
    kill -0 $server || { cat serve.log >&2; return 1; }
    sleep 0.1
  done
  return 1
}"""
