"""Tables say what they mean, and a mistake in one is found at its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esmp.codes import DEFAULT_CODES, code_set, code_set_names
from esmp.profiles import Family, UnknownVersion, profile, profiles, versions
from esmp.profiles.reading import profiles_of, read_table
from esmp.tables import Line, TableError, split_ranges, versions_in

ORDER = ("6.0", "7.0", "TERRE-7.0", "7.1", "7.2")
HERE = Line("a.profile", 3, indented=False, text="")
HEAD = "family ReserveBid\nroot R\nversion 1.0 urn:a\nversion 1.1 urn:b\n"


@pytest.mark.parametrize(
    ("ranges", "meant"),
    [
        ("", ORDER),
        ("7.0..", ORDER[1:]),
        ("..7.0", ORDER[:2]),
        ("7.0..7.1", ORDER[1:4]),
        ("7.2 6.0", ("6.0", "7.2")),
        ("..", ORDER),
    ],
)
def test_version_ranges(ranges: str, meant: tuple[str, ...]) -> None:
    assert versions_in(ranges, ORDER, HERE) == set(meant)


@given(st.integers(0, 4), st.integers(0, 4))
def test_a_range_and_its_complement_are_everything(first: int, last: int) -> None:
    if first > last:
        with pytest.raises(TableError, match="runs backwards"):
            versions_in(f"{ORDER[first]}..{ORDER[last]}", ORDER, HERE)
        return
    inside = versions_in(f"{ORDER[first]}..{ORDER[last]}", ORDER, HERE)
    assert len(inside) == last - first + 1
    before = versions_in(f"..{ORDER[first]}", ORDER, HERE)
    after = versions_in(f"{ORDER[last]}..", ORDER, HERE)
    assert inside | before | after == set(ORDER)


def test_an_unknown_version_and_a_lonely_bracket_are_faults() -> None:
    with pytest.raises(TableError, match=r"^a\.profile:3: version '7\.9' is none of 6\.0, 7\.0"):
        versions_in("7.9..", ORDER, HERE)
    with pytest.raises(TableError, match=r"^a\.profile:3: a '\]' without its '\['"):
        split_ranges("A01 x]", HERE)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("  mRID 1 ID\n", r"t\.profile:5: a row before the first class"),
        ("class R\n  mRID 2 ID\n", r"t\.profile:6: expected 'name cardinality type"),
        ("class R\n  mRID 1\n", r"t\.profile:6: expected 'name cardinality type"),
        ("class R\n  mRID 1 ID 2.0\n", r"t\.profile:6: version '2\.0' is none of 1\.0, 1\.1"),
        ("class R [1.0]\n  mRID 1 ID 1.1\n", r"t\.profile:6: versions \['1\.1'\] are none of class R"),
        ("class R\n  mRID 1 ID\n  mRID ? ID 1.1\n", r"t\.profile:7: element mRID occurs twice"),
        ("class R\n  mRID 1 ID\nclass R [1.1]\n", r"t\.profile:7: class R is already given at line 5"),
        ("grade R\n", r"t\.profile:5: not understood"),
        ("version 1.0 urn:c\n", r"t\.profile:5: not understood, or stated twice"),
        ("class R\n  mRID 1 Unheard\n", r"t\.profile:5: ReserveBid 1\.0: type Unheard is given nowhere"),
    ],
)
def test_a_mistake_in_a_table_is_found_at_its_line(tmp_path: Path, text: str, fault: str) -> None:
    source = tmp_path / "t.profile"
    source.write_text(HEAD + text)
    with pytest.raises(TableError, match=f"^{fault}"):
        list(profiles_of(read_table(source), read_table(_shared(tmp_path))))


def _shared(folder: Path) -> Path:
    source = folder / "s.profile"
    source.write_text("type ID xs:string maxLength 60\n")
    return source


def test_every_family_has_a_table_and_every_type_is_used() -> None:
    assert {p.family for p in profiles()} == set(Family)
    assert len(profiles()) == 54


def test_a_profile_is_looked_up_by_family_and_version() -> None:
    assert versions(Family.BID_AVAILABILITY) == ("1.0", "1.1")
    with pytest.raises(
        UnknownVersion, match=r"BidAvailability has no version '2\.0' here; there are 1\.0, 1\.1"
    ):
        profile(Family.BID_AVAILABILITY, "2.0")


def test_children_are_listed_in_document_order() -> None:
    bid = profile(Family.RESERVE_BID, "7.6")
    period = bid.children("Bid_TimeSeries", "Period")
    assert [(e.name, e.cardinality) for e in period] == [
        ("timeInterval", "1"),
        ("resolution", "1"),
        ("Point", "+"),
    ]
    assert bid.children("mRID") == ()
    with pytest.raises(LookupError, match="no element 'Perod' in 'Bid_TimeSeries/Perod'"):
        bid.children("Bid_TimeSeries", "Perod")


def test_differences_between_versions_are_what_the_tables_say() -> None:
    def names(version: str) -> set[str]:
        return {e.name for e in profile(Family.RESERVE_BID, version).children("Bid_TimeSeries")}

    assert names("7.4") - names("7.3") == {"inclusiveBidsIdentification", "mktPSRType.psrType"}
    assert names("NBM-7.2") - names("7.2") == {"inclusiveBidsIdentification"}
    assert profile(Family.RESERVE_BID, "7.1").types["ID_String"].facets == (("maxLength", "35"),)
    assert profile(Family.RESERVE_BID, "7.2").types["ID_String"].facets == (("maxLength", "60"),)


def test_code_sets() -> None:
    assert code_set_names()[0] == DEFAULT_CODES
    published, nordic, regional = code_set("v94"), code_set("v91"), code_set()
    assert published.accepts("DirectionTypeList", "A01")
    assert not published.accepts("DirectionTypeList", "Q77")
    assert nordic.accepts("DirectionTypeList", "Q77"), "an open list"
    assert not nordic.accepts("ProcessTypeList", "A75"), "came with version 94"
    assert not published.accepts("ProcessTypeList", "Z14")
    assert regional.accepts("ProcessTypeList", "Z14")
    assert regional.accepts("AnalogTypeList", "Z12"), "Core"
    assert not regional.open
    assert not regional.accepts("NoSuchList", "A01")
    assert all(set(published.lists[name]) <= set(regional.lists[name]) for name in published.lists)
    assert nordic.open <= set(nordic.lists)


def test_every_list_a_profile_needs_is_in_every_code_set() -> None:
    for name in code_set_names():
        for known in profiles():
            assert known.code_lists() <= set(code_set(name).lists)
