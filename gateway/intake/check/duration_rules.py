"""How long a bid is activated and rests: durations that are none, or contradict each other."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm
from gateway.domain.bids import Bids
from gateway.domain.link_rules import Broken
from gateway.domain.market_time import MarketTimeError, resolution

_TERMS: Final = (
    BidTerm.ACTIVATION_DURATION,
    BidTerm.RESTING_DURATION,
    BidTerm.MINIMUM_DURATION,
    BidTerm.MAXIMUM_DURATION,
)
_NONE_AT_ALL: Final = frozenset({"P0D", "PT0H", "PT0M", "PT0S"})
"""Durations of length 0, which some write for none."""


def broken_durations(bids: Bids) -> Iterator[Broken]:
    """Rules on durations that bids break."""
    texts_of = {term: bids.terms[term] for term in _TERMS if term in bids.terms}
    if not texts_of:
        return
    lengths: dict[BidTerm, NDArray[np.float64]] = {}
    for term, texts in texts_of.items():
        lengths[term] = np.array([_seconds(text) for text in texts])
        wrong = np.array([text is not None for text in texts]) & np.isnan(lengths[term])
        yield Broken(wrong, "no length of time in days, hours, minutes or seconds", term)
    none = np.full(len(bids), np.nan)
    least = lengths.get(BidTerm.MINIMUM_DURATION, none)
    most = lengths.get(BidTerm.MAXIMUM_DURATION, none)
    yield Broken(least > most, "the minimum duration is above the maximum", BidTerm.MINIMUM_DURATION)
    # A chain of technical links offers more time than each of its bids.
    alone = np.array([bids.term(BidTerm.TECHNICAL_LINK, bid) is None for bid in range(len(bids))])
    yield Broken(
        alone & (least > _offered_s(bids)),
        "the minimum duration is above the time offered",
        BidTerm.MINIMUM_DURATION,
    )


def _seconds(text: str | None) -> float:
    """Length in seconds; NaN: not stated, or no fixed length."""
    if text is None:
        return float("nan")
    try:
        return (timedelta(0) if text in _NONE_AT_ALL else resolution(text)).total_seconds()
    except MarketTimeError:
        return float("nan")


def _offered_s(bids: Bids) -> NDArray[np.float64]:
    """From the first to the last moment of each bid, in seconds; shape (B,)."""
    first, last = np.full(len(bids), np.inf), np.full(len(bids), -np.inf)
    np.minimum.at(first, bids.point_bid, bids.point_start_s)
    np.maximum.at(last, bids.point_bid, bids.point_end_s)
    span: NDArray[np.float64] = last - first
    return span
