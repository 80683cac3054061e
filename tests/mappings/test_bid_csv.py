"""Bids as tables: the same bids as in XML, every fault at its cell, answers that no spreadsheet executes."""

import csv
import io
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import esmp
import mappings
from contract_tests.emulators.bid_document import Collection, Parties, reserve_bid
from contract_tests.emulators.market_bid import MarketBid
from gateway.domain.document import ReserveBids
from gateway.domain.market_time import Interval
from mappings import bid_csv, canonical_json
from mappings.bid_csv import COLUMNS, REQUIRED
from mappings.csv_table import MOST_FAULTS, CsvFaultsError
from mappings.result_csv import result_csv
from tests.mappings.bids import ids, words
from tests.specimens import ACKNOWLEDGEMENT_8_1, BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
PARTIES = Parties(
    "10XTEST-PLATFO-A", "A46", "10XTEST-GATEWA-B", "A34", "10YTEST-AREA---F", "10YTEST-AREA---F"
)
COLLECTION = Collection("A47", "TEST_AUCTION", START, START + timedelta(hours=4), "EUR")

bids = st.builds(
    MarketBid,
    bid_id=ids,
    provider=st.just("11XTEST-SELLER-G"),
    resource=st.text("ABC0123456789-", min_size=1, max_size=16),
    resource_scheme=st.sampled_from(["A01", "NNO"]),
    up=st.booleans(),
    divisible=st.booleans(),
    minimum_mw=st.integers(0, 5).map(float),
    start=st.just(START),
    resolution=st.sampled_from([timedelta(minutes=15), timedelta(hours=1)]),
    quantity_mw=st.lists(st.sampled_from([0.0, 5.0, 7.25, 1000.125]), min_size=1, max_size=4)
    .filter(any)
    .map(np.array),
    energy_price=st.lists(st.sampled_from([-12.5, 0.0, 45.5, 3000.0]), min_size=4, max_size=4).map(np.array),
)


def rows_of(offered: list[MarketBid]) -> list[dict[str, str]]:
    """What a small actor's own program would write."""
    rows = []
    for bid in offered:
        for first, end in bid.stretches():
            for unit in range(first, end):
                begin = bid.start + unit * bid.resolution
                rows.append(
                    {
                        "mrid": "DOC-1",
                        "revision": "1",
                        "type": "A37",
                        "process": "A47",
                        "sender": PARTIES.sender,
                        "sender_role": "A46",
                        "receiver": PARTIES.receiver,
                        "receiver_role": "A34",
                        "created_at": "2026-03-01T05:00:00Z",
                        "period_start": "2026-03-01T06:00Z",
                        "period_end": "2026-03-01T10:00Z",
                        "domain": PARTIES.connecting_area,
                        "subject": PARTIES.sender,
                        "subject_role": "A46",
                        "bid_id": bid.bid_id,
                        "direction": "up" if bid.up else "down",
                        "divisible": str(bid.divisible).lower(),
                        "business_type": "B74",
                        "auction": COLLECTION.auction,
                        "acquiring_area": PARTIES.acquiring_area,
                        "connecting_area": PARTIES.connecting_area,
                        "provider": bid.provider,
                        "resource": bid.resource,
                        "resource_scheme": bid.resource_scheme,
                        "currency": "EUR",
                        "start": f"{begin:%Y-%m-%dT%H:%MZ}",
                        "resolution": f"PT{bid.resolution // timedelta(minutes=1)}M",
                        "quantity_mw": f"{bid.quantity_mw[unit]:.3f}",
                        "minimum_mw": f"{bid.minimum_mw:.3f}" if bid.divisible else "",
                        "energy_price": f"{bid.energy_price[unit]:.3f}",
                    }
                )
    return rows


def table(rows: list[dict[str, str]], *, separator: str = ",", end: str = "\r\n") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=separator, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def one_bid(**changes: Any) -> MarketBid:
    bid = MarketBid(
        "BID-1", "11XTEST-SELLER-G", "11WTEST-UNIT-1-U", "A01", True, True, 1.0, START,
        timedelta(minutes=15), np.array([5.0, 6.0, 0.0, 7.0]), np.array([40.0, 41.0, 42.0, 43.0]),
    )  # fmt: skip
    return replace(bid, **changes)


ROWS = rows_of([one_bid(), one_bid(bid_id="BID-2", up=False)])


def faults_of(data: bytes) -> list[tuple[int, str | None]]:
    with pytest.raises(CsvFaultsError) as caught:
        bid_csv.loads(data)
    return [(fault.line, fault.column) for fault in caught.value.faults]


