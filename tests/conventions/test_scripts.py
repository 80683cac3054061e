"""What tests hand to other processes as text names what is there: a script that ends at its imports proves
nothing, and often looks like the fault that the test is about."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
_IMPORT = re.compile(r"\bfrom ((?:gateway|adapters|esmp|mappings|tests|benchmarks)[\w.]*) import ([\w, ]+)")


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Modules and names that texts in a module import, in scripts of more than one word."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for module, names in _IMPORT.findall(node.value):
                yield from ((module, name.split(" as ")[0].strip()) for name in names.split(","))


def is_there(module: str, name: str) -> bool:
    """Whether a module has the name, or is a package with such a module."""
    if hasattr(importlib.import_module(module), name):
        return True
    try:
        importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        return False
    return True


@pytest.mark.parametrize(
    "file",
    [file for file in sorted(TESTS.rglob("*.py")) if _IMPORT.search(file.read_text())],
    ids=lambda file: str(file.relative_to(TESTS)),
)
def test_scripts_import_what_is_there(file: Path) -> None:
    missing = [each for each in imports(ast.parse(file.read_text())) if not is_there(*each)]
    assert not missing


def test_a_name_that_is_gone_is_found() -> None:
    script = " ".join(("from", "gateway.optimiser.deadline.child", "import received, gone"))
    assert [each for each in imports(ast.parse(repr(script))) if not is_there(*each)] == [
        ("gateway.optimiser.deadline.child", "gone")
    ]
