"""Words that were renamed, and where each may not come back.

`python -m tests.conventions.retired_words` counts.

A word is retired in the sense that it had. Many are good words otherwise (`published` is a fine adjective),
so each is looked for only where it had the retired sense: among names of modules, of classes, of attributes,
or anywhere.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Final

from tests.conventions.test_structure import ROOT

CODE: Final = (
    *("gateway", "adapters", "esmp", "mappings", "cim_profiles", "contract_tests", "benchmarks", "deploy"),
    "tests",
)
PAGES: Final = ("README.md", "CONTRIBUTING.md", "docs")
OWN: Final = ("tests/conventions/retired_words.py", "tests/conventions/test_retired_words.py")
LEVELS: Final = frozenset({"debug", "info", "warning", "error", "exception", "critical"})


class Sense(Enum):
    """Where a word had the sense in which it is retired."""

    MODULE = "module"
    CLASS = "class"
    ATTRIBUTE = "attribute"
    FUNCTION = "function"
    EVENT = "log event"
    TEXT = "page"


M, C, A, F, E, T = Sense
NAMES: Final = (M, C, A, F)
EVERYWHERE: Final = (*NAMES, E, T)


@dataclass(frozen=True, slots=True)
class Retired:
    """A word, what is said instead, and where it may not be found.

    Attributes:
        word: the complete name of a module (without `test_`), or of a class if it has a capital; elsewhere
            some words of a name or of a line.
        allowed: where it is right in another sense (the path and the name or line begin so), and why.
    """

    word: str
    now: str
    senses: Sequence[Sense]
    allowed: tuple[tuple[str, str], ...] = ()


RETIRED: Final = (
    Retired("handing_in", "inbound", EVERYWHERE),
    Retired("door", "receiver", EVERYWHERE),
    Retired("of_one_tenant", "base_channel", (M, C, A)),
    Retired("rounds", "poll_loop", (M,)),
    Retired("progress", "delivery_tracker", (M, C)),
    Retired("waiting", "drain", (M,)),
    Retired("listed", "listing", (M,)),
    Retired("calls", "signed_client", (M,)),
    Retired("callers", "client_certificates", (M,)),
    Retired("labels", "message_index", (M,)),
    Retired("recognising", "fast_validation", (M, C)),
    Retired("cutting", "splitting", (M, C)),
    Retired("locating", "error_location", (M, C)),
    Retired("published", "xsd_reader", (M,)),
    Retired(
        "store",
        "schema_sets",
        (M,),
        (
            ("gateway/records/engine/store.py", "a store of records, not of schemas"),
            ("gateway/records/engine/sqlite/store.py", "a store of records, not of schemas"),
            ("gateway/records/engine/postgresql/store.py", "a store of records, not of schemas"),
            ("tests/records/test_store.py", "a store of records, not of schemas"),
        ),
    ),
    Retired("passage", "mapping_context", NAMES),
    Retired("fitting", "coercion", (M, C)),
    Retired("layout", "element_plan", (M, C)),
    Retired("bid_texts", "raw_bid_columns", NAMES),
    Retired("taking", "apply", (M,)),
    Retired("glimpse", "header_peek", NAMES),
    Retired("other_forms", "non_xml", NAMES),
    Retired("turn", "write_lock", (M, C, A)),
    Retired("ready", "prepared", (M,)),
    Retired("remembered", "cache", (M, C)),
    Retired("forgetting", "retention", (M, C)),
    Retired("assertions", "used_client_assertions", (M,)),
    Retired("carrier", "forwarder", (M, C, A)),
    Retired("rebuilding", "refresh", (M, C)),
    Retired("watch", "monitor", (M, C)),
    Retired("question", "problem_builder", (M, C)),
    Retired("offers", "collected_bids", (M,)),
    Retired("pieces", "bid_splitting", (M,)),
    Retired("gaps", "missing_models", (M,)),
    Retired("lateness", "gate_closure", NAMES),
    Retired("figures", "run_statistics", (M,)),
    Retired("spread", "parallel", (M, F)),
    Retired("reached", "active_points", (M,)),
    Retired("removals", "forced_rejections", (M,)),
    Retired("master", "restricted_master", (M,)),
    Retired("Master", "RestrictedMaster", (C,)),
    Retired(
        "room",
        "tenant store (database), margin (optimiser)",
        EVERYWHERE,
        (("docs/features.md:| a33 |", "the control room of a system operator"),),
    ),
    Retired("house", "shared store", EVERYWHERE),
    Retired("Process", "DocumentApplier, PoolProcess", (C,)),
    Retired("ProcessError", "RequestRefusedError", (C,)),
    Retired("ChannelPlace", "ChannelContext", (C,)),
    Retired("PreparedStatement", "PreparedSelect", (C,)),
    Retired("parts", "components", (M,)),
    Retired("told", "reported, notified, published", EVERYWHERE),
    Retired("said", "stated, reported", (*NAMES, E)),
    Retired("anew", "again", EVERYWHERE),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A name or a line with a retired word."""

    sense: Sense
    path: str
    line: int
    text: str