def changed(line: int, **cells: str) -> bytes:
    return table([row | (cells if number == line else {}) for number, row in enumerate(ROWS, start=2)])


class TestSameBids:
    @settings(deadline=None, max_examples=40)
    @given(st.lists(bids, min_size=1, max_size=4, unique_by=lambda bid: bid.bid_id), st.data())
    def test_a_table_means_what_the_xml_of_any_version_means(
        self, offered: list[MarketBid], data: st.DataObject
    ) -> None:
        version = data.draw(st.sampled_from(["7.0", "7.2", "7.4", "7.6"]))
        xml = reserve_bid(
            offered,
            version=version,
            mrid="DOC-1",
            created_at=datetime(2026, 3, 1, 5, tzinfo=UTC),
            parties=PARTIES,
            collection=COLLECTION,
        )
        report = esmp.validate(xml)
        assert report.identity is not None
        stated = mappings.read(xml, report.identity).document
        assert stated is not None
        read = bid_csv.loads(
            table(
                rows_of(offered),
                separator=data.draw(st.sampled_from([",", ";"])),
                end=data.draw(st.sampled_from(["\n", "\r\n"])),
            )
        ).document
        assert canonical_json.canonical_hash(read) == canonical_json.canonical_hash(stated)

    def test_columns_and_times_may_be_written_otherwise(self) -> None:
        plain = bid_csv.loads(table(ROWS)).document
        turned = [dict(reversed(row.items())) for row in ROWS]
        local = [row | {"start": row["start"].replace("06:", "07:").replace("Z", "+01:00")} for row in turned]
        for data in (table(turned), b"\xef\xbb\xbf" + table(local), table(ROWS) + b"\r\n\r\n"):
            assert canonical_json.dumps(bid_csv.loads(data).document) == canonical_json.dumps(plain)

    def test_gaps_make_periods_and_lines_are_known(self) -> None:
        read = bid_csv.loads(table(ROWS))
        assert read.lines == [[[2, 3], [4]], [[5, 6], [7]]]
        assert read.document.bids.period_bid.tolist() == [0, 0, 1, 1]
        assert read.document.bids.point_position.tolist() == [1, 2, 1, 1, 2, 1]

    def test_rows_of_a_bid_need_not_be_adjacent(self) -> None:
        order = [0, 3, 1, 4, 2, 5]
        read = bid_csv.loads(table([ROWS[number] for number in order]))
        assert read.lines == [[[2, 4], [6]], [[3, 5], [7]]]

    def test_a_line_break_inside_a_cell_does_not_confuse_lines(self) -> None:
        rows = [ROWS[0] | {"agreement": "a\nb"}, ROWS[1] | {"agreement": "a\nb"}]
        assert bid_csv.loads(table(rows)).lines == [[[2, 4]]]


