"""Business rules that no schema states and that need neither gate nor resources.

They hold in every market; what a market adds (price limits, volumes, products, resolutions) belongs to the
gate. A quantity of 0 cancels a bid, so it needs no price and no minimum.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.domain.bid import BidTerm
from gateway.domain.bids import Bids, Floats
from gateway.domain.bounds import NumberBounds, beyond, largest
from gateway.domain.document import ReserveBids
from gateway.domain.link_rules import broken_links
from gateway.domain.market_time import Interval
from gateway.domain.party import CodedId, Role, is_eic
from gateway.domain.place import Part, Place
from gateway.domain.quantity import readable_number
from gateway.domain.reason import Finding, ReasonCode, Stage
from gateway.domain.series import CURVES_ACCEPTED, curve_not_accepted
from gateway.intake.check.duration_rules import broken_durations

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far a sender's clock may run ahead of ours."""

Rows = NDArray[np.bool_]

NUMBERS: Final = {
    "quantity_mw": Part.QUANTITY,
    "minimum_mw": Part.MINIMUM,
    "energy_price": Part.ENERGY_PRICE,
    "capacity_price": Part.CAPACITY_PRICE,
}
"""Numbers of a point, by their names."""


def created_findings(created_at: datetime, received_at: datetime) -> list[Finding]:
    """Findings on the stated creation time of a document of any kind."""
    if created_at <= received_at + CLOCK_TOLERANCE:
        return []
    message = (
        f"created at {created_at:%Y-%m-%dT%H:%M:%SZ}, after it was received at "
        f"{received_at:%Y-%m-%dT%H:%M:%SZ}"
    )
    place = Place(Part.CREATED_AT)
    return [Finding(Stage.RULES, ReasonCode.TIME_INTERVAL_INCORRECT, message, place=place)]


def name_findings(mrid: str, series: str | None = None) -> list[Finding]:
    """Findings on the mRID of a document or a series: answers must be able to repeat it."""
    fault = _fault_of_name(mrid)
    return [] if fault is None else [Finding(Stage.RULES, *fault, place=Place(Part.MRID), series=series)]


def _fault_of_name(mrid: str) -> tuple[ReasonCode, str] | None:
    stripped = mrid.strip()
    if not stripped:
        return ReasonCode.MANDATORY_MISSING, "the mRID is empty or blank, so that no answer can name it"
    if stripped != mrid:
        return ReasonCode.CANNOT_BE_PROCESSED, "the mRID begins or ends with a blank, which answers may lose"
    return None


CODED: Final = (
    BidTerm.PROVIDER,
    BidTerm.RESOURCE,
    BidTerm.ACQUIRING_AREA,
    BidTerm.CONNECTING_AREA,
)
"""Codes of a series; other series than bids have attributes of these names."""
BLANK: Final = "the code is empty or blank, so that it names no object"


def blank_findings(domain: CodedId | None, subject: Role | None) -> Iterator[Finding]:
    """Codes of a document that name nothing, which schemas let pass."""
    for code, part in (
        (domain, Part.DOMAIN),
        (None if subject is None else subject.party, Part.SUBJECT),
    ):
        if code is not None and not code.code.strip():
            yield Finding(Stage.RULES, ReasonCode.MANDATORY_MISSING, BLANK, place=Place(part))


def bids_beyond(bids: Bids, bounds: NumberBounds) -> list[Finding]:
    """Numbers of bids beyond their bounds, the first of each period and kind."""
    found = _Findings(bids)
    for name, part in NUMBERS.items():
        values = getattr(bids, name)
        wrong = np.abs(values) > largest(name, bounds)
        if np.count_nonzero(wrong):
            found.at_points(
                wrong,
                ReasonCode.OUT_OF_RANGE,
                partial(_beyond_message, name, values, bounds),
                part,
            )
    steps = bids.terms.get(BidTerm.STEP_QUANTITY, ())
    if any(steps):
        sizes = np.array([_size(text) for text in steps])
        message = f"beyond {readable_number(bounds.power_mw)} MW, the bound agreed for you"
        wrong = ~(sizes <= bounds.power_mw)
        found.at_bids(wrong, ReasonCode.OUT_OF_RANGE, message, BidTerm.STEP_QUANTITY)
    return found.all


def _beyond_message(name: str, values: Floats, bounds: NumberBounds, point: int) -> str:
    return beyond(name, float(values[point]), bounds) or ""


