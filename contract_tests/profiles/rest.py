"""The profile `rest`: a platform at the HTTP interface of a gateway."""

from collections.abc import Iterator

from contract_tests.http_target import LONGEST_S, HttpTarget
from contract_tests.outcomes import Outcome
from contract_tests.profiles import rest_cases, rest_documents, rest_protocol
from contract_tests.profiles.participant import Participant
from contract_tests.profiles.rest_session import RestSession
from contract_tests.run import Step, run

GROUP = "rest"


def steps(*, with_cases: bool) -> list[Step[RestSession]]:
    """The steps of the profile; `with_cases` those of the documents' rules, too."""
    chosen = [*rest_protocol.STEPS, *rest_documents.STEPS]
    if with_cases:
        chosen += rest_cases.case_steps()
    return [*chosen, rest_documents.RESULTS]


def run_rest(
    participant: Participant,
    *,
    with_cases: bool,
    effects: bool,
    budget_s: float,
    longest_s: float = LONGEST_S,
) -> Iterator[Outcome]:
    """Try the profile at the participant's target.

    Raises:
        ValueError: the target is no address.
    """
    with HttpTarget(participant.target, longest_s) as target:
        session = RestSession(target, participant)
        yield from run(steps(with_cases=with_cases), session, GROUP, effects=effects, budget_s=budget_s)
