"""The documents of all cases, handed in over REST."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from contract_tests.cases import Case, Side, cases
from contract_tests.profiles.rest_documents import has_reason
from contract_tests.profiles.rest_session import RestSession, reasons
from contract_tests.run import Failed, Step
from esmp.document_edits import name_of
from esmp.profiles import Family, Profile

_OF_OTHERS: Final = frozenset({Family.ACKNOWLEDGEMENT, Family.RESOURCE_MAPPING})
"""Never acknowledged, and a system operator's own."""
_NO_MESSAGE: Final = "empty"
"""The rule whose wrong document is no message over HTTP."""


def _of_case(case: Case, version: Profile) -> Callable[[RestSession], None]:
    def work(session: RestSession) -> None:
        rule = case.rule
        document = case.document(version, session.any_situation())
        acknowledgement = session.acknowledged(session.submitted(document))
        name = None if rule.element is None else name_of(version, rule.element)
        if case.side is Side.WRONG:
            has_reason(acknowledgement, rule.code, name)
            return
        for code, text in reasons(acknowledgement):
            if code == rule.code and name is not None and re.search(rf"\b{re.escape(name)}\b", text):
                raise Failed(f"a document that keeps the rule is refused for it: {code} {text}")

    return work


def case_steps() -> Iterator[Step[RestSession]]:
    """A step for each case, in the newest version that it is about."""
    for case in cases():
        if case.family in _OF_OTHERS or case.rule.name == _NO_MESSAGE:
            continue
        version = next(case.versions())
        does = "is refused for it" if case.side is Side.WRONG else "is not refused for it"
        says = f"{case.rule.says} What {'breaks' if case.side is Side.WRONG else 'keeps'} the rule {does}."
        # Of two bids the one that is right may be taken.
        effects = case.side is Side.RIGHT or bool(case.rule.given)
        yield Step(case.name, says, case.rule.source, effects, _of_case(case, version))
