"""What an acknowledgement must say, whatever protocol it came by."""

import re
from collections.abc import Sequence

from contract_tests.cases import Case, Side
from contract_tests.emulators.answers import Acknowledgement
from contract_tests.run import Failed
from esmp.document_edits import name_of
from esmp.profiles import Profile

_MOST_SPELLED = 600


def reasons(acknowledgement: Acknowledgement) -> Sequence[tuple[str, str]]:
    """Every reason of an acknowledgement: of the document, and of its series and their periods."""
    in_series = (reason for each in acknowledgement.rejected_series.values() for reason in each)
    return [*acknowledgement.reasons, *in_series, *acknowledgement.of_periods]


def accepted(acknowledgement: Acknowledgement) -> None:
    """Raise Failed unless a document was accepted completely, with no reason but remarks."""
    codes = [code for code, _ in reasons(acknowledgement)]
    if codes[:1] != ["A01"] or set(codes) - {"A01", "A95"}:
        raise Failed(f"a valid document was not accepted: {spelled(acknowledgement)}")


def refused(acknowledgement: Acknowledgement, code: str, names: str | None = None) -> None:
    """Raise Failed unless a document was refused as a whole, for this code, at an element."""
    if "A02" not in {each for each, _ in acknowledgement.reasons}:
        raise Failed(f"the document was not refused: {spelled(acknowledgement)}")
    has_reason(acknowledgement, code, names)


def has_reason(acknowledgement: Acknowledgement, code: str, names: str | None) -> None:
    """Raise Failed unless a reason has this code and names an element."""
    texts = [text for each, text in reasons(acknowledgement) if each == code]
    if not texts:
        raise Failed(f"no reason has the code {code}: {spelled(acknowledgement)}")
    if names is not None and not any(names in text for text in texts):
        raise Failed(f"no reason with {code} names {names}: {spelled(acknowledgement)}")


def has_values(expected: dict[str, tuple[str | None, str]]) -> None:
    """Raise Failed unless each named value of an acknowledgement, as found, is the expected one."""
    for name, (found, wanted) in expected.items():
        if found != wanted:
            raise Failed(f"the {name} of the acknowledgement is {found}, not {wanted}")


def judge_case(case: Case, version: Profile, acknowledgement: Acknowledgement) -> None:
    """Raise Failed unless the document of a case was refused for its rule, or not refused for it."""
    rule = case.rule
    name = None if rule.element is None else name_of(version, rule.element)
    if case.side is Side.WRONG:
        if any(code == "A01" for code, _ in acknowledgement.reasons):
            raise Failed("a document that breaks the rule was accepted")
        has_reason(acknowledgement, rule.code, name)
        return
    for code, text in reasons(acknowledgement):
        if code == rule.code and name is not None and re.search(rf"\b{re.escape(name)}\b", text):
            raise Failed(f"a document that keeps the rule is refused for it: {code} {text}")


def spelled(acknowledgement: Acknowledgement) -> str:
    """The reasons in short."""
    return "; ".join(f"{code} {text}" for code, text in reasons(acknowledgement))[:_MOST_SPELLED]


def expectation(case: Case) -> str:
    """What is expected of a gateway that gets the document of a case."""
    if case.side is Side.WRONG:
        return f"{case.rule.says} What breaks the rule is refused for it."
    return f"{case.rule.says} What keeps the rule is not refused for it."
