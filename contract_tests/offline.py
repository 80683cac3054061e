"""Verdicts on other people's documents, without any gateway: two outcomes for each document of a directory.

*Conformance* is what the published schema and code lists of the document's version say, whoever reads it.
*Compatibility* is whether a gateway with certain settings would take it, by rules that no schema states; who
asks supplies that judgement, for the kit knows no gateway from inside.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract_tests.cases import Rule, Verdict, rules
from contract_tests.outcomes import Evidence, Outcome, State

ENDINGS: Final = (".xml", ".json", ".csv")
MOST_FILES: Final = 100_000
_LINES_AROUND: Final = 2
_LONGEST_LINE: Final = 300
_MOST_FAULTS: Final = 20
_MOST_RULES: Final = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a document, by any of the two verdicts."""

    stage: str
    code: str
    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge says of one document.

    Attributes:
        name: family and version, as far as they are known.
        conformance: faults by the published schema; None: no schema is published for documents of this form.
        compatibility: faults by the gateway's rules; None: they were not looked at, because of the others.
        remarks: what is odd but taken.
    """

    name: str
    conformance: Sequence[Fault] | None
    compatibility: Sequence[Fault] | None
    remarks: Sequence[str] = ()


Judge = Callable[[Path], Judgement]


class TooManyFilesError(Exception):
    """There are more documents than the kit looks at."""


def documents_in(place: Path) -> list[Path]:
    """The documents of a directory and those below it by name, or the one file.

    Links to other directories are not followed.

    Raises:
        TooManyFilesError: more than `MOST_FILES`.
    """
    if place.is_file():
        return [place]
    found: list[Path] = []
    for folder, _, names in os.walk(place):
        found += [Path(folder, name) for name in names if name.lower().endswith(ENDINGS)]
        if len(found) > MOST_FILES:
            raise TooManyFilesError(f"{place} has more than {MOST_FILES:,} documents")
    return sorted(found)


def outcomes_of(place: Path, judge: Judge, *, strict: bool = False) -> Iterator[Outcome]:
    """Judge every document; the two outcomes of each follow each other.

    Args:
        strict: what is odd but taken fails compatibility.
    """
    for file in documents_in(place):
        name = str(file.relative_to(place)) if place.is_dir() else file.name
        begun = time.perf_counter()
        judgement = judge(file)
        seconds = time.perf_counter() - begun
        yield _conformance(name, file, judgement, seconds)
        yield _compatibility(name, file, judgement, strict=strict)


def _conformance(name: str, file: Path, judgement: Judgement, seconds: float) -> Outcome:
    says = f"The published schema and code lists take it ({judgement.name})."
    faults, group = judgement.conformance, Verdict.CONFORMANCE.value
    if faults is None:
        why = f"no schema is published for this form; it is the gateway's own ({judgement.name})"
        return Outcome(name, group, State.NOT_SHOWN, says, (why,), seconds=seconds)
    return _outcome(name, group, says, faults, file, seconds=seconds)


def _compatibility(name: str, file: Path, judgement: Judgement, *, strict: bool) -> Outcome:
    says = f"A gateway with these settings takes it ({judgement.name})."
    group = Verdict.COMPATIBILITY.value
    if judgement.compatibility is None:
        why = "a document that does not conform is refused before its content is looked at"
        return Outcome(name, group, State.NOT_SHOWN, says, (why,))
    odd = [Fault("remarks", "A95", remark) for remark in judgement.remarks]
    if strict or judgement.compatibility:
        return _outcome(name, group, says, [*judgement.compatibility, *(odd if strict else ())], file)
    remarks = tuple(f"remark: {each.message}" for each in odd)
    return Outcome(name, group, State.PASSED, says, remarks)


def _outcome(
    name: str, group: str, says: str, faults: Sequence[Fault], file: Path, *, seconds: float = 0.0
) -> Outcome:
    if not faults:
        return Outcome(name, group, State.PASSED, says, seconds=seconds)
    reasons = [_sentence(fault) for fault in faults[:_MOST_FAULTS]]
    if len(faults) > _MOST_FAULTS:
        reasons.append(f"and {len(faults) - _MOST_FAULTS} more")
    sources = dict.fromkeys(rule.source for fault in faults for rule in rules_of(fault))
    return Outcome(
        name,
        group,
        State.FAILED,
        says,
        tuple(reasons),
        tuple(_lines_around(file, faults)),
        "; ".join(sources),
        seconds,
    )


def rules_of(fault: Fault) -> list[Rule]:
    """The rules that a fault may break, by stage, code and element: mostly one."""
    element = (fault.path or "").rpartition("/")[2].partition("[")[0]
    return [
        rule
        for rule in rules()
        if (rule.stage, rule.code) == (fault.stage, fault.code)
        and rule.element is not None
        and element in {path.rpartition("/")[2] for path in rule.element.split()}
    ]


def _sentence(fault: Fault) -> str:
    place = [] if fault.path is None else [fault.path]
    if fault.line is not None:
        place.append(f"line {fault.line}" + (f", column {fault.column}" if fault.column else ""))
    where = f" ({', '.join(place)})" if place else ""
    sentences = list(dict.fromkeys(rule.says for rule in rules_of(fault)))
    says = f" — {' Or: '.join(sentences)}" if 0 < len(sentences) <= _MOST_RULES else ""
    return f"{fault.code} {fault.message}{where}{says}"


def _lines_around(file: Path, faults: Sequence[Fault]) -> Iterator[Evidence]:
    """The lines around the first places, as the document has them."""
    numbers = list(dict.fromkeys(fault.line for fault in faults if fault.line is not None))[:3]
    if not numbers:
        return
    shown = []
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if number > max(numbers) + _LINES_AROUND:
                break
            if any(abs(number - each) <= _LINES_AROUND for each in numbers):
                mark = ">" if number in numbers else " "
                text = line[:_LONGEST_LINE].decode("utf-8", errors="replace").rstrip()
                shown.append(f"{mark} {number:5} {text}")
    yield Evidence.of("The document around it", "\n".join(shown))
