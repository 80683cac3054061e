"""Verdicts on documents without a gateway: two apart, equal to those of published schemas, with evidence."""

import json
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from lxml import etree

from benchmarks.verdicts import accepted, published
from contract_tests.cases import Side, Verdict, cases
from contract_tests.offline import Fault, Judgement, TooManyFilesError, documents_in, outcomes_of, rules_of
from contract_tests.outcomes import MOST_EVIDENCE, Evidence, Outcome, State, counts
from contract_tests.reports import html, junit
from contract_tests.sample_documents import Situation
from esmp import DocumentRefused, identify
from gateway.cli.judging import judge_of
from tests.cli.test_commands import flexgate
from tests.shared import STANDARDS
from tests.specimens import RESERVE_BID_7_4, RESERVE_BID_TABLE

ESMP = STANDARDS / "esmp"
CONFORMANCE, COMPATIBILITY = Verdict.CONFORMANCE.value, Verdict.COMPATIBILITY.value


@pytest.mark.shared
@pytest.mark.feature(id="F1")
def test_conformance_is_the_verdict_of_the_published_schemas() -> None:
    schemas = published(ESMP, "v94")
    samples = ESMP / "samples"
    found = {
        one.name: one.state for one in outcomes_of(samples, judge_of("v94", None)) if one.group == CONFORMANCE
    }
    judged = {}
    for name in found:
        data = (samples / name).read_bytes()
        try:
            identity = identify(data)
        except DocumentRefused:
            judged[name] = State.FAILED  # no schema is published for it, or it is no XML
            continue
        valid = accepted(schemas[identity.namespace, identity.root], data)
        judged[name] = State.PASSED if valid else State.FAILED
    assert found == judged
    assert {*judged.values()} == {State.PASSED, State.FAILED}


@pytest.fixture(name="case_files", scope="module")
def _case_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("cases")
    for case in cases():
        (folder / f"{case.name}.xml").write_bytes(case.document(next(case.versions()), Situation()))
    return folder


@pytest.mark.feature(id="F1")
def test_each_case_fails_the_verdict_of_its_rule_alone(case_files: Path) -> None:
    found: dict[str, dict[str, Outcome]] = {}
    for one in outcomes_of(case_files, judge_of("regional", None)):
        found.setdefault(one.name.removesuffix(".xml"), {})[one.group] = one
    wrong = []
    for case in cases():
        states = found[case.name][CONFORMANCE].state, found[case.name][COMPATIBILITY].state
        expected = {
            (Side.RIGHT, True): (State.PASSED, State.PASSED),
            (Side.RIGHT, False): (State.PASSED, State.PASSED),
            (Side.WRONG, True): (State.FAILED, State.NOT_SHOWN),
            (Side.WRONG, False): (State.PASSED, State.FAILED),
        }[case.side, case.rule.verdict is Verdict.CONFORMANCE]
        if states != expected:
            wrong.append((case.name, states))
    assert wrong == []
    failed = found["ReserveBid.minimum-above-quantity.wrong"][COMPATIBILITY]
    assert "A minimum is at most the quantity of its point." in failed.reasons[0]
    assert failed.source.startswith("docs/connecting-a-platform")
    assert "<minimum_Quantity.quantity>10.001<" in failed.evidence[0].text