def _size(text: str | None) -> float:
    try:
        return abs(float(text or 0))
    except ValueError:
        return 0.0  # its form is the schema's matter


def bid_findings(document: ReserveBids) -> list[Finding]:
    """Findings on the bids of a document, each at its series."""
    bids = document.bids
    if not len(bids):
        message = "the document contains no bid; to withdraw a bid, hand it in with status A13 or quantity 0"
        return [Finding(Stage.RULES, ReasonCode.MANDATORY_MISSING, message)]
    found = _Findings(bids)
    _check_series(bids, found)
    _check_periods(bids, document.period, found)
    _check_points(bids, found)
    _check_curves(bids, found)
    for broken in (*broken_links(bids), *broken_durations(bids)):
        found.at_bids(broken.bids, ReasonCode.LOCAL_MARKET_RULE, broken.message, broken.part)
    return found.all


def _check_series(bids: Bids, found: "_Findings") -> None:
    if len(set(bids.bid_id)) < len(bids):
        counts = Counter(bids.bid_id)
        twice = np.array([counts[mrid] > 1 for mrid in bids.bid_id])
        message = "the mRID occurs more than once in the document"
        found.at_bids(twice, ReasonCode.SERIES_ID_CONFLICT, message, Part.MRID)
    faults = list(map(_fault_of_name, bids.bid_id))
    for fault in filter(None, set(faults)):
        found.at_bids(np.array([each == fault for each in faults]), *fault, Part.MRID)
    for term in CODED:
        codes = bids.terms.get(term, ())
        blank = {code for code in set(codes) if code is not None and not code.strip()}
        if blank:
            wrong = np.array([code in blank for code in codes])
            found.at_bids(wrong, ReasonCode.MANDATORY_MISSING, BLANK, term)
    currencies = bids.terms.get(BidTerm.CURRENCY, (None,))
    if None in currencies:
        priced = np.zeros(len(bids), dtype=np.bool_)
        priced[bids.point_bid[~np.isnan(bids.energy_price) | ~np.isnan(bids.capacity_price)]] = True
        unnamed = np.array([currency is None for currency in currencies])
        message = "a price without a currency"
        found.at_bids(priced & unnamed, ReasonCode.CURRENCY_INVALID, message, BidTerm.CURRENCY)


def _check_periods(bids: Bids, period: Interval, found: "_Findings") -> None:
    start, end = bids.period_start_s, bids.period_end_s
    outside = (start < period.start.timestamp()) | (end > period.end.timestamp())
    if np.count_nonzero(outside):
        message = f"outside the document's period {period}"
        found.at_periods(outside, ReasonCode.TIME_INTERVAL_INCORRECT, message, Part.INTERVAL)
    if not np.count_nonzero(bids.period_bid[:-1] == bids.period_bid[1:]):
        return  # no bid has more than one
    order = np.lexsort((start, bids.period_bid))
    before, after = order[:-1], order[1:]
    overlapping = np.zeros(len(start), dtype=np.bool_)
    overlapping[after] = (bids.period_bid[before] == bids.period_bid[after]) & (start[after] < end[before])
    found.at_periods(
        overlapping, ReasonCode.TIME_INTERVAL_INCORRECT, "overlaps another period of the bid", Part.INTERVAL
    )


def _check_points(bids: Bids, found: "_Findings") -> None:
    quantity, minimum = bids.quantity_mw, bids.minimum_mw
    offered = quantity > 0
    found.at_points(~np.isfinite(quantity), ReasonCode.MANDATORY_MISSING, "no quantity", Part.QUANTITY)
    found.at_points(
        quantity < 0,
        ReasonCode.QUANTITY_SIGNED,
        "a quantity is never signed; the direction determines the sign",
        Part.QUANTITY,
    )
    found.at_points(minimum < 0, ReasonCode.QUANTITY_SIGNED, "a quantity is never signed", Part.MINIMUM)
    found.at_points(
        offered & (minimum > quantity),
        ReasonCode.QUANTITY_INCONSISTENT,
        "the minimum is above the quantity",
        Part.MINIMUM,
    )
    found.at_points(
        offered & ~bids.divisible[bids.point_bid] & (minimum >= 0) & (minimum < quantity),
        ReasonCode.QUANTITY_INCONSISTENT,
        "an indivisible bid cannot have a minimum below its quantity",
        Part.MINIMUM,
    )
    steps = bids.terms.get(BidTerm.STEP_QUANTITY, ())
    if any(steps):
        size = np.array([_size(text) for text in steps])
        most = np.zeros(len(bids))
        np.maximum.at(most, bids.point_bid, np.nan_to_num(quantity))
        message = "the step is above the quantity"
        wrong = (most > 0) & (size > most)
        found.at_bids(wrong, ReasonCode.QUANTITY_INCONSISTENT, message, BidTerm.STEP_QUANTITY)
    found.at_points(
        offered & np.isnan(bids.energy_price) & np.isnan(bids.capacity_price),
        ReasonCode.MANDATORY_MISSING,
        "neither an energy price nor a capacity price",
        Part.ENERGY_PRICE,
    )


