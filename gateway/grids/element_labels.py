"""Names of the rows of a pandapower network's tables: their own where these are good, else `line 7`."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

BRANCH_TABLES: Final = ("line", "trafo", "trafo3w")
_NUMBERED: Final = re.compile(r"(?:bus|line|trafo|trafo3w) \d+")


def labels(net: Any, tables: Sequence[str]) -> dict[tuple[str, int], str]:
    """A name for every row of the tables, unique over all of them, by table and index.

    A row has its own name unless it has none, shares it with another row, or is called like a number.
    """
    own = {
        (table, int(index)): "" if name is None else str(name).strip()
        for table in tables
        for index, name in zip(net[table].index, net[table].name, strict=True)
    }
    count = Counter(own.values())
    return {
        key: name
        if name and name != "nan" and count[name] == 1 and not _NUMBERED.fullmatch(name)
        else f"{key[0]} {key[1]}"
        for key, name in own.items()
    }


def branches_named(net: Any, names: Sequence[str]) -> Mapping[str, list[int]]:
    """Indices by table of the lines and transformers that are called so.

    Raises:
        KeyError: the network has no such line or transformer.
    """
    of = {label: key for key, label in labels(net, BRANCH_TABLES).items()}
    found: dict[str, list[int]] = {}
    for name in dict.fromkeys(names):
        table, index = of[name]
        found.setdefault(table, []).append(index)
    return found