class TestFaults:
    @pytest.mark.parametrize(
        ("cells", "column"),
        [
            ({"quantity_mw": "5,5"}, "quantity_mw"),
            ({"quantity_mw": "1e5"}, "quantity_mw"),
            ({"quantity_mw": "NaN"}, "quantity_mw"),
            ({"quantity_mw": "=1+1"}, "quantity_mw"),
            ({"quantity_mw": ""}, "quantity_mw"),
            ({"energy_price": "45 EUR"}, "energy_price"),
            ({"start": "1.3.2026 06:00"}, "start"),
            ({"start": "2026-03-01T06:15"}, "start"),
            ({"start": "2026-03-01T06:15:30Z"}, "start"),
            ({"resolution": "15"}, "resolution"),
            ({"direction": "sideways"}, "direction"),
            ({"divisible": "yes"}, "divisible"),
            ({"mrid": "DOC-2"}, "mrid"),
            ({"currency": "NOK"}, "currency"),
            ({"bid_id": ""}, "bid_id"),
            ({"period_end": "2026-03-01T05:00Z"}, "period_end"),
        ],
    )
    def test_each_is_reported_at_its_cell(self, cells: dict[str, str], column: str) -> None:
        assert (3, column) in faults_of(changed(3, **cells))

    @pytest.mark.parametrize(
        ("cells", "fault"),
        [
            ({"direction": "sideways"}, (2, "direction")),
            ({"period_end": "2026-03-01T05:00Z"}, (2, None)),
        ],
    )
    def test_what_every_row_says_wrongly_is_reported_once(
        self, cells: dict[str, str], fault: tuple[int, str | None]
    ) -> None:
        reported = faults_of(table([row | cells for row in ROWS]))
        of_each_bid = next(iter(cells)) == "direction"
        assert reported == ([fault, (5, "direction")] if of_each_bid else [fault])

    @pytest.mark.parametrize("column", REQUIRED)
    def test_what_a_bid_needs_is_never_guessed(self, column: str) -> None:
        without = [{name: cell for name, cell in row.items() if name != column} for row in ROWS]
        assert faults_of(table(without)) == [(1, column)]
        assert (4, column) in faults_of(changed(4, **{column: ""}))

    @pytest.mark.parametrize(
        ("data", "line"),
        [
            (b"", 1),
            (b"\n\n", 3),
            (table(ROWS[:1]).splitlines()[0], 2),
            (table(ROWS) + b"too,few,cells\r\n", 8),
            (table(ROWS) + b'"open', 8),
            (table(ROWS) + b"\xff\xfe\r\n", 8),
            (table(ROWS).replace(b"mrid,", b"mrid,mrid,", 1), 1),
            (table(ROWS).replace(b"mrid,", b"mRID,", 1), 1),
            (table(ROWS).replace(b"currency", b"quantity_unit", 1), 1),
            (b"bid;10 MW;45.50\n", 1),
            (b"<a/>", 1),
        ],
    )
    def test_what_is_no_table_of_bids(self, data: bytes, line: int) -> None:
        assert faults_of(data)[0][0] == line

    @pytest.mark.parametrize("text", ["a\x00b", "a\x1f", "\x01", "a\uffff"])
    @pytest.mark.parametrize("column", ["mrid", "bid_id", "resource"])
    def test_cells_that_no_xml_document_can_carry(self, column: str, text: str) -> None:
        assert faults_of(changed(3, **{column: text})) == [(3, column)]

    def test_all_are_reported_up_to_a_bound(self) -> None:
        rows = [row | {"quantity_mw": "?", "energy_price": "?"} for row in ROWS * 100]
        assert len(faults_of(table(rows))) == MOST_FAULTS
        assert len(faults_of(table([row | {"quantity_mw": "?"} for row in ROWS]))) == len(ROWS)

    @given(st.lists(st.lists(words | st.sampled_from(COLUMNS), max_size=5), max_size=5))
    def test_no_text_breaks_the_reader(self, cells: list[list[str]]) -> None:
        text = io.StringIO()
        csv.writer(text).writerows(cells)
        with pytest.raises(CsvFaultsError):
            bid_csv.loads(text.getvalue().encode())

    @given(st.integers(0, 5), st.sampled_from(sorted(ROWS[0])), st.text(max_size=12))
    def test_any_cell_is_read_or_refused_at_its_place(self, row: int, column: str, cell: str) -> None:
        with suppress(CsvFaultsError):
            assert isinstance(bid_csv.loads(changed(row + 2, **{column: cell})).document, ReserveBids)


