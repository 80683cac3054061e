"""Documents of bids as XML."""

from collections.abc import Callable
from typing import Final

from benchmarks.bid_documents import BID, DAY, HEAD, MTU, POINT, bid_document
from benchmarks.hostile.shape import XML, Shape, filled

END: Final = "</ReserveBid_MarketDocument>\n"
QUARTERS: Final = 96


def bid(name: str, points: str, more: str = "", quarters: int = QUARTERS) -> str:
    """A bid over some quarter hours; `more` comes after its period."""
    text = BID.format(
        mrid=name,
        link="TEST-LINK",
        unit=1,
        direction="A01",
        start=DAY,
        end=DAY + quarters * MTU,
        points=points,
    )
    return text.replace("  </Bid_TimeSeries>", f"{more}  </Bid_TimeSeries>")


def point(number: int, quantity: object = 5) -> str:
    """A point of a bid."""
    return POINT.format(number, quantity, 0, 10)


ONE: Final = bid("TEST-BID", point(1), quarters=1)
IN_POINTS: Final = bid("TEST-BID", "{}").partition("{}")
IN_BID: Final = bid("TEST-BID", point(1), "{}", 1).partition("{}")


def bids(size: int, piece: Callable[[int], str], head: str = HEAD) -> bytes:
    """A document of bids."""
    return filled(size, head, END, piece)


def points(size: int, piece: Callable[[int], str]) -> bytes:
    """A document with one bid of many points."""
    return filled(size, HEAD + IN_POINTS[0], IN_POINTS[2] + END, piece)


def in_bid(size: int, piece: Callable[[int], str]) -> bytes:
    """A document with one bid that says much behind its period."""
    return filled(size, HEAD + IN_BID[0], IN_BID[2] + END, piece)


def in_root(size: int, attribute: Callable[[int], str]) -> bytes:
    """A document whose root has many attributes, and many bids a fault each."""
    attributes = filled(size // 2, "", "", attribute).decode()
    head = HEAD.replace("<ReserveBid_MarketDocument", f"<ReserveBid_MarketDocument {attributes}")
    return bids(size, lambda number: faulty(f"TEST-{number}"), head)


def faulty(name: str) -> str:
    """A bid with a code that is in no list."""
    return bid(name, point(1), quarters=1).replace("<divisible>A01", "<divisible>A99")


def nested(number: int) -> str:
    """Elements within each other, as deep as the parser goes."""
    return "<a>" * 200 + str(number) + "</a>" * 200


def periods(size: int, piece: Callable[[int], str]) -> bytes:
    """A document with one bid of many periods."""
    before, _, rest = ONE.partition("    <Period>")
    return filled(size, HEAD + before, rest.rpartition("</Period>\n")[2] + END, piece)


def period(number: int) -> str:
    """A period of one quarter hour."""
    start = DAY + (number % QUARTERS) * MTU
    interval = f"<start>{start:%Y-%m-%dT%H:%MZ}</start><end>{start + MTU:%Y-%m-%dT%H:%MZ}</end>"
    return (
        f"<Period><timeInterval>{interval}</timeInterval><resolution>PT15M</resolution>{point(1)}</Period>\n"
    )


def one_line(data: bytes) -> bytes:
    """The same without line ends and blanks between elements."""
    return b"".join(line.strip() for line in data.splitlines())


XML_SHAPES: Final[dict[str, Shape]] = {
    "xml_many_series": Shape(
        "documents", XML, lambda size: bids(size, lambda n: bid(f"TEST-{n}", point(1), "", 1))
    ),
    "xml_many_points": Shape(
        "documents", XML, lambda size: bid_document(max(1, size // 16_000), QUARTERS).data
    ),
    "xml_points_of_one_series": Shape("documents", XML, lambda size: points(size, point)),
    "xml_many_periods": Shape("documents", XML, lambda size: periods(size, period)),
    "xml_one_group": Shape(
        "documents",
        XML,
        lambda size: bids(
            size, lambda n: ONE.replace("TEST-BID", f"TEST-{n}").replace("linkedBids", "inclusiveBids")
        ),
    ),
    "xml_many_groups": Shape(
        "documents",
        XML,
        lambda size: bids(
            size,
            lambda n: ONE.replace("TEST-BID", f"TEST-{n}").replace("TEST-LINK", f"TEST-LINK-{n // 2}"),
        ),
    ),
    "xml_same_name": Shape("documents", XML, lambda size: bids(size, lambda _: ONE)),
    "xml_many_links": Shape(
        "documents",
        XML,
        lambda size: in_bid(
            size,
            lambda n: (
                f"<Linked_BidTimeSeries><mRID>TEST-{n}</mRID><status><value>A55</value></status>"
                "</Linked_BidTimeSeries>\n"
            ),
        ),
    ),
    "xml_many_reasons": Shape(
        "documents",
        XML,
        lambda size: in_bid(size, lambda n: f"<Reason><code>A95</code><text>TEST {n}</text></Reason>\n"),
    ),
    "xml_comments": Shape("documents", XML, lambda size: bids(size, lambda n: f"<!-- {n} -->" + ONE)),
    "xml_references": Shape("documents", XML, lambda size: points(size, lambda n: point(n, "&#53;" * 3))),
    "xml_faulty_series": Shape("documents", XML, lambda size: bids(size, lambda n: faulty(f"TEST-{n}"))),
    "xml_faulty_points": Shape("documents", XML, lambda size: points(size, lambda n: point(n, "x"))),
    "xml_empty_points": Shape("documents", XML, lambda size: points(size, lambda _: "<Point/>")),
    "xml_faulty_on_one_line": Shape(
        "documents", XML, lambda size: one_line(points(size, lambda n: point(n, "x")))
    ),
    "xml_foreign_elements": Shape("documents", XML, lambda size: bids(size, lambda _: "<x/>")),
    "xml_other_namespaces": Shape(
        "documents", XML, lambda size: points(size, lambda n: f'<x{n}:Point xmlns:x{n}="urn:test:{n}"/>')
    ),
    "xml_deep": Shape("documents", XML, lambda size: in_bid(size, nested)),
    "xml_too_deep": Shape("documents", XML, lambda size: in_bid(size, lambda _: "<a>")),
    "xml_many_attributes": Shape("documents", XML, lambda size: in_root(size, lambda n: f'a{n}="" ')),
    "xml_many_namespaces": Shape(
        "documents", XML, lambda size: in_root(size, lambda n: f'xmlns:n{n}="urn:{n}" ')
    ),
    "xml_long_text": Shape(
        "documents", XML, lambda size: filled(size, HEAD + "<x>", f"</x>{END}", lambda _: "a" * 1000)
    ),
    "xml_long_numbers": Shape(
        "documents", XML, lambda size: bids(size, lambda n: bid(str(n), point(1, "1" * 5000)))
    ),
    "xml_one_long_number": Shape(
        "documents", XML, lambda size: bids(size, lambda n: bid(str(n), point(1, "1" * (size // 2))))
    ),
    "xml_not_closed": Shape("documents", XML, lambda size: points(size, lambda _: "<Point>")),
}
