"""What a run decided, free of the optimiser's numbering: kept until everybody was told."""

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from gateway.domain.gate import UseOfLists
from gateway.domain.reason import Reason, ReasonCode
from gateway.domain.result import Availability, FailingBid, GridGap, LimitedShare, LimitingElement, Rung, Side
from gateway.optimiser.answer import Answer, Limits, RemovalCause, Rows
from gateway.optimiser.safe_answer import SafeMeritOrder
from gateway.processes.bid_check.offers import Offers
from gateway.processes.bid_check.question import Question
from gateway.processes.bid_check.safe_limits import safe_limits

DECIMALS = 6
"""Answers are told to the watt: documents have at most 17 digits, and no meter sees more."""

_CAUSES: Mapping[RemovalCause, tuple[ReasonCode, str]] = {
    RemovalCause.TRAFFIC_LIGHT: (ReasonCode.OPERATIONAL_SECURITY, "traffic light of the grid operator"),
    RemovalCause.EXCLUSIVE: (ReasonCode.LINKED_BID_REJECTED, "another bid of its exclusive group is taken"),
    RemovalCause.MULTIPART: (ReasonCode.LINKED_BID_REJECTED, "a cheaper part of its group is not taken"),
    RemovalCause.INCLUSIVE: (ReasonCode.LINKED_BID_REJECTED, "its inclusive group cannot be taken whole"),
    RemovalCause.TECHNICAL: (ReasonCode.LINKED_BID_REJECTED, "a technically linked bid is taken"),
    RemovalCause.CONDITIONAL: (ReasonCode.LINKED_BID_REJECTED, "its conditional link does not hold"),
    RemovalCause.BLOCK: (ReasonCode.LINKED_BID_REJECTED, "the block cannot be taken in all its units alike"),
    RemovalCause.INDIVISIBLE: (ReasonCode.OTHER, "indivisible, and its whole quantity does not fit"),
}

_CAUTIOUS = Reason(ReasonCode.OPERATIONAL_SECURITY, "limited by a cautious rule, for want of time")
_CONGESTED = Reason(ReasonCode.INTERNAL_CONGESTION, "the grid cannot carry the whole bid")
_UNSAFE = Reason(ReasonCode.INTERNAL_CONGESTION, "the grid cannot always carry the whole bid")
_WITHHELD = "; without it nothing is passed on"
_SAFETY: Mapping[Rung, Reason] = {
    Rung.CONSERVATIVE: _CAUTIOUS,
    Rung.NOT_ASSESSED: Reason(ReasonCode.OPERATIONAL_SECURITY, "not assessed in time, so nothing is safe"),
}


class Decision(msgspec.Struct, frozen=True):
    """What a run decided about the B bids of its offers in T market time units.

    Attributes:
        available_mw, accepted_mw: (B, T) float64 as bytes; limited: (B, T) bool as bytes. A safe merit order
            accepts nothing: None.
        reasons: why a bid is limited, or not decided, by position.
        limits: which elements limit which bids.
        shares: whom limits hit. gaps: where grids could not limit as they should.
        failing: bids whose failure would overload something; None if that was not looked at.
    """

    available_mw: bytes
    accepted_mw: bytes | None
    limited: bytes
    reasons: dict[int, Reason]
    limits: tuple[LimitingElement, ...]
    shares: tuple[LimitedShare, ...] = ()
    gaps: tuple[GridGap, ...] = ()
    failing: tuple[FailingBid, ...] | None = None

    def availability(self, offers: Offers) -> Availability:
        """As arrays, beside what was offered."""
        shape, accepted = offers.quantity_mw.shape, self.accepted_mw
        return Availability(
            bid_id=[bid.bid_id for bid in offers.bids],
            platform=offers.platform,
            document=[bid.document.mrid for bid in offers.bids],
            offered_mw=offers.quantity_mw,
            available_mw=np.frombuffer(self.available_mw).reshape(shape),
            accepted_mw=None if accepted is None else np.frombuffer(accepted).reshape(shape),
            limited=np.frombuffer(self.limited, dtype=np.bool_).reshape(shape),
        )


def encode(decision: Decision) -> bytes:
    """The decision as bytes."""
    return msgspec.msgpack.encode(decision)


def decode(data: bytes) -> Decision:
    """A decision from what `encode` wrote."""
    return msgspec.msgpack.decode(data, type=Decision)


def from_answer(question: Question, answer: Answer) -> Decision:
    """The decision an answer makes. Bids it does not decide stay available as offered and are not taken."""
    offers, decided = question.offers, np.asarray(question.offers.decided, dtype=np.intp)
    joined = question.pieces.joined
    available = offers.quantity_mw.copy()
    accepted = np.zeros_like(available)
    limited = np.zeros(available.shape, dtype=np.bool_)
    available[decided] = np.clip(np.round(joined(answer.available_mw), DECIMALS), 0, available[decided])
    accepted[decided] = np.clip(np.round(joined(answer.accepted_mw), DECIMALS), 0, available[decided])
    limited[decided] = joined(answer.limited)
    limits = _limits(question, answer.limits, answer.shadow_prices)
    return _decision(available, accepted, limited, _reasons(question, answer), limits)