def _check_curves(bids: Bids, found: "_Findings") -> None:
    curves = bids.terms.get(BidTerm.CURVE, ())
    for curve in sorted({curve for curve in curves if curve not in CURVES_ACCEPTED}, key=str):
        wrong = np.array([each == curve for each in curves])
        found.at_bids(wrong, ReasonCode.CANNOT_BE_PROCESSED, curve_not_accepted(curve), BidTerm.CURVE)


def remarks(document: ReserveBids) -> tuple[str, ...]:
    """Remarks, no reasons to refuse: EIC codes with a wrong check character.

    They are no error, because test systems and published examples use placeholders; a code that matters is
    checked against the parties and resources that are known.
    """
    wrong = sorted(
        {code for code, scheme in _codes(document) if code and scheme == "A01" and not _is_eic(code)}
    )
    if not wrong:
        return ()
    more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
    return (f"EIC with a wrong check character: {', '.join(wrong[:5])}{more}",)


_is_eic: Final = lru_cache(maxsize=8192)(is_eic)


def _codes(document: ReserveBids) -> set[tuple[str | None, str | None]]:
    header, bids = document.header, document.bids
    parties = [header.sender.party, header.receiver.party, document.domain]
    if document.subject is not None:
        parties.append(document.subject.party)
    found: set[tuple[str | None, str | None]] = {(party.code, party.scheme) for party in parties}
    for term, scheme in (
        (BidTerm.RESOURCE, BidTerm.RESOURCE_SCHEME),
        (BidTerm.PROVIDER, BidTerm.PROVIDER_SCHEME),
        (BidTerm.ACQUIRING_AREA, BidTerm.ACQUIRING_AREA_SCHEME),
        (BidTerm.CONNECTING_AREA, BidTerm.CONNECTING_AREA_SCHEME),
    ):
        found.update(zip(bids.terms.get(term, ()), bids.terms.get(scheme, ()), strict=False))
    return found


class _Findings:
    """Turns rows of the columns into findings at their series, period and place."""

    def __init__(self, bids: Bids) -> None:
        self.all: list[Finding] = []
        self._bids = bids

    def at_bids(self, wrong: Rows, code: ReasonCode, message: str, part: Part | BidTerm) -> None:
        seen: Counter[str] = Counter()
        for bid in wrong.nonzero()[0]:
            mrid = self._bids.bid_id[int(bid)]
            found = Finding(Stage.RULES, code, message, series=mrid, place=Place(part), occurrence=seen[mrid])
            self.all.append(found)
            seen[mrid] += 1

    def at_periods(self, wrong: Rows, code: ReasonCode, message: str, part: Part) -> None:
        for row in wrong.nonzero()[0]:
            self._add(row, code, message, part)

    def at_points(
        self, wrong: Rows, code: ReasonCode, message: str | Callable[[int], str], part: Part
    ) -> None:
        """One finding per period, at its first wrong point."""
        points = wrong.nonzero()[0]
        if not len(points):
            return
        rows, first = np.unique(self._bids.point_period[points], return_index=True)
        for row, point in zip(rows, points[first], strict=True):
            number = int(point - self._bids.point_period.searchsorted(row)) + 1
            text = message if isinstance(message, str) else message(int(point))
            self._add(row, code, text, part, number)

    def _add(
        self, row: np.integer, code: ReasonCode, message: str, part: Part, point: int | None = None
    ) -> None:
        bids = self._bids
        bid = int(bids.period_bid[row])
        number = int(row - bids.period_bid.searchsorted(bid)) + 1
        start, end = bids.period_start_s[row], bids.period_end_s[row]
        period = Interval(datetime.fromtimestamp(int(start), UTC), datetime.fromtimestamp(int(end), UTC))
        place = Place(part, number, point)
        found = Finding(Stage.RULES, code, message, series=bids.bid_id[bid], period=period, place=place)
        self.all.append(found)
