"""The profiles `rest`, `dso` and `tso`: who takes part, at the HTTP interface of a gateway."""

from collections.abc import Iterator

from contract_tests.http_target import LONGEST_S, HttpTarget
from contract_tests.outcomes import Outcome
from contract_tests.profiles import rest_cases, rest_documents, rest_operators, rest_protocol
from contract_tests.profiles.participant import Participant
from contract_tests.profiles.rest_session import RestSession
from contract_tests.run import Step, run

PLATFORM, DSO, TSO = "rest", "dso", "tso"
"""The profiles, each for one role."""


def steps(profile: str = PLATFORM, *, with_cases: bool) -> list[Step[RestSession]]:
    """The steps of a profile; `with_cases` those of the documents' rules, too, where it has documents."""
    if profile != PLATFORM:
        return [*(rest_operators.DSO if profile == DSO else rest_operators.TSO)]
    chosen = [*rest_protocol.STEPS, *rest_documents.STEPS]
    if with_cases:
        chosen += rest_cases.case_steps()
    return [*chosen, rest_documents.RESULTS]


def run_rest(
    participant: Participant,
    profile: str = PLATFORM,
    *,
    with_cases: bool,
    effects: bool,
    budget_s: float,
    longest_s: float = LONGEST_S,
) -> Iterator[Outcome]:
    """Try a profile at the participant's target.

    Raises:
        ValueError: the target is no address.
    """
    with HttpTarget(participant.target, longest_s) as target:
        session = RestSession(target, participant)
        chosen = steps(profile, with_cases=with_cases)
        yield from run(chosen, session, profile, effects=effects, budget_s=budget_s)