def has(retired: Retired, sense: Sense, text: str) -> bool:
    """Whether a name or a line has the word."""
    word = retired.word
    if sense is Sense.MODULE:
        return text.removeprefix("test_") == word
    if sense is Sense.CLASS:
        if word[0].isupper():
            return text.strip("_") == word
        return re.search(rf"(?<![A-Z]){word.title().replace('_', '')}(?![a-z])", text) is not None
    return re.search(rf"(?<![a-z0-9]){word}(?![a-z0-9])", text) is not None


def names_of(path: Path) -> Iterator[tuple[Sense, int, str]]:
    """Names that a module has and defines, and the events that it logs."""
    yield Sense.MODULE, 1, path.parent.name if path.name == "__init__.py" else path.stem
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef):
            yield Sense.CLASS, node.lineno, node.name
            fields = (each.target for each in node.body if isinstance(each, ast.AnnAssign))
            yield from ((Sense.ATTRIBUTE, one.lineno, one.id) for one in fields if isinstance(one, ast.Name))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Sense.FUNCTION, node.lineno, node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield Sense.ATTRIBUTE, node.lineno, node.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            event = node.args[0]
            if node.func.attr in LEVELS and isinstance(event, ast.Constant) and isinstance(event.value, str):
                yield Sense.EVENT, node.lineno, event.value


@cache
def everything() -> tuple[tuple[Sense, str, int, str], ...]:
    """All names of the code, and all lines of the pages, with their places."""
    return (*_code(), *_pages())


def _code() -> Iterator[tuple[Sense, str, int, str]]:
    for package in CODE:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "bindings" not in path.parts and name not in OWN:
                yield from ((sense, name, line, text) for sense, line, text in names_of(path))


def _pages() -> Iterator[tuple[Sense, str, int, str]]:
    for page in PAGES:
        root = ROOT / page
        for path in [root] if root.is_file() else sorted(root.rglob("*.md")):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                yield Sense.TEXT, str(path.relative_to(ROOT)), number, line.lower()


def occurrences() -> dict[str, list[Found]]:
    """Where each retired word is found though it may not be."""
    found: dict[str, list[Found]] = {each.word: [] for each in RETIRED}
    for sense, path, line, text in everything():
        for each in RETIRED:
            if sense not in each.senses or not has(each, sense, text):
                continue
            if not any(f"{path}:{text}".startswith(place) for place, _ in each.allowed):
                found[each.word].append(Found(sense, path, line, text))
    return found


def main() -> None:
    """Print each word, what is said instead, where it is looked for, and how often it was found."""
    found = occurrences()
    for each in RETIRED:
        where = "everywhere" if each.senses == EVERYWHERE else ", ".join(sense.value for sense in each.senses)
        print(f"{each.word:18} {each.now:44} {where:40} {len(found[each.word])}")
    for one in (one for some in found.values() for one in some):
        print(f"{one.path}:{one.line}: {one.sense.value} {one.text.strip()[:100]}")


if __name__ == "__main__":
    main()
