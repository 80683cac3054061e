"""Cases of the kit: the wrong one is refused for its rule, the right one is taken, in every family."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

import esmp
from contract_tests.cases import Case, CaseTableError, Side, Verdict, _rules_of, case_named, cases, rules
from contract_tests.sample_documents import Situation, sample_document
from esmp.codes import code_set
from esmp.document_edits import NoSuchElement, drop, name_of, put, repeat
from esmp.profiles import Family, Profile, profile, profiles
from esmp.sample_documents import specimen
from gateway.domain.reason import ReasonCode
from gateway.intake.check.examination import examine
from mappings.families import mapped_kinds, plan
from tests.cli.test_commands import flexgate

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EVERY_VERSION = os.environ.get("FLEXGATE_ACCEPTANCE") == "1"
KINDS = {kind.value: kind for kind in mapped_kinds()}


def documents() -> Iterator[tuple[Case, Profile]]:
    """Each case in the newest version that it is about, or in all of them."""
    for case in cases():
        for version in islice(case.versions(), None if EVERY_VERSION else 1):
            yield case, version


def faults_of(case: Case, version: Profile) -> list[str]:
    """What does not come of a case as it says."""
    data = case.document(version, Situation())
    examination = examine(data, "application/xml", NOW)
    found = examination.places.located(examination.findings)
    conforms = esmp.validate(data).valid
    named = f"{case.name} in {version.version}"
    if case.side is Side.RIGHT:
        return [f"{named}: {each.code} {each.message}" for each in found]
    hits = [each for each in found if (each.stage, each.code) == (case.rule.stage, case.rule.code)]
    if case.rule.element is not None:
        name = name_of(version, case.rule.element)
        last = {id(each): re.sub(r"\[\d+\]", "", each.path or "").rpartition("/")[2] for each in hits}
        hits = [each for each in hits if last[id(each)] == name or name in each.message]
    if not hits:
        return [f"{named}: found {[(each.code, each.path, each.message) for each in found]}"]
    if conforms != (case.rule.verdict is Verdict.COMPATIBILITY):
        return [f"{named}: whether it conforms is {conforms}"]
    return []


def test_every_case_comes_out_as_it_says() -> None:
    assert [fault for case, version in documents() for fault in faults_of(case, version)] == []


def test_a_case_that_comes_out_otherwise_is_noticed() -> None:
    case = case_named("ReserveBid.minimum-above-quantity.wrong")
    newest = next(case.versions())
    assert faults_of(case, newest) == []
    assert faults_of(Case(case.rule, case.family, Side.RIGHT), newest) == []
    swapped = type(case.rule)(
        **{
            **{name: getattr(case.rule, name) for name in case.rule.__slots__},
            "wrong": case.rule.right,
            "right": case.rule.wrong,
        }
    )
    assert faults_of(Case(swapped, case.family, Side.WRONG), newest)
    assert faults_of(Case(swapped, case.family, Side.RIGHT), newest)


def test_the_place_of_a_rule_is_the_element_that_it_names() -> None:
    for case, version in documents():
        if case.side is Side.WRONG and case.rule.element is not None and case.family in KINDS:
            # An interval is a place of two fields.
            end = "start" if case.rule.place.endswith("interval") else ""
            place = case.rule.place.removesuffix("interval") + end
            element = plan(KINDS[case.family], version.version).locate(place).removesuffix("/start")
            own = [name.split("[")[0] for name in element.split("/")]
            assert own[-1] == name_of(version, case.rule.element), case.name


def test_each_rule_has_both_sides_in_each_family_and_a_known_code() -> None:
    assert len(cases()) == 2 * sum(len(rule.families) for rule in rules())
    assert all(next(case.versions(), None) for case in cases())
    assert {rule.code for rule in rules()} <= {code.value for code in ReasonCode}
    assert [rule.name for rule in rules() if not (rule.says.endswith(".") and rule.source)] == []


@pytest.mark.parametrize("version", profiles(), ids=lambda version: f"{version.family}-{version.version}")
def test_a_sample_of_every_version_is_valid_and_makes_sense(version: Profile) -> None:
    data = sample_document(version, Situation(), series=3)
    report = esmp.validate(data)
    assert report.findings == ()
    assert report.identity is not None
    assert (report.identity.family, report.identity.namespace) == (version.family, version.namespace)
    assert examine(data, "application/xml", NOW).findings == ()


def test_a_wrong_table_names_rule_and_fault() -> None:
    row = {
        "name": "a-rule",
        "families": ["ReserveBid"],
        "stage": "rules",
        "code": "A42",
        "place": "",
        "says": "So.",
        "source": "here",
        "wrong": [{"put": "mRID", "value": "x"}],
        "right": [],
    }
    assert len(list(_rules_of({"rule": [row]}))) == 1
    for change in ({"families": ["Invoice"]}, {"wrong": [{"set": "mRID"}]}, {"given": "nothing"}):
        with pytest.raises(CaseTableError, match="a-rule"):
            list(_rules_of({"rule": [row | change]}))


def test_edits_are_refused_where_the_version_has_no_such_element() -> None:
    codes, newest, old = code_set(), profile(Family.RESERVE_BID, "7.6"), profile(Family.RESERVE_BID, "6.0")
    root = specimen(old, codes, full=False)
    with pytest.raises(NoSuchElement, match="has no Bid_TimeSeries/curveType"):
        put(root, old, codes, "Bid_TimeSeries/curveType", "A01")
    with pytest.raises(NoSuchElement, match="not 3"):
        put(root, old, codes, "Bid_TimeSeries[3]/mRID", "x")
    with pytest.raises(NoSuchElement):
        drop(root, old, "Bid_TimeSeries/Period/Point[2]")
    with pytest.raises(NoSuchElement):
        repeat(root, newest, "Bid_TimeSeries[2]")


class TestCommand:
    def test_a_sample_of_a_version(self, tmp_path: Path) -> None:
        file = tmp_path / "bids.xml"
        assert flexgate("sample", file, "--document", "ReserveBid/7.2", "--day", "2026-03-29").exit_code == 0
        assert flexgate("validate", file).exit_code == 0
        assert "<start>2026-03-29T06:00Z</start>" in file.read_text("utf-8")

    def test_the_document_of_a_case(self, tmp_path: Path) -> None:
        file, name = tmp_path / "bids.xml", "ReserveBid.quantity-signed.wrong"
        assert flexgate("sample", file, "--case", name, "--document", "ReserveBid/7.3").exit_code == 0
        validated = flexgate("validate", file)
        assert (validated.exit_code, "A46" in validated.stdout) == (1, True)

    @pytest.mark.parametrize(
        ("options", "text"),
        [
            (("--document", "Invoice/1"), "FAMILY/VERSION"),
            (("--document", "ReserveBid/1.0"), "no version"),
            (("--case", "ReserveBid.quantity"), "ReserveBid.quantity-signed.wrong"),
            (("--case", "ReserveBid.quantity-signed.wrong", "--document", "Activation/6.3"), "documents"),
            (("--document", "ReserveBid/7.6", "--faulty"), "alone"),
        ],
    )
    def test_what_there_is_no_document_of(self, tmp_path: Path, options: tuple[str, ...], text: str) -> None:
        refused = flexgate("sample", tmp_path / "x.xml", *options)
        assert refused.exit_code == 2
        assert text in " ".join(refused.output.split())
        assert not (tmp_path / "x.xml").exists()