def from_safe_merit_order(question: Question, safe: SafeMeritOrder) -> Decision:
    """The decision a safe merit order makes. Bids it does not decide stay available as offered."""
    offers, decided = question.offers, np.asarray(question.offers.decided, dtype=np.intp)
    available = offers.quantity_mw.copy()
    limited = np.zeros(available.shape, dtype=np.bool_)
    joined = question.pieces.joined
    available[decided] = np.clip(np.round(joined(safe.available_mw), DECIMALS), 0, available[decided])
    limited[decided] = joined(safe.limited)
    limits = _limits(question, safe_limits(question.problem, safe), None)
    return _decision(available, None, limited, _safety_reasons(question, safe), limits)


def unassessed(question: Question) -> Decision:
    """The decision when there is no answer: everything as offered, but what is withheld; nothing taken."""
    offered, decided = question.offers.quantity_mw, np.asarray(question.offers.decided, dtype=np.intp)
    available = offered.copy()
    available[decided] = question.pieces.joined(question.problem.bids.available_mw)
    takes_nothing = question.offers.gate.use is UseOfLists.PREFIX
    accepted = None if takes_nothing else np.zeros_like(offered)
    reasons = _remarks(question) | _withheld(question)
    return _decision(available, accepted, np.zeros_like(offered, np.bool_), reasons, ())


def _decision(
    available: NDArray[np.float64],
    accepted: NDArray[np.float64] | None,
    limited: NDArray[np.bool_],
    reasons: dict[int, Reason],
    limits: tuple[LimitingElement, ...],
) -> Decision:
    taken = None if accepted is None else accepted.tobytes()
    return Decision(available.tobytes(), taken, limited.tobytes(), reasons, limits)


def _remarks(question: Question) -> dict[int, Reason]:
    """Reasons that do not come from the answer: what was not decided, and what no grid could limit."""
    told = {
        bid: Reason(ReasonCode.OTHER, f"not decided by the bid check ({why}); passed on as offered")
        for bid, why in question.offers.undecided.items()
    }
    for bid, why in question.grids.unlimited.items():
        told.setdefault(bid, Reason(ReasonCode.OTHER, why))
    return told


def _withheld(question: Question) -> dict[int, Reason]:
    """Bids of which nothing is available because a grid that should limit them cannot be looked at."""
    grids, decided = question.grids, question.offers.decided
    bids = {decided[question.pieces.bid[piece]] for piece in grids.withheld}
    return {bid: Reason(ReasonCode.OPERATIONAL_SECURITY, grids.unlimited[bid] + _WITHHELD) for bid in bids}


def _reasons(question: Question, answer: Answer) -> dict[int, Reason]:
    reasons = _remarks(question)
    decided = question.offers.decided
    for removal in answer.removals:
        code, text = _CAUSES[removal.cause]
        reasons[decided[question.pieces.bid[removal.bid]]] = Reason(code, text)
    conservative = np.array([rung is Rung.CONSERVATIVE for rung in answer.rung], dtype=np.bool_)
    limited = question.pieces.joined(answer.limited)
    reasons |= _withheld(question)
    for number in np.flatnonzero(limited.any(axis=1)).tolist():
        cautious = bool((limited[number] & conservative).any())
        reasons[decided[number]] = _CAUTIOUS if cautious else _CONGESTED
    return reasons


def _safety_reasons(question: Question, safe: SafeMeritOrder) -> dict[int, Reason]:
    reasons = _remarks(question)
    rungs = list(Rung)
    pieces, decided = question.pieces, question.offers.decided
    worst = np.zeros(len(decided), np.int64)
    for grid, rung in zip(question.problem.grids, safe.rung, strict=True):
        bids = pieces.bid[grid.injections.bid]
        worst[bids] = np.maximum(worst[bids], rungs.index(rung))
    for number in np.flatnonzero(pieces.joined(safe.limited).any(axis=1)).tolist():
        reasons[decided[number]] = _SAFETY.get(rungs[worst[number]], _UNSAFE)
    return reasons | _withheld(question)


def _limits(question: Question, limits: Limits, prices: Rows | None) -> tuple[LimitingElement, ...]:
    """Limits by name; without `prices` there is no cost that a limit could lower."""
    grids, decided = question.problem.grids, question.offers.decided
    price = None if prices is None else _price_by_row(prices)
    columns = (limits.bid, limits.mtu, limits.grid, limits.element, limits.point, limits.side)
    found = []
    for row, (bid, mtu, grid, element, point, side) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True)
    ):
        found.append(
            LimitingElement(
                bid=decided[question.pieces.bid[bid]],
                mtu=mtu,
                grid_id=grids[grid].grid_id,
                element_id=grids[grid].element_ids[element],
                side=Side.FORWARD if side > 0 else Side.REVERSE,
                operating_point=grids[grid].point_names[point],
                share=float(limits.share[row]),
                margin_mw=float(limits.margin_mw[row]),
                shadow_price=None if price is None else price.get((grid, element, point, side, mtu), 0.0),
            )
        )
    return tuple(found)


def _price_by_row(rows: Rows) -> Mapping[tuple[int, ...], float]:
    columns = (rows.grid, rows.element, rows.point, rows.side, rows.mtu)
    keys = zip(*(column.tolist() for column in columns), strict=True)
    return dict(zip(keys, rows.value.tolist(), strict=True))