class TestCommand:
    def test_exit_code_and_json_say_what_failed(self, tmp_path: Path) -> None:
        (tmp_path / "bids.xml").write_bytes(RESERVE_BID_7_4.data)
        (tmp_path / "bids.csv").write_bytes(RESERVE_BID_TABLE)
        (tmp_path / "notes.txt").write_text("no document")
        assert flexgate("conformance", "offline", tmp_path).exit_code == 0
        (tmp_path / "broken.xml").write_bytes(RESERVE_BID_7_4.data[:-40])
        ran = flexgate("conformance", "offline", tmp_path, "--json")
        said = json.loads(ran.stdout)
        assert ran.exit_code == 1
        states = {(one["name"], one["group"]): one["state"] for one in said["outcomes"]}
        assert states == {
            ("bids.csv", CONFORMANCE): "not shown",  # a form of ours, no schema is published for it
            ("bids.csv", COMPATIBILITY): "passed",
            ("bids.xml", CONFORMANCE): "passed",
            ("bids.xml", COMPATIBILITY): "passed",
            ("broken.xml", CONFORMANCE): "failed",
            ("broken.xml", COMPATIBILITY): "not shown",
        }
        assert (said["passed"], said["failed"], said["not shown"]) == (3, 1, 2)

    def test_strict_fails_what_is_odd(self, tmp_path: Path) -> None:
        odd = RESERVE_BID_7_4.data.replace(b"11XTEST-SELLER-G", b"11XTEST-SELLER-A")
        (tmp_path / "odd.xml").write_bytes(odd)
        plain = flexgate("conformance", "offline", tmp_path)
        assert (plain.exit_code, "remark: EIC with a wrong check character" in plain.stdout) == (0, True)
        assert flexgate("conformance", "offline", tmp_path, "--strict").exit_code == 1

    def test_settings_of_a_configured_gateway(self, tmp_path: Path) -> None:
        assert flexgate("init", tmp_path / "gate").exit_code == 0
        config = tmp_path / "gate" / "flexgate.toml"
        bids = tmp_path / "bids.xml"
        assert flexgate("sample", bids).exit_code == 0
        asked = ("conformance", "offline", bids, "--config", config, "--tenant")
        assert flexgate(*asked, "platform-north").exit_code == 0
        refused = flexgate(*asked, "platform-south")
        assert refused.exit_code == 1
        assert "A78" in refused.stdout
        text = config.read_text("utf-8")
        north = "[tenants.platform-north]"
        config.write_text(text.replace(north, f"{north}\nbounds = {{ power_mw = 1 }}"))
        assert "B45" in flexgate(*asked, "platform-north").stdout

    @pytest.mark.parametrize(
        ("options", "text"),
        [
            (("--codes", "v12"), "there are regional"),
            (("--tenant", "north"), "go together"),
            (("--schemas", "nowhere"), "not a directory"),
        ],
    )
    def test_wrong_use(self, tmp_path: Path, options: Sequence[str], text: str) -> None:
        refused = flexgate("conformance", "offline", tmp_path, *options)
        assert (refused.exit_code, text in " ".join(refused.output.split())) == (2, True)

    def test_nothing_to_judge_is_no_success(self, tmp_path: Path) -> None:
        refused = flexgate("conformance", "offline", tmp_path)
        assert (refused.exit_code, "no document in it" in refused.output) == (1, True)

    def test_cases_are_listed_and_explained(self) -> None:
        listed = json.loads(flexgate("conformance", "list", "--json").stdout)
        assert [row["case"] for row in listed] == [case.name for case in cases()]
        assert all(row["says"] and row["source"] and row["versions"] for row in listed)
        assert "minimum-above-quantity" in flexgate("conformance", "list", "--family", "ReserveBid").stdout
        told = flexgate("conformance", "explain", "ReserveBid.minimum-above-quantity.wrong").stdout
        assert "A42 (Quantity inconsistency), at series[1]/periods[1]/points[1]/minimum" in told
        assert "-        <minimum_Quantity.quantity>10.001</minimum_Quantity.quantity>" in told
        unknown = flexgate("conformance", "explain", "ReserveBid.minimum")
        assert (unknown.exit_code, "minimum-above-quantity" in unknown.output) == (1, True)


class _Page(HTMLParser):
    """What a page has: tags, what it would load, its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [
            name for name, _ in attrs if name in ("src", "href", "srcset") or name.startswith("on")
        ]


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\x00\x1b[31m ]]>"
OUTCOMES = (
    Outcome("good", "first", State.PASSED, "It is good.", seconds=0.25),
    Outcome(HOSTILE, "first", State.FAILED, HOSTILE, (HOSTILE,), (Evidence.of(HOSTILE, HOSTILE),), "a page"),
    Outcome("open", "second", State.NOT_SHOWN, "It is open.", ("nobody answers",)),
)


def test_a_page_shows_everything_and_runs_nothing() -> None:
    text = html(OUTCOMES, "A run", ["of today"])
    page = _Page(text)
    assert (page.loads, {"script", "img", "link", "iframe"} & {*page.tags}) == ([], set())
    assert page.tags.count("details") == 3
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text
    assert "of today" in text
    assert text.index("&lt;script&gt;") < text.index("It is good.")  # what failed comes first


def test_junit_counts_as_the_outcomes_are() -> None:
    suites = etree.fromstring(junit(OUTCOMES, "A run"))
    numbers = [
        (each.get("name"), each.get("tests"), each.get("failures"), each.get("skipped")) for each in suites
    ]
    assert numbers == [("first", "2", "1", "0"), ("second", "1", "0", "1")]
    assert suites.find(".//skipped").get("message") == "nobody answers"
    assert "alert(1)" in str(suites.findtext(".//failure"))
    assert counts(OUTCOMES) == {State.PASSED: 1, State.FAILED: 1, State.NOT_SHOWN: 1}


def test_long_evidence_is_cut_and_says_so() -> None:
    cut = Evidence.of("received", b"\xff" + b"x" * (MOST_EVIDENCE + 10))
    assert cut.text.endswith("… and 11 more characters")


def test_rules_of_a_fault_are_those_of_its_code_and_element() -> None:
    series = "/ReserveBid_MarketDocument/Bid_TimeSeries[1]"
    minimum = f"{series}/Period/Point/minimum_Quantity.quantity"
    named = [rule.name for rule in rules_of(Fault("rules", "A42", "?", minimum))]
    assert named == ["minimum-above-quantity", "indivisible-with-minimum"]
    step = rules_of(Fault("rules", "A42", "?", f"{series}/stepIncrementQuantity"))
    assert [rule.name for rule in step] == ["step-above-quantity"]
    assert rules_of(Fault("rules", "A42", "?")) == []


def test_more_files_than_it_looks_at_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_tests.offline.MOST_FILES", 2)
    for number in range(3):
        (tmp_path / f"{number}.xml").touch()
    with pytest.raises(TooManyFilesError):
        documents_in(tmp_path)
    judged = list(outcomes_of(tmp_path / "0.xml", lambda _: Judgement("none", [], [])))
    assert [one.state for one in judged] == [State.PASSED, State.PASSED]
