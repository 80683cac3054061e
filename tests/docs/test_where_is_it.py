"""The page that goes from questions to functions names only what is there."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "extending" / "where-is-it.md"
NAMED: Final = re.compile(r"`((?:[\w]+/)*)(\w+\.py)(?::(\w+(?:\.\w+)?))?`")
ROWS: Final = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| .*\.py", line)]


def definitions(module: Path) -> set[str]:
    """Functions and classes of a module, and methods behind the names of their classes."""
    found = set()
    for node in ast.parse(module.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found.update(f"{node.name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef))
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_a_row_names_what_is_there(row: str) -> None:
    package, missing = "", []
    for before, file, name in NAMED.findall(row):
        package = before or package
        module = ROOT / package / file
        if not module.is_file() or (name and name not in definitions(module)):
            missing.append(f"{package}{file}:{name}")
    assert missing == []


def test_the_page_has_rows() -> None:
    assert len(ROWS) >= 20
