"""`python -m cim_profiles.generate [--check]`: write typed classes from `grid.profile`, or compare."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from cim_profiles.profile_table import BOOL, ENUM, REFERENCE, TEXT, Class, profile_table

BINDINGS: Final = Path(__file__).parent / "bindings" / "__init__.py"
_TYPES: Final = {TEXT: "Texts", ENUM: "Texts", BOOL: "Flags", REFERENCE: "Numbers"}
_HEAD: Final = '''"""One table per CIM class, written by `python -m cim_profiles.generate`; never edited."""

from dataclasses import dataclass

from cim_profiles.columns import Flags, Floats, Numbers, Table, Texts
'''


def _class(known: Class) -> Iterator[str]:
    yield f"\n\n@dataclass(frozen=True, eq=False)\nclass {known.name}({known.parent or 'Table'}):\n"
    yield f'    """Objects of class {known.name}."""\n'
    for each in known.own:
        kind = _TYPES.get(each.kind, "Floats")
        meaning = {TEXT: "text", ENUM: "enumeration", BOOL: "flag", REFERENCE: "reference"}
        unit = meaning.get(each.kind, "number" if each.kind == "1" else each.kind)
        yield f'\n    {each.name}: {kind}\n    """{unit}, profile {each.profile}"""\n'


def text() -> str:
    """The module of all typed classes."""
    classes = profile_table().classes.values()
    names = "".join(f'    "{known.name}": {known.name},\n' for known in classes)
    body = "".join(line for known in classes for line in _class(known))
    return f"{_HEAD}{body}\n\nCLASSES: dict[str, type[Table]] = {{\n{names}}}\n"


def main(arguments: Sequence[str]) -> int:
    """Write, or compare with `--check`; return 1 for a difference then."""
    changed = not BINDINGS.is_file() or BINDINGS.read_text("utf-8") != text()
    if "--check" in arguments:
        return int(changed)
    BINDINGS.write_text(text(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
