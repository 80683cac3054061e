"""What the platform emulator writes is valid in every version and read by others; what comes is checked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from lxml import etree

import esmp
import mappings
from contract_tests.emulators.answers import (
    InvalidDocumentError,
    read_acknowledgement,
    read_bid_availability,
    read_merit_order,
)
from contract_tests.emulators.bid_document import Collection, Parties, reserve_bid
from contract_tests.emulators.bindings import UnsayableError
from contract_tests.emulators.market_bid import MarketBid
from gateway.domain.bid import BidTerm
from gateway.domain.document import ReserveBids
from tests.shared import STANDARDS
from tests.specimens import ACKNOWLEDGEMENT_8_1, BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3

START = datetime(2027, 6, 16, 22, tzinfo=UTC)
PARTIES = Parties(
    "11XTEST-PLAT-A-H", "A46", "10XTEST-GATE---R", "A04", "10YTEST-AREA---F", "10YTEST-AREA---F"
)
COLLECTION = Collection("A47", "TEST_AUCTION", START, START + timedelta(days=1), "EUR")
QUANTITY = np.array([0.0, 1.25, 1.25, 0.0, 0.0, 0.5])
BIDS = (
    MarketBid(
        "TEST-BID-UP", "11XTEST-BSP-01-F", "TEST-UNIT-1", "NDE", True, True, 0.0,
        START, timedelta(minutes=15), QUANTITY, np.array([9.0, 48.5, 48.5, 9.0, 9.0, -3.25]),
    ),
    MarketBid(
        "TEST-BID-DOWN", "11XTEST-BSP-01-F", "TEST-POOL-1", "NDE", False, False, 0.0,
        START, timedelta(hours=1), np.full(24, 2.0), np.full(24, 20.0),
    ),
)  # fmt: skip
VERSIONS = ("7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "NBM-7.2")


def written(version: str) -> bytes:
    return reserve_bid(
        BIDS, version=version, mrid="TEST-DOC-1", created_at=START, parties=PARTIES, collection=COLLECTION
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_the_document_is_valid_in_its_version(version: str) -> None:
    report = esmp.validate(written(version))
    assert report.findings == ()
    assert report.identity is not None
    assert (report.identity.family, report.identity.version) == ("ReserveBid", version)


@pytest.mark.parametrize("version", ["7.2", "7.4"])
def test_the_gateway_reads_what_the_platform_meant(version: str) -> None:
    data = written(version)
    reading = mappings.read(data, esmp.identify(data))
    assert reading.findings == ()
    document = reading.document
    assert isinstance(document, ReserveBids)
    bids = document.bids
    assert list(bids.bid_id) == ["TEST-BID-UP", "TEST-BID-DOWN"]
    assert bids.direction.tolist() == [1, -1]
    assert bids.divisible.tolist() == [True, False]
    assert bids.term(BidTerm.RESOURCE, 1) == "TEST-POOL-1"
    up = bids.point_bid == 0
    assert bids.quantity_mw[up].tolist() == [1.25, 1.25, 0.5]
    assert bids.energy_price[up].tolist() == [48.5, 48.5, -3.25]
    quarter_hours = [int((START + timedelta(minutes=15 * unit)).timestamp()) for unit in (1, 2, 5)]
    assert bids.point_start_s[up].tolist() == quarter_hours
    assert (bids.period_bid == 0).sum() == 2
    assert bids.quantity_mw[~up].tolist() == [2.0] * 24


@pytest.mark.shared
@pytest.mark.parametrize("version", ["7.2", "7.4"])
def test_the_document_is_valid_by_the_published_schema(version: str) -> None:
    name = f"iec62325-451-7-reservebiddocument_v{version.replace('.', '_')}.xsd"
    codes = STANDARDS / "esmp" / "codelists" / "v94"

    class Beside(etree.Resolver):
        def resolve(self, url: str, _public_id: str, context: object) -> object:
            file = codes / url.rsplit("/", 1)[-1]
            return self.resolve_filename(str(file), context) if file.is_file() else None

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Beside())
    (file,) = (STANDARDS / "esmp" / "xsd").rglob(name)
    schema = etree.XMLSchema(etree.parse(file, parser))
    schema.assertValid(etree.fromstring(written(version)))


def test_a_version_that_cannot_say_something_is_named() -> None:
    with pytest.raises(UnsayableError, match="reserve_bid_6_0 has no element for provider"):
        written("6.0")


def test_a_version_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ModuleNotFoundError, match="reserve_bid_9_9"):
        written("9.9")


def test_an_acknowledgement_is_read() -> None:
    acknowledgement = read_acknowledgement(ACKNOWLEDGEMENT_8_1.data)
    assert acknowledgement.received_mrid == "TEST-DOC-72"
    assert acknowledgement.reasons == (("A03", ""), ("B70", "6 of 7 time series accepted"))
    assert acknowledgement.rejected_series == {"TEST-BID-1": (("A20", "time series rejected"),)}
    assert not acknowledgement.accepted


def test_a_bid_availability_is_read() -> None:
    (limit,) = read_bid_availability(BID_AVAILABILITY_1_1.data)
    assert (limit.bid_id, limit.available_mw, limit.business_type) == ("TEST-BID-1", 7.25, "C41")
    assert (limit.end - limit.start) == timedelta(minutes=15)
    assert limit.reasons == (("B46", "line TEST-LINE-4 at its limit"),)


def test_a_merit_order_is_read_point_by_point() -> None:
    first, second = read_merit_order(MERIT_ORDER_LIST_7_3.data)
    assert (first.bid_id, first.up, first.available_mw, first.activated_mw) == (
        "TEST-BID-1",
        True,
        7.25,
        7.25,
    )
    assert (second.available_mw, second.energy_price, second.activated_mw) == (12.0, 45.5, 0.0)
    assert second.start - first.start == timedelta(minutes=15)


def test_an_answer_of_another_family_is_refused() -> None:
    with pytest.raises(InvalidDocumentError, match="expected a MeritOrderList"):
        read_merit_order(BID_AVAILABILITY_1_1.data)


def test_an_answer_that_is_not_valid_is_refused() -> None:
    with pytest.raises(InvalidDocumentError, match="direction"):
        read_merit_order(MERIT_ORDER_LIST_7_3.data.replace(b"<direction>A01", b"<direction>up"))


def test_a_bid_without_a_minimum_says_none() -> None:
    indivisible = replace(BIDS[0], divisible=False)
    data = reserve_bid(
        (indivisible,),
        version="7.4",
        mrid="TEST-DOC-1",
        created_at=START,
        parties=PARTIES,
        collection=COLLECTION,
    )
    assert b"minimum_Quantity" not in data
