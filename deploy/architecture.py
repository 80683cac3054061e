"""Draws which package imports which, from the imports themselves, into the architecture page.

    python -m deploy.architecture docs/extending/architecture.md [--check]

An arrow that follows from two others is left out: what may import what is in pyproject.toml, and held there.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
BEGIN: Final = "<!-- picture: python -m deploy.architecture -->"
END: Final = "<!-- end of picture -->"


def layers() -> list[list[str]]:
    """The layers of the project, highest first, each with its packages."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = project["tool"]["importlinter"]["contracts"]
    (contract,) = (one for one in contracts if one["name"] == "Layers")
    return [[name.strip().strip("()") for name in layer.split("|")] for layer in contract["layers"]]


def imports(packages: list[str]) -> dict[str, set[str]]:
    """Which of these packages each of them imports."""
    found: dict[str, set[str]] = {package: set() for package in packages}
    for package in packages:
        for file in _files(package):
            for name in _imported(ast.parse(file.read_text())):
                other = _owner(name, packages)
                if other is not None and other != package:
                    found[package].add(other)
    return found


def reduced(graph: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """The arrows of an acyclic graph that follow from no others."""
    for source, targets in sorted(graph.items()):
        for target in sorted(targets):
            if not any(target in _reach(graph, other) for other in targets - {target}):
                yield source, target


def picture() -> str:
    """The drawing, as Mermaid text."""
    rows = layers()
    graph = imports([package for row in rows for package in row])
    lines = ["```mermaid", "flowchart TD"]
    for number, row in enumerate(rows):
        lines.append(f"  subgraph L{number}[ ]")
        lines += [f'    {_id(package)}["{package}"]' for package in row]
        lines.append("  end")
    lines += [f"  {_id(source)} --> {_id(target)}" for source, target in reduced(graph)]
    return "\n".join([*lines, "```"])


def page_with(text: str, drawing: str) -> str:
    """A page with this drawing in its place.

    Raises:
        ValueError: the page has no place for it.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no place for a picture between {BEGIN!r} and {END!r}")
    return f"{before}{begin}\n{drawing}\n{end}{after}"


def _files(package: str) -> list[Path]:
    path = ROOT.joinpath(*package.split("."))
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _owner(name: str, packages: list[str]) -> str | None:
    return next((one for one in packages if name == one or name.startswith(f"{one}.")), None)


def _reach(graph: Mapping[str, set[str]], start: str) -> set[str]:
    seen, left = set(), [start]
    while left:
        for target in graph[left.pop()]:
            if target not in seen:
                seen.add(target)
                left.append(target)
    return seen


def _id(package: str) -> str:
    return package.replace(".", "_")


def main(arguments: list[str]) -> int:
    """Write the page, or say with `--check` whether it is as it would be written."""
    file = Path(arguments[0])
    text = file.read_text()
    drawn = page_with(text, picture())
    if "--check" in arguments:
        return int(drawn != text)
    file.write_text(drawn)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
