"""Whether two gateways decided the same of the same day, bid by bid, over different protocols."""

from collections.abc import Iterator, Mapping
from typing import Final

from contract_tests.emulators.platform import Answers
from gateway.demo.day import PlayedDay
from gateway.demo.recount import TOLERANCE_MW

_FIGURES: Final = ("bids", "limited_bids", "cost", "cost_unconstrained")
_TOLERANCE: Final = 1e-6
_MOST_NAMED: Final = 5

_Quantities = Mapping[tuple[str, ...], tuple[float, ...]]


def compared(played: PlayedDay) -> int:
    """How many availabilities of bids there are to compare, each in one market time unit."""
    return len(_listed(played))


def differences(played: PlayedDay, reference: PlayedDay) -> Iterator[str]:
    """Everything in which `played` differs from `reference`."""
    for figure in _FIGURES:
        ours, theirs = (day.run["figures"][figure] for day in (played, reference))
        if abs(ours - theirs) > _TOLERANCE * max(1.0, abs(theirs)):
            yield f"{figure} is {ours:.9g}, over REST {theirs:.9g}"
    for what, of in (("merit order lists", _listed), ("bid availabilities", _limited)):
        yield from _differences(what, of(played), of(reference))


def _listed(played: PlayedDay) -> _Quantities:
    """Available and activated MW of each bid and market time unit, of both days."""
    return {
        (tenant, point.bid_id, f"{point.start:%H:%MZ}", f"{point.resolution}"): (
            point.available_mw,
            point.activated_mw,
        )
        for tenant, answers in _published(played)
        for point in answers.merit_order
    }


def _limited(played: PlayedDay) -> _Quantities:
    """Available MW of each limited bid and stretch; NaN where none is stated."""
    return {
        (tenant, limit.bid_id, f"{limit.start:%H:%MZ}", f"{limit.end:%H:%MZ}", *map(str, limit.reasons)): (
            -1.0 if limit.available_mw is None else limit.available_mw,
        )
        for tenant, answers in _published(played)
        for limit in answers.limited
    }


def _published(played: PlayedDay) -> Iterator[tuple[str, Answers]]:
    yield from played.answers.items()
    yield played.morning.platform.tenant, played.morning.answers


def _differences(what: str, ours: _Quantities, theirs: _Quantities) -> Iterator[str]:
    missing = sorted(ours.keys() ^ theirs.keys())
    differing = [
        key
        for key in sorted(ours.keys() & theirs.keys())
        if any(abs(one - other) > TOLERANCE_MW for one, other in zip(ours[key], theirs[key], strict=True))
    ]
    for keys, how in ((missing, "are on one side only"), (differing, "have other quantities")):
        if keys:
            named = "; ".join(" ".join(key) for key in keys[:_MOST_NAMED])
            yield f"{what}: {len(keys)} entries {how} than over REST: {named}"
