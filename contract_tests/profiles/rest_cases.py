"""The documents of all cases, handed in over REST."""

from collections.abc import Callable, Iterator
from typing import Final

from contract_tests.cases import Case, Side, cases
from contract_tests.profiles.judging import expectation, judge_case
from contract_tests.profiles.rest_session import RestSession
from contract_tests.run import Step
from esmp.profiles import Family, Profile

_OF_OTHERS: Final = frozenset({Family.ACKNOWLEDGEMENT, Family.RESOURCE_MAPPING})
"""Never acknowledged, and a system operator's own."""
_NO_MESSAGE: Final = "empty"
"""The rule whose wrong document is no message over HTTP."""


def _of_case(case: Case, version: Profile) -> Callable[[RestSession], None]:
    def work(session: RestSession) -> None:
        document = case.document(version, session.any_situation())
        judge_case(case, version, session.acknowledged(session.submitted(document)))

    return work


def case_steps() -> Iterator[Step[RestSession]]:
    """A step for each case, in the newest version that it is about."""
    for case in cases():
        if case.family in _OF_OTHERS or case.rule.name == _NO_MESSAGE:
            continue
        version = next(case.versions())
        # Of two bids the one that is right may be taken.
        effects = case.side is Side.RIGHT or bool(case.rule.given)
        yield Step(case.name, expectation(case), case.rule.source, effects, _of_case(case, version))
