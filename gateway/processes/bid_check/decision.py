"""What a run decided, free of the optimiser's numbering: kept until everybody was told."""

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from gateway.domain.reason import Reason, ReasonCode
from gateway.domain.result import Availability, LimitingElement, Side
from gateway.optimiser.answer import Answer, RemovalCause, Rung
from gateway.processes.bid_check.offers import Offers
from gateway.processes.bid_check.question import Question

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


class Decision(msgspec.Struct, frozen=True):
    """What a run decided about the B bids of its offers in T market time units.

    Attributes:
        available_mw, accepted_mw: (B, T) float64 as bytes; limited: (B, T) bool as bytes.
        reasons: why a bid is limited, or not decided, by position.
        limits: which elements limit which bids.
    """

    available_mw: bytes
    accepted_mw: bytes
    limited: bytes
    reasons: dict[int, Reason]
    limits: tuple[LimitingElement, ...]

    def availability(self, offers: Offers) -> Availability:
        """As arrays, beside what was offered."""
        shape = offers.quantity_mw.shape
        return Availability(
            bid_id=[bid.bid_id for bid in offers.bids],
            platform=offers.platform,
            document=[bid.document.mrid for bid in offers.bids],
            offered_mw=offers.quantity_mw,
            available_mw=np.frombuffer(self.available_mw).reshape(shape),
            accepted_mw=np.frombuffer(self.accepted_mw).reshape(shape),
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
    available = offers.quantity_mw.copy()
    accepted = np.zeros_like(available)
    limited = np.zeros(available.shape, dtype=np.bool_)
    available[decided] = np.clip(np.round(answer.available_mw, DECIMALS), 0, available[decided])
    accepted[decided] = np.clip(np.round(answer.accepted_mw, DECIMALS), 0, available[decided])
    limited[decided] = answer.limited
    return _decision(available, accepted, limited, _reasons(question, answer), _limits(question, answer))


def unassessed(question: Question) -> Decision:
    """The decision when there is no answer: everything as offered, nothing taken."""
    nothing = np.zeros_like(question.offers.quantity_mw)
    return _decision(question.offers.quantity_mw, nothing, nothing > 0, _remarks(question), ())


def _decision(
    available: NDArray[np.float64],
    accepted: NDArray[np.float64],
    limited: NDArray[np.bool_],
    reasons: dict[int, Reason],
    limits: tuple[LimitingElement, ...],
) -> Decision:
    return Decision(available.tobytes(), accepted.tobytes(), limited.tobytes(), reasons, limits)


def _remarks(question: Question) -> dict[int, Reason]:
    """Reasons that do not come from the answer: what was not decided, and what no grid could limit."""
    told = {
        bid: Reason(ReasonCode.OTHER, f"not decided by the bid check ({why}); passed on as offered")
        for bid, why in question.offers.undecided.items()
    }
    for bid, why in question.grids.unlimited.items():
        told.setdefault(bid, Reason(ReasonCode.OTHER, why))
    return told


def _reasons(question: Question, answer: Answer) -> dict[int, Reason]:
    reasons = _remarks(question)
    decided = question.offers.decided
    for removal in answer.removals:
        code, text = _CAUSES[removal.cause]
        reasons[decided[removal.bid]] = Reason(code, text)
    conservative = {mtu for mtu, rung in enumerate(answer.rung) if rung is Rung.CONSERVATIVE}
    for number in np.flatnonzero(answer.limited.any(axis=1)).tolist():
        if conservative.intersection(np.flatnonzero(answer.limited[number]).tolist()):
            code, text = ReasonCode.OPERATIONAL_SECURITY, "limited by a cautious rule, for want of time"
        else:
            code, text = ReasonCode.INTERNAL_CONGESTION, "the grid cannot carry the whole bid"
        reasons[decided[number]] = Reason(code, text)
    return reasons


def _limits(question: Question, answer: Answer) -> tuple[LimitingElement, ...]:
    grids, decided, limits = question.problem.grids, question.offers.decided, answer.limits
    rows = answer.shadow_prices
    keys = zip(
        *(part.tolist() for part in (rows.grid, rows.element, rows.point, rows.side, rows.mtu)), strict=True
    )
    price = dict(zip(keys, rows.value.tolist(), strict=True))
    columns = (limits.bid, limits.mtu, limits.grid, limits.element, limits.point, limits.side)
    found = []
    for row, (bid, mtu, grid, element, point, side) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True)
    ):
        found.append(
            LimitingElement(
                bid=decided[bid],
                mtu=mtu,
                grid_id=grids[grid].grid_id,
                element_id=grids[grid].element_ids[element],
                side=Side.FORWARD if side > 0 else Side.REVERSE,
                operating_point=grids[grid].point_names[point],
                share=float(limits.share[row]),
                margin_mw=float(limits.margin_mw[row]),
                shadow_price=price.get((grid, element, point, side, mtu), 0.0),
            )
        )
    return tuple(found)
