"""Every feature that docs/features.md says works names the files of all tests that prove it, and no other."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "features.md"
TESTS: Final = ROOT / "tests"
ROW: Final = re.compile(r"^\| ([A-Z]\d+) \| ([^|]+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)
FILE: Final = re.compile(r"`([^`]+)`(?: ×(\d+))?")
STATE: Final = re.compile(r"done|partly: \S.*|not yet")
ROWS: Final = {"A": 35, "B": 12, "C": 15, "D": 9, "E": 6, "F": 11, "G": 6}
"""How many features each group has; one that works no more is `not yet`, and does not vanish."""


def id_of(node: ast.expr) -> str | None:
    """The feature that `pytest.mark.feature(id="…")` names; of any other expression none."""
    if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.feature"):
        return None
    (named,) = node.keywords
    assert (named.arg, node.args) == ("id", [])
    return str(ast.literal_eval(named.value))


def on_tests(module: ast.Module) -> Iterator[ast.expr]:
    """What is marked on: the whole module, its classes of tests, its tests."""
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            yield from node.value.elts if isinstance(node.value, ast.List) else [node.value]
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name.lower().startswith("test"):
            yield from node.decorator_list


def features_of(source: str) -> Counter[str]:
    """Features that the tests of a module prove, with the number of marks of each.

    Raises:
        AssertionError: a mark is where pytest does not see it as one of a test.
    """
    module = ast.parse(source)
    marked = [name for node in on_tests(module) if (name := id_of(node))]
    every = [node for node in ast.walk(module) if isinstance(node, ast.expr) and id_of(node)]
    assert len(marked) == len(every), "a mark that is on no test"
    return Counter(marked)


def rows() -> list[tuple[str, str, dict[str, int]]]:
    """Feature, state and files with the number of their marks, of each row in the order of the page."""
    return [
        (name, state, {file: int(count or 1) for file, count in FILE.findall(files)})
        for name, _, state, files in ROW.findall(PAGE.read_text("utf-8"))
    ]


def proving() -> dict[str, dict[str, int]]:
    """The files of marked tests, below `tests/`, with the number of their marks, by feature."""
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for file in TESTS.rglob("test_*.py"):
        if "mark.feature" in (source := file.read_text("utf-8")) and file != Path(__file__):
            for name, count in features_of(source).items():
                found[name][file.relative_to(TESTS).as_posix()] = count
    return found


def test_the_page_has_every_feature_once_with_a_state() -> None:
    assert [name for name, _, _ in rows()] == [
        f"{group}{number + 1}" for group, count in ROWS.items() for number in range(count)
    ]
    assert [name for name, state, _ in rows() if not STATE.fullmatch(state)] == []


def test_each_feature_names_the_files_of_its_tests_and_no_others() -> None:
    named = {name: files for name, _, files in rows() if files}
    assert named == proving()


def test_what_works_is_proven_and_what_does_not_is_not() -> None:
    assert [name for name, state, files in rows() if (state == "not yet") == bool(files)] == []


@pytest.mark.parametrize(
    ("source", "features"),
    [
        ('@pytest.mark.feature(id="A1")\n@pytest.mark.feature(id="A2")\ndef test_a(): ...', ["A1", "A2"]),
        ('class TestA:\n    @pytest.mark.feature(id="A1")\n    def test_a(self): ...', ["A1"]),
        ('@pytest.mark.feature(id="A1")\nclass TestA: ...', ["A1"]),
        ('pytestmark = pytest.mark.feature(id="A1")', ["A1"]),
        ('pytestmark = [pytest.mark.slow, pytest.mark.feature(id="A1")]', ["A1"]),
        ('@pytest.mark.feature(id="A1")\ndef test_a(): ...\n' * 2, ["A1", "A1"]),
        ("@pytest.mark.slow\ndef test_a(): ...", []),
    ],
)
def test_marks_are_found(source: str, features: list[str]) -> None:
    assert features_of(source) == Counter(features)


@pytest.mark.parametrize(
    "source",
    [
        '@pytest.mark.feature(id="A1")\ndef helper(): ...',
        'mark = pytest.mark.feature(id="A1")',
        '@pytest.mark.feature("A1", id="A1")\ndef test_a(): ...',
    ],
)
def test_marks_that_prove_nothing_are_refused(source: str) -> None:
    with pytest.raises(AssertionError):
        features_of(source)
