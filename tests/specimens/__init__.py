"""Specimen documents: one list feeds every generic test (schema, round trip, conversion, intake).

All parties, areas and units are invented; every id begins with TEST, every EIC has a right check character.
The delivery day is 2026-03-01 (CET), the documents were created the day before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

NORTH = "11XTEST-NORTH--J"
"""Sender of the 7.2 documents."""
SOUTH = "11XTEST-SOUTH--Z"
"""Sender of the 7.4 and 7.6 documents."""
GATEWAY = "11XTEST-GATE---C"
"""Receiver of all bids, sender of all answers."""
AREA = "10YTEST-AREA---F"
UNITS = ("11WTEST-UNIT-1-U", "11WTEST-UNIT-2-R", "11WTEST-UNIT-3-O")
POOL = "11WTEST-POOL-1-U"
"""A resource that consists of several units and is bid as one."""

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Specimen:
    """A valid document."""

    family: str
    version: str
    series: int

    @property
    def name(self) -> str:
        words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in self.family)
        return f"{words.lstrip('_')}_{self.version.replace('.', '_')}"

    @property
    def data(self) -> bytes:
        return (_HERE / f"{self.name}.xml").read_bytes()


RESERVE_BID_7_2 = Specimen("ReserveBid", "7.2", series=8)
RESERVE_BID_7_4 = Specimen("ReserveBid", "7.4", series=4)
RESERVE_BID_7_6 = Specimen("ReserveBid", "7.6", series=2)
ACKNOWLEDGEMENT_8_1 = Specimen("Acknowledgement", "8.1", series=1)
BID_AVAILABILITY_1_1 = Specimen("BidAvailability", "1.1", series=1)
MERIT_ORDER_LIST_7_3 = Specimen("MeritOrderList", "7.3", series=1)

RESERVE_BID_TABLE = (_HERE / "reserve_bid.csv").read_bytes()
"""Two bids as CSV."""

RESERVE_BIDS = (RESERVE_BID_7_2, RESERVE_BID_7_4, RESERVE_BID_7_6)
SPECIMENS = (*RESERVE_BIDS, ACKNOWLEDGEMENT_8_1, BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3)


@dataclass(frozen=True, slots=True)
class Unfit:
    """A document that is refused before anybody asks what it means: by which stage, naming what."""

    name: str
    stage: str
    names: str
    change: Callable[[bytes], bytes]

    @property
    def data(self) -> bytes:
        return self.change(RESERVE_BID_7_2.data)


def replaced(old: str, new: str, count: int = 1) -> Callable[[bytes], bytes]:
    """The change of a text that must be there."""

    def change(data: bytes) -> bytes:
        assert old.encode() in data, f"{old!r} is not in the specimen"
        return data.replace(old.encode(), new.encode(), count)

    return change


UNFIT = (
    Unfit("empty", "well-formed", "", lambda _: b""),
    Unfit("not-xml", "well-formed", "", lambda _: b"bid;10 MW;45.50\n"),
    Unfit("json-as-xml", "well-formed", "", lambda _: b'{"kind": "ReserveBid"}'),
    Unfit("cut-short", "well-formed", "", lambda data: data[: len(data) // 2]),
    Unfit("wrong-end-tag", "well-formed", "divisible", replaced("A01</divisible>", "A01</divisable>")),
    Unfit(
        "doctype",
        "well-formed",
        "DOCTYPE",
        replaced("?>\n", '?>\n<!DOCTYPE bomb [<!ENTITY a "aaaa">]>\n'),
    ),
    Unfit("nul-byte", "well-formed", "", replaced("TEST-BID-1", "TEST\0BID-1")),
    Unfit(
        "unknown-version", "identified", "7.6", replaced("reservebiddocument:7:2", "reservebiddocument:9:9")
    ),
    Unfit("no-namespace", "identified", "", replaced(' xmlns="urn:', ' about="urn:')),
    Unfit("other-root", "identified", "", replaced("ReserveBid_MarketDocument", "Invoice", 2)),
    Unfit(
        "missing-element", "schema", "businessType", replaced("    <businessType>B74</businessType>\n", "")
    ),
    Unfit("unknown-element", "schema", "colour", replaced("<Bid_TimeSeries>", "<Bid_TimeSeries><colour/>")),
    Unfit(
        "time-with-fraction",
        "schema",
        "createdDateTime",
        replaced("10:15:30Z</createdDateTime", "10:15:30.5Z</createdDateTime"),
    ),
    Unfit(
        "exponent",
        "schema",
        "quantity.quantity",
        replaced(">12</quantity.quantity", ">1E1</quantity.quantity"),
    ),
    Unfit(
        "unknown-direction",
        "codes",
        "flowDirection.direction",
        replaced(">A01</flowDirection", ">Q77</flowDirection"),
    ),
    Unfit("unknown-currency", "codes", "currency_Unit.name", replaced(">EUR</currency", ">QQQ</currency")),
)