class TestSpreadsheets:
    """What spreadsheets make of a table when they save it."""

    @pytest.mark.parametrize("true", ["TRUE", "True", "true", "tRuE"])
    def test_truth_is_written_in_any_letters(self, true: str) -> None:
        plain = bid_csv.loads(table(ROWS)).document
        again = bid_csv.loads(table([row | {"divisible": true} for row in ROWS])).document
        assert canonical_json.dumps(again) == canonical_json.dumps(plain)

    @pytest.mark.parametrize("false", ["FALSE", "False", "false"])
    def test_so_is_the_contrary(self, false: str) -> None:
        rows = [row | {"divisible": false, "minimum_mw": ""} for row in ROWS]
        assert not bid_csv.loads(table(rows)).document.bids.divisible.any()

    @pytest.mark.parametrize("separator", [";", ",", "\t"])
    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "byte-order mark"])
    @pytest.mark.parametrize("line", ["sep={}\r\n", "sep={}\n", '"sep={}"\r\n', "SEP={}\r\n"])
    def test_a_line_may_say_what_separates_cells(self, separator: str, mark: bytes, line: str) -> None:
        data = mark + line.format(separator).encode() + table(ROWS, separator=separator)
        read = bid_csv.loads(data)
        assert canonical_json.dumps(read.document) == canonical_json.dumps(
            bid_csv.loads(table(ROWS)).document
        )
        assert read.lines == [[[3, 4], [5]], [[6, 7], [8]]]

    @pytest.mark.parametrize(
        "cell",
        ["10,5", "1,234", "1.234,5", "1,234.5", "1 234", "1'234.50", "1.234.567", "1\u202f234", "1_000"],
    )
    def test_marks_that_could_mean_two_things_are_refused_as_such(self, cell: str) -> None:
        rows = [row | ({"quantity_mw": cell} if number == 1 else {}) for number, row in enumerate(ROWS)]
        with pytest.raises(CsvFaultsError) as caught:
            bid_csv.loads(table(rows, separator=";"))
        (fault,) = caught.value.faults
        assert (fault.line, fault.column) == (3, "quantity_mw")
        assert "could be read in two ways" in fault.message
        assert "write a point before decimals and nothing between thousands" in fault.message

    @pytest.mark.parametrize("cell", ["ten", "1e17", "12 MW", "\u0661\u0662", "+5", "0x10", "inf", "1" * 16])
    def test_what_is_no_number_at_all_is_reported_as_none(self, cell: str) -> None:
        with pytest.raises(CsvFaultsError, match="is no number like 12 or"):
            bid_csv.loads(changed(3, quantity_mw=cell))

    @pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
    def test_another_encoding_is_refused_with_what_to_do(self, encoding: str) -> None:
        rows = [row | {"agreement": "\u00e4"} for row in ROWS]
        with pytest.raises(CsvFaultsError, match="save the table as CSV UTF-8"):
            bid_csv.loads(table(rows).decode().encode(encoding))

    def test_messages_are_short_whatever_the_cells_hold(self) -> None:
        for column in ROWS[0]:
            with suppress(CsvFaultsError):
                bid_csv.loads(changed(3, **{column: "9" * 100_000}))
                continue
            with pytest.raises(CsvFaultsError) as caught:
                bid_csv.loads(changed(3, **{column: "9" * 100_000}))
            assert all(len(fault.message) <= 200 for fault in caught.value.faults)


def read_back(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


class TestAnswers:
    @pytest.mark.parametrize("specimen", [BID_AVAILABILITY_1_1, MERIT_ORDER_LIST_7_3, ACKNOWLEDGEMENT_8_1])
    def test_every_answer_has_a_table(self, specimen: Any) -> None:
        report = esmp.validate(specimen.data)
        assert report.identity is not None
        document = mappings.read(specimen.data, report.identity).document
        assert document is not None
        written = result_csv(document)
        assert written is not None
        rows = read_back(written)
        assert rows
        assert {row["mrid"] for row in rows} == {document.header.mrid}

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
    def test_no_text_is_a_formula(self, start: str) -> None:
        report = esmp.validate(ACKNOWLEDGEMENT_8_1.data)
        assert report.identity is not None
        document: Any = mappings.read(ACKNOWLEDGEMENT_8_1.data, report.identity).document
        evil = replace(
            document, received=replace(document.received, mrid=f'{start}HYPERLINK("http://evil","x")')
        )
        written = result_csv(evil)
        assert written is not None
        assert {row["received_mrid"] for row in read_back(written)} == {f"'{evil.received.mrid}"}

    def test_negative_prices_are_numbers(self) -> None:
        report = esmp.validate(MERIT_ORDER_LIST_7_3.data)
        assert report.identity is not None
        document: Any = mappings.read(MERIT_ORDER_LIST_7_3.data, report.identity).document
        first = document.series[0]
        cheap = replace(first, energy_price=np.full(len(first.energy_price), -12.5))
        written = result_csv(replace(document, series=(cheap,)))
        assert written is not None
        assert {row["energy_price"] for row in read_back(written)} == {"-12.5"}

    def test_rows_of_a_bid_are_adjacent_in_the_order_of_time(self) -> None:
        report = esmp.validate(MERIT_ORDER_LIST_7_3.data)
        assert report.identity is not None
        document: Any = mappings.read(MERIT_ORDER_LIST_7_3.data, report.identity).document
        series = document.series[0]
        length = series.period.end - series.period.start
        later = replace(series, period=Interval(series.period.end, series.period.end + length))
        other = replace(series, bid_id="OTHER")
        written = result_csv(replace(document, series=(later, other, series)))
        assert written is not None
        rows = [(row["bid_id"], row["start"]) for row in read_back(written)]
        mine = [start for bid_id, start in rows if bid_id == series.bid_id]
        assert [bid_id for bid_id, _ in rows[: len(mine)]] == [series.bid_id] * len(mine)
        assert mine == sorted(mine)
        assert rows[-1][0] == "OTHER"

    def test_bids_have_no_such_table(self) -> None:
        assert result_csv(bid_csv.loads(table(ROWS)).document) is None
