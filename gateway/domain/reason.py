"""Why: standard reason codes, and findings that state where in a document something is wrong.

Code titles are those of the ENTSO-E `ReasonCodeTypeList`. The code of a rule is our choice
(docs/deciding); every reason also has a text that names the element.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.market_time import Interval
from gateway.domain.place import Place

MAX_REASON_TEXT = 512


class ReasonCode(StrEnum):
    """The reason codes of this gateway."""

    ACCEPTED = "A01"  # message fully accepted
    REJECTED = "A02"  # message fully rejected
    ERRORS_IN_SERIES = "A03"  # message contains errors at the time series level
    PARTLY_ACCEPTED = "B70"  # message partially accepted
    TIME_INTERVAL_INCORRECT = "A04"
    SENDER_WITHOUT_CONTRACT = "A05"
    SERIES_REJECTED = "A20"  # time series fully rejected
    AREA_INVALID = "A23"
    RESOLUTION_INCONSISTENT = "A41"
    QUANTITY_INCONSISTENT = "A42"
    QUANTITY_SIGNED = "A46"
    POSITION_INCONSISTENT = "A49"
    SERIES_VERSION_CONFLICT = "A50"
    MESSAGE_VERSION_CONFLICT = "A51"
    RECEIVER_INCORRECT = "A53"
    SERIES_ID_CONFLICT = "A55"
    GATE_NOT_OPEN = "A57"  # deadline limit exceeded / gate not open
    LOCAL_MARKET_RULE = "A59"
    CURRENCY_INVALID = "A61"
    BUSINESS_TYPE_INVALID = "A62"
    RESOURCE_INVALID = "A64"
    MANDATORY_MISSING = "A69"
    LINKED_BID_REJECTED = "A71"
    SENDER_INVALID = "A78"
    PROCESS_INVALID = "A79"
    DOMAIN_INVALID = "A80"
    CANNOT_BE_PROCESSED = "A94"  # document cannot be processed by receiving system
    COMPLEMENTARY = "A95"  # complementary information
    OUT_OF_RANGE = "B45"
    BID_NOT_ACCEPTED = "B09"
    UNAVAILABLE_IN_LIST = "B16"  # tender unavailable in merit order list
    OVERLOAD = "B35"
    INTERNAL_CONGESTION = "B46"
    OPERATIONAL_SECURITY = "B47"
    OUTSIDE_PRICE_LIMITS = "B51"
    CALCULATION_FAILED = "B27"
    OTHER = "999"  # errors not specifically identified


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason code and its text. The code is plain text, because a reader must accept any code."""

    code: str
    text: str | None = None

    def __post_init__(self) -> None:
        if self.text is not None and len(self.text) > MAX_REASON_TEXT:
            object.__setattr__(self, "text", self.text[: MAX_REASON_TEXT - 1] + "…")


class Stage(StrEnum):
    """How far a document came, in order."""

    WELL_FORMED = "well-formed"
    IDENTIFIED = "identified"
    SCHEMA = "schema"
    CODES = "codes"
    RULES = "rules"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a document: what, why, and exactly where.

    Attributes:
        series: the mRID of the time series it concerns; without it the document is concerned.
        place: where in the document, or in that series; None: the document or series itself, or the path
            states it.
        path, line, column: where its sender has it, in the form and version that it came in; see
            `mappings.places`. The column is stated where lines are too long to locate a fault.
        occurrence: counts, from 0, series of the same mRID.
    """

    stage: Stage
    code: ReasonCode
    message: str
    line: int | None = None
    path: str | None = None
    series: str | None = None
    period: Interval | None = None
    column: int | None = None
    place: Place | None = None
    occurrence: int = 0

    def as_reason(self) -> Reason:
        """The reason to put into an acknowledgement; element and line stay even if the message is cut."""
        named = [] if self.path is None else [self.path]
        if self.line is not None:
            named.append(f"line {self.line}")
        if self.column is not None:
            named.append(f"column {self.column}")
        where = f" ({', '.join(named)})" if named else ""
        left = MAX_REASON_TEXT - len(where)
        message = self.message if len(self.message) <= left else f"{self.message[: max(left - 1, 0)]}…"
        return Reason(self.code, message + where)


def concern_whole_document(findings: Iterable[Finding]) -> bool:
    """Whether any finding is about the document itself rather than one of its time series."""
    return any(finding.series is None for finding in findings)
