"""The cases of the kit: documents that keep or break one rule each, as data.

A rule says, in one sentence, what documents of its families must do, with its source, the stage that sees
it, the reason code of a refusal, and the canonical place that the reason names. Of every rule and family
there are two cases: `wrong`, which breaks the rule and no other if it can be helped, and `right`, its nearest
neighbour that keeps it. `*.toml` in this package have the rules; `contract_tests.sample_documents` has the
documents that they change.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from contract_tests.sample_documents import Situation, sample, written
from esmp.codes import code_set
from esmp.document_edits import drop, is_element, put, repeat
from esmp.profiles import Family, Profile, profiles

_EDITS: Final = frozenset({"put", "drop", "repeat", "replace"})
_EVERY_FAMILY: Final = ["every"]


class Side(StrEnum):
    """Whether a case breaks its rule."""

    WRONG = "wrong"
    RIGHT = "right"


class Verdict(StrEnum):
    """What a rule belongs to, and with it which of the two verdicts a document that breaks it gets."""

    CONFORMANCE = "conformance"
    """The published schema or code lists of its version refuse the document, whoever reads it."""
    COMPATIBILITY = "compatibility"
    """This gateway refuses it, by a rule that no schema states."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What documents of some families must do.

    Attributes:
        name: names it among the rules, in words with hyphens.
        families: of which documents.
        stage: of the check that sees it.
        code: of a refusal, in the ENTSO-E `ReasonCodeTypeList`.
        place: canonical, as `series[1]/periods[1]/points[1]/minimum`; empty: the document or series itself.
        element: the path of that place in a document, as edits write it; None where no element can be named.
        says: the rule in one sentence.
        source: standard and clause, guide, or the page of ours that states it.
        given, wrong, right: edits of a sample document; `given` come first, in both cases.
    """

    name: str
    families: tuple[Family, ...]
    stage: str
    code: str
    place: str
    element: str | None
    says: str
    source: str
    given: Sequence[Mapping[str, str]]
    wrong: Sequence[Mapping[str, str]]
    right: Sequence[Mapping[str, str]]

    @property
    def verdict(self) -> Verdict:
        """To which of the two verdicts it belongs."""
        return Verdict.COMPATIBILITY if self.stage in ("rules", "process") else Verdict.CONFORMANCE


@dataclass(frozen=True, slots=True)
class Case:
    """A rule broken or kept by a document of one family."""

    rule: Rule = field(repr=False)
    family: Family
    side: Side

    @property
    def name(self) -> str:
        """By which commands and reports name it."""
        return f"{self.family}.{self.rule.name}.{self.side}"

    def versions(self) -> Iterator[Profile]:
        """The versions of the family that have what the case is about, newest first."""
        for profile in reversed(profiles()):
            if profile.family == self.family and self._is_in(profile):
                yield profile

    def _is_in(self, profile: Profile) -> bool:
        edits = (*self.rule.given, *self.rule.wrong, *self.rule.right)
        paths = (edit.get("put") or edit.get("drop") or edit.get("repeat") for edit in edits)
        return all(is_element(profile, path) for path in paths if path is not None)

    def document(self, profile: Profile, situation: Situation) -> bytes:
        """The document of the case in one version.

        Raises:
            NoSuchElement: the version does not have what the case is about.
        """
        rule = self.rule
        edits = [*rule.given, *(rule.wrong if self.side is Side.WRONG else rule.right)]
        root = sample(profile, situation)
        for edit in edits:
            if "put" in edit:
                put(root, profile, code_set(), edit["put"], situation.filled(edit["value"]))
            elif "drop" in edit:
                drop(root, profile, edit["drop"])
            elif "repeat" in edit:
                repeat(root, profile, edit["repeat"])
        data = written(root)
        for edit in edits:
            if "replace" in edit:
                data = _replaced(data, edit["replace"], edit["by"])
        return data


class CaseTableError(ValueError):
    """A table of cases that is not what it should be; the text names rule and fault."""


def _replaced(data: bytes, old: str, new: str) -> bytes:
    """The document with a text replaced, once; `$` is its end, `all` the whole of it."""
    if old == "$":
        return data + new.encode()
    if old == "all":
        return new.encode()
    if old.encode() not in data:
        raise CaseTableError(f"{old!r} is not in the document")
    return data.replace(old.encode(), new.encode(), 1)


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, by file and in its order there.

    Raises:
        CaseTableError: a table has a fault.
    """
    folder = files(__name__)
    tables = sorted(each.name for each in folder.iterdir() if each.name.endswith(".toml"))
    found = [rule for name in tables for rule in _rules_of(tomllib.loads((folder / name).read_text("utf-8")))]
    names = [rule.name for rule in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise CaseTableError(f"rules of the same name: {', '.join(sorted(twice))}")
    return tuple(found)


@cache
def cases() -> tuple[Case, ...]:
    """Every case: of each rule and family the wrong one and the right one."""
    return tuple(Case(rule, family, side) for rule in rules() for family in rule.families for side in Side)


def case_named(name: str) -> Case:
    """The case of a name.

    Raises:
        LookupError: there is none; the text names some that are like it.
    """
    for case in cases():
        if case.name == name:
            return case
    piece = name.split(".")[1] if name.count(".") else name
    like = [case.name for case in cases() if piece in case.name][:5]
    raise LookupError(f"no case {name!r}" + (f"; there is {', '.join(like)}" if like else ""))


def _rules_of(table: Mapping[str, Any]) -> Iterator[Rule]:
    given = table.get("given", {})
    for row in table["rule"]:
        name = row.get("name", "?")
        try:
            families = [*Family] if row["families"] == _EVERY_FAMILY else map(Family, row["families"])
            edits = {side: tuple(map(_edit, row[side])) for side in Side}
            before = tuple(map(_edit, given[row["given"]])) if "given" in row else ()
            yield Rule(
                name=row["name"],
                families=tuple(families),
                stage=row["stage"],
                code=row["code"],
                place=row["place"],
                element=row.get("element"),
                says=row["says"],
                source=row["source"],
                given=before,
                wrong=edits[Side.WRONG],
                right=edits[Side.RIGHT],
            )
        except (KeyError, ValueError) as error:
            raise CaseTableError(f"rule {name}: {error}") from error


def _edit(row: Mapping[str, str]) -> Mapping[str, str]:
    if len(_EDITS.intersection(row)) != 1:
        raise ValueError(f"{row} is none of {', '.join(sorted(_EDITS))}")
    return row
