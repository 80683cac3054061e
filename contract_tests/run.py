"""A run of steps against a target: each step has one outcome, and the run always ends."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from contract_tests.http_target import TargetError, TooManyRequestsError
from contract_tests.outcomes import Evidence, Outcome, State

S = TypeVar("S", bound="Recording")

MOST_SILENT: Final = 3
"""Steps in a row to which the target gave no answer, after which it is left alone."""


class Recording(Protocol):
    """What steps work with: it knows what went to and fro."""

    def recorded(self) -> tuple[Evidence, ...]:
        """What happened since the last call."""
        ...


class Failed(Exception):  # noqa: N818  (what came of it, not a fault of ours)
    """The target did something else than what the step says."""


class NotShown(Exception):  # noqa: N818  (likewise)
    """The step cannot be tried; the text says what it lacks."""


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """One thing that a target must do.

    Attributes:
        name: by which reports name it.
        says: what is expected, in one sentence.
        source: where that is written.
        effects: whether it leaves something behind that counts (bids in a gate, a closed gate): it is tried
            only where that is asked for.
    """

    name: str
    says: str
    source: str
    effects: bool
    work: Callable[[S], None]


def run(
    steps: Sequence[Step[S]], session: S, group: str, *, effects: bool, budget_s: float
) -> Iterator[Outcome]:
    """Try every step in its order; what is not tried is not shown, with the reason.

    Args:
        effects: whether steps that leave something behind are wanted.
        budget_s: time of the whole run; a step that has begun ends within the limits of its requests.
    """
    ends = time.monotonic() + budget_s
    silent = 0
    for step in steps:
        why = None
        if step.effects and not effects:
            why = "it leaves something behind, and effects were not asked for"
        elif silent >= MOST_SILENT:
            why = f"the target gave no answer to {silent} steps in a row, and is left alone"
        elif time.monotonic() > ends:
            why = f"the {budget_s:g} s of the run are over"
        if why is not None:
            yield Outcome(step.name, group, State.NOT_SHOWN, step.says, (why,), source=step.source)
            continue
        begun = time.monotonic()
        state, reason, answered = _tried(step, session)
        silent = 0 if answered else silent + 1
        yield Outcome(
            step.name,
            group,
            state,
            step.says,
            () if reason is None else (reason,),
            session.recorded() if state is State.FAILED else session.recorded()[:0],
            step.source,
            time.monotonic() - begun,
        )


def _tried(step: Step[S], session: S) -> tuple[State, str | None, bool]:
    """State, reason, and whether the target answered at all."""
    try:
        step.work(session)
    except Failed as failed:
        return State.FAILED, str(failed), True
    except NotShown as lacking:
        return State.NOT_SHOWN, str(lacking), True
    except TooManyRequestsError as many:
        return State.NOT_SHOWN, str(many), True
    except TargetError as silence:
        return State.FAILED, str(silence), False
    except (LookupError, TypeError, ValueError, AttributeError) as strange:
        # Answers of foreign systems have any form; what a step could not read is said, not raised.
        return (
            State.FAILED,
            f"an answer has another form than stated: {type(strange).__name__} {strange}",
            True,
        )
    return State.PASSED, None, True
