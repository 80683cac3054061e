"""The gateway's answers as a platform's own system checks and reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml import etree

from esmp import Family, identify, stream

_UP = "A01"


class InvalidDocumentError(ValueError):
    """The gateway sent a document that is not valid by its schema."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The answer of the gateway to a document: reasons as (code, text).

    Attributes:
        of_periods: reasons of periods of rejected series.
        version: of the acknowledgement itself.
    """

    received_mrid: str | None
    reasons: tuple[tuple[str, str], ...]
    rejected_series: dict[str, tuple[tuple[str, str], ...]]
    of_periods: tuple[tuple[str, str], ...] = ()
    received_revision: str | None = None
    sender: str | None = None
    receiver: str | None = None
    version: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the document was accepted completely (reason A01)."""
        return any(code == "A01" for code, _ in self.reasons)


@dataclass(frozen=True, slots=True)
class LimitedBid:
    """A bid named in a BidAvailability document: what of it may be used in [start, end), and why."""

    bid_id: str
    start: datetime
    end: datetime
    business_type: str
    available_mw: float | None
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ListedPoint:
    """One bid in one market time unit of a merit order list; the units follow each other in price order."""

    bid_id: str
    up: bool
    start: datetime
    resolution: timedelta
    available_mw: float
    energy_price: float
    activated_mw: float


def read_acknowledgement(data: bytes) -> Acknowledgement:
    """Check and read an Acknowledgement.

    Raises:
        InvalidDocumentError: not valid.
    """
    rejected: dict[str, tuple[tuple[str, str], ...]] = {}
    of_periods: list[tuple[str, str]] = []
    for root in _valid(data, Family.ACKNOWLEDGEMENT):
        for series in _all(root, "Rejected_TimeSeries"):
            rejected[_must(series, "mRID")] = _reasons(series)
            of_periods += [each for period in _all(series, "InError_Period") for each in _reasons(period)]
    return Acknowledgement(
        _text(root, "received_MarketDocument.mRID"),
        _reasons(root),
        rejected,
        tuple(of_periods),
        _text(root, "received_MarketDocument.revisionNumber"),
        _text(root, "sender_MarketParticipant.mRID"),
        _text(root, "receiver_MarketParticipant.mRID"),
        identify(data).version,
    )


def read_bid_availability(data: bytes) -> tuple[LimitedBid, ...]:
    """Check and read a BidAvailability document.

    Raises:
        InvalidDocumentError: not valid.
    """
    return tuple(
        LimitedBid(
            _must(series, "mRID"),
            start,
            end,
            _must(series, "businessType"),
            None if (limit := _text(series, "operationalLimit_Quantity.quantity")) is None else float(limit),
            _reasons(series),
        )
        for root in _valid(data, Family.BID_AVAILABILITY)
        for start, end in (_ends(root, "time_Period.timeInterval"),)
        for series in _all(root, "BidTimeSeries")
    )


def read_merit_order(data: bytes) -> tuple[ListedPoint, ...]:
    """Check and read a MeritOrderList document, its points in document order.

    Raises:
        InvalidDocumentError: not valid.
    """
    return tuple(
        point
        for root in _valid(data, Family.MERIT_ORDER_LIST)
        for series in _all(root, "TimeSeries")
        for point in _listed(series)
    )


def _listed(series: etree._Element) -> Iterator[ListedPoint]:
    bid_id, up = _must(series, "marketAgreement.mRID"), _must(series, "direction") == _UP
    for period in _all(series, "Period"):
        start, _ = _ends(period, "timeInterval")
        step = _minutes(_must(period, "resolution"))
        for point in _all(period, "Point"):
            yield ListedPoint(
                bid_id,
                up,
                start + (int(_must(point, "position")) - 1) * step,
                step,
                float(_must(point, "quantity.quantity")),
                float(_text(point, "energy_Price.amount") or "nan"),
                float(_text(point, "activated_Quantity.quantity") or "0"),
            )


def _valid(data: bytes, family: Family) -> Iterator[etree._Element]:
    """The document once found valid: one tree, or of a large one several with some of its series each."""
    for report in stream(data):
        if not report.valid or report.root is None:
            raise InvalidDocumentError("; ".join(str(finding) for finding in report.findings[:3]))
        if report.identity is None or report.identity.family != family:
            raise InvalidDocumentError(f"expected a {family} document, got {report.identity}")
        yield report.root


def _text(element: etree._Element, name: str) -> str | None:
    return element.findtext(f"{{*}}{name}")


def _all(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return element.iterfind(f"{{*}}{name}")


def _must(element: etree._Element, name: str) -> str:
    text = _text(element, name)
    if text is None:
        raise InvalidDocumentError(f"{element.tag} has no {name}")
    return text


def _reasons(element: etree._Element) -> tuple[tuple[str, str], ...]:
    found = _all(element, "Reason")
    return tuple((_must(reason, "code"), _text(reason, "text") or "") for reason in found)


def _ends(element: etree._Element, name: str) -> tuple[datetime, datetime]:
    interval = element.find(f"{{*}}{name}")
    if interval is None:
        raise InvalidDocumentError(f"{element.tag} has no {name}")
    return _moment(_must(interval, "start")), _moment(_must(interval, "end"))


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)


def _minutes(text: str) -> timedelta:
    if not (text.startswith("PT") and text.endswith("M")):
        raise InvalidDocumentError(f"a merit order list has quarter hours or other minutes, not {text}")
    return timedelta(minutes=int(text[2:-1]))
