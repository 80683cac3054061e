"""Reported activations compared with earlier reports: orders and responses, scheduled and direct, by age."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.domain.activation import ActivatedSeries, Activation
from gateway.domain.place import Part, Place
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.processes.bid_check.collecting.activation_check import is_direct
from gateway.processes.bid_check.collecting.activation_series import stretches
from gateway.records.market import activations
from gateway.records.market.activations import StoredActivation
from gateway.records.market.bids import CollectedBid

ACTIVE = frozenset({"A07", "A10"})
"""Status activated and ordered; with any other, e.g. unavailable or cancelled, a bid is not."""

RESPONSE = "A41"
"""Type of the answer to an order. It does not state whether activation is scheduled or direct: its order
does."""

NOTHING_MW = 1e-6
"""Published quantities are rounded; so little more than was offered is no more."""


def reported_activations(
    one: ActivatedSeries,
    document: Activation,
    bids: Sequence[CollectedBid],
    known: Sequence[StoredActivation],
    received_at: datetime,
) -> Iterator[tuple[Place, StoredActivation]]:
    """Yield the activations that a series reports of its bid, point by point, with the place of the
    quantity."""
    header, active = document.header, one.status in ACTIVE
    order_id = header.mrid if document.order is None else document.order.mrid
    for number, period in enumerate(one.periods, start=1):
        direct = is_direct(header.type, period, bids)
        for point, (begin, end, mw) in enumerate(stretches(period, one.curve).tolist(), start=1):
            active_mw = mw if active else 0.0
            activation = StoredActivation(
                one.mrid, int(begin), int(end), direct, active_mw, header.created_at, received_at, order_id
            )
            if header.type == RESPONSE and (order := order_of(activation, known)):
                activation = replace(activation, direct=order.direct, order_id=order.order_id)
            yield Place(Part.QUANTITY, number, point), activation


def order_of(answer: StoredActivation, known: Sequence[StoredActivation]) -> StoredActivation | None:
    """Return the order that a response answers, of its bid and time; of two the one that it names.

    Otherwise an order in force comes before a withdrawn one, one that begins with the response
    before a direct one that only reaches into its time, the one of its quantity before others, then the last.
    """
    meets = [one for one in known if one.start_s < answer.end_s and one.end_s > answer.start_s]
    return max(
        meets,
        key=lambda one: (
            one.order_id == answer.order_id,
            one.quantity_mw > 0,
            one.start_s == answer.start_s,
            one.quantity_mw == answer.quantity_mw,
            one.created_at,
        ),
        default=None,
    )


def without_order(one: ActivatedSeries, reported: Sequence[StoredActivation]) -> Finding:
    """A response without an order: it counts, as the activation type that its period implies."""
    activation_type = "direct" if any(each.direct for each in reported) else "scheduled"
    message = (
        f"bid {one.mrid}: no order is reported that this response answers; it counts as one to "
        f"{activation_type} activation"
    )
    return Finding(Stage.PROCESS, ReasonCode.COMPLEMENTARY, message)


def older(
    one: ActivatedSeries, reported: Sequence[StoredActivation], known: Sequence[StoredActivation]
) -> Finding:
    """Newer documents contradict a series, wholly or for part of its time."""
    newer = [last for each in reported if (last := activations.newer(each, known)) is not None]
    part = "" if len(newer) == len(reported) else "a part of "
    message = (
        f"a document created {max(each.created_at for each in newer):%Y-%m-%dT%H:%M:%SZ} has a newer "
        f"version of {part}what was activated of bid {one.mrid}"
    )
    return finding_of(one, ReasonCode.SERIES_VERSION_CONFLICT, message, Place(Part.MRID))


def other_activation_mw(
    reported: StoredActivation, bids: Sequence[CollectedBid], known: Iterable[StoredActivation]
) -> float:
    """MW that are reported of the same bid and time with the other activation type.

    Direct activation that reaches into the next unit is not part of that unit's offer.
    """
    if reported.quantity_mw <= 0:
        return 0.0
    return max(
        (
            one.quantity_mw
            for one in known
            if one.bid_id == reported.bid_id
            and one.direct is not reported.direct
            and one.start_s < reported.end_s
            and one.end_s > reported.start_s
            and any(_begin_together(bid, one.start_s, reported.start_s) for bid in bids)
        ),
        default=0.0,
    )


def _begin_together(bid: CollectedBid, one_s: int, other_s: int) -> bool:
    return bool(((bid.start_s <= min(one_s, other_s)) & (max(one_s, other_s) < bid.end_s)).any())


def beyond_the_offer(
    one: ActivatedSeries,
    reported: Sequence[tuple[Place, StoredActivation]],
    other_mw: Mapping[Place, float],
    bids: Sequence[CollectedBid],
) -> Iterator[Finding]:
    """That scheduled and direct activation of a bid are together more than it offers."""
    for place, each in reported:
        other, most = other_mw[place], offered_mw(each.start_s, each.end_s, bids)
        if other > 0 and each.quantity_mw + other > most + NOTHING_MW:
            scheduled, direct = (other, each.quantity_mw) if each.direct else (each.quantity_mw, other)
            message = (
                f"{scheduled:,.15g} MW of scheduled and {direct:,.15g} MW of direct activation of a bid "
                f"that offers {most:,.15g} MW then"
            )
            yield finding_of(one, ReasonCode.QUANTITY_INCONSISTENT, message, place)
            return


def offered_mw(start_s: float, end_s: float, held: Sequence[CollectedBid]) -> float:
    """The most that a bid offers in a time, in MW; after its end, as at its end."""
    most = 0.0
    for bid in held:
        covers = (bid.start_s < end_s) & (bid.end_s > start_s)
        if not covers.any():
            covers = bid.end_s == bid.end_s.max()
        most = max(most, float(bid.quantity_mw[covers].max()))
    return most


def finding_of(one: ActivatedSeries, code: ReasonCode, message: str, place: Place) -> Finding:
    """A finding of a series."""
    return Finding(Stage.PROCESS, code, message, series=one.mrid, place=place)
