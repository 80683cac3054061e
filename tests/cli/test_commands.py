"""Commands as a user types them: what they print, where, and with which exit code."""

import json
import re
import socket
import stat
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import esmp
import mappings
from gateway.cli.commands import app
from gateway.cli.first_configuration import write_first_settings
from gateway.cli.samples import Kind, sample, tomorrow
from gateway.domain.gate import UseOfLists
from gateway.domain.market_time import local_day
from gateway.grids import exchange
from gateway.intake.check.examination import examine
from gateway.logs import without_exception_text
from gateway.records.privacy.retention import policy_rows
from gateway.security.clients import secret_matches
from gateway.settings import read_settings
from gateway.web.gate_views import GateDefinition
from mappings import bid_csv, canonical_json
from mappings.canonical_json import canonical_hash
from tests.intake.local_gateway import NOW
from tests.processes.world import model
from tests.specimens import GATEWAY, RESERVE_BID_7_2, RESERVE_BID_7_4, RESERVE_BID_TABLE, UNFIT

COMMANDS = [
    "serve",
    "init",
    "secret",
    "demo",
    "validate",
    "convert",
    "sample",
    "policy",
    "gate",
    "document",
    "outbox",
    "deadletter",
    "resources",
    "routes",
    "grid",
    "schemas",
    "optimise",
    "compare-levels",
    "conformance",
    "emulate",
]


def flexgate(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


WRONG_EIC = GATEWAY[:-1] + "A"


def as_json(data: bytes) -> bytes:
    document = examine(data, "application/xml", NOW).document
    assert document is not None
    return canonical_json.dumps(document)


def specimen(directory: Path, data: bytes, name: str = "document.xml") -> Path:
    file = directory / name
    file.write_bytes(data)
    return file


class TestHelp:
    def test_names_every_command(self) -> None:
        shown = flexgate("--help")
        assert shown.exit_code == 0
        assert all(command in shown.output for command in COMMANDS)

    @pytest.mark.parametrize(
        "command",
        [
            *COMMANDS,
            "gate list",
            "gate show",
            "gate close",
            "gate demand",
            "gate create",
            "gate amend",
            "gate cancel",
            "gate rerun",
            "outbox list",
            "outbox get",
            "outbox confirm",
            "outbox acknowledge",
            "deadletter list",
            "deadletter backlog",
            "deadletter show",
            "deadletter redrive",
            "routes check",
            "routes explain",
            "routes list",
            "grid build",
            "grid push",
            "grid list",
            "grid withdraw",
            "grid disclosure",
            "grid resolve",
            "schemas verify",
            "formats add",
            "schemas codes",
        ],
    )
    def test_of_every_command(self, command: str) -> None:
        shown = flexgate(*command.split(), "--help")
        assert shown.exit_code == 0
        assert len(shown.output) > 200

    def test_is_quick_because_nothing_heavy_is_imported(self) -> None:
        heavy = (
            "pandapower",
            "pandas",
            "pyomo",
            "matplotlib",
            "scipy",
            "highspy",
            "lxml",
            "fastapi",
            "numpy",
        )
        code = "import sys, gateway.cli; print(*(name for name in sys.argv[1:] if name in sys.modules))"
        ran = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
        assert ran.stdout.split() == []


class TestInit:
    def test_everything_is_for_its_owner_only(self, tmp_path: Path) -> None:
        done = flexgate("init", tmp_path / "new", "--port", 8123)
        assert done.exit_code == 0
        files = [file for file in (tmp_path / "new").rglob("*") if file.is_file()]
        assert len(files) == 7
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert str(tmp_path / "new" / "flexgate.toml") in done.output.replace("\n", "")

    def test_secrets_are_random_and_are_in_one_place(self, tmp_path: Path) -> None:
        flexgate("init", tmp_path / "a")
        flexgate("init", tmp_path / "b")
        secrets = {
            json.loads(file.read_text())["client_secret"] for file in tmp_path.glob("*/credentials/*.json")
        }
        assert len(secrets) == 12
        configuration = (tmp_path / "a" / "flexgate.toml").read_text()
        assert not any(secret in configuration for secret in secrets)

    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        flexgate("init", tmp_path)
        before = (tmp_path / "flexgate.toml").read_bytes()
        again = flexgate("init", tmp_path)
        assert again.exit_code == 1
        assert "there already" in again.stderr
        assert (tmp_path / "flexgate.toml").read_bytes() == before

    def test_leftovers_are_all_named_and_nothing_is_written(self, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "old.sqlite").touch()
        (tmp_path / "credentials").mkdir()
        (tmp_path / "credentials" / "tso.json").write_text("{}")
        before = sorted(tmp_path.rglob("*"))
        done = flexgate("init", tmp_path)
        assert done.exit_code == 1
        assert str(tmp_path / "data") in done.stderr
        assert str(tmp_path / "credentials") in done.stderr
        assert sorted(tmp_path.rglob("*")) == before

    def test_the_system_operator_alone_gets_lists_beside_platforms(self, tmp_path: Path) -> None:
        flexgate("init", tmp_path / "new")
        tenants = read_settings(tmp_path / "new" / "flexgate.toml").tenants
        takes = [(name, role) for name, one in tenants.items() for role in one.like if one.takes_lists(role)]
        assert takes == [("platform-north", "platform"), ("platform-south", "platform"), ("tso", "tso")]

    def test_a_secret_and_its_hash(self) -> None:
        made = flexgate("secret").output
        secret = made.split("not stored): ")[1].split()[0]
        assert secret_matches(secret, made.split('"')[1])


class TestServe:
    def test_a_fault_of_the_configuration_ends_it(self, tmp_path: Path) -> None:
        ended = flexgate("serve", "--config", tmp_path / "none.toml")
        assert ended.exit_code == 1
        assert "No such file" in ended.stderr.replace("\n", " ")
        assert f"flexgate init {tmp_path}" in ended.stderr

    def test_a_port_in_use_is_reported_before_anything_runs(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            assert flexgate("init", tmp_path / "new", "--port", port).exit_code == 0
            ended = flexgate("serve", "--config", tmp_path / "new" / "flexgate.toml")
        assert ended.exit_code == 1
        assert f"127.0.0.1:{port}: another process listens on this address" in ended.stderr
        assert "change gateway.port, gateway.public_url and token_url" in ended.stderr
        assert not (tmp_path / "new" / "data").exists()

    def test_what_a_restore_left_open_to_others_is_not_used(self, tmp_path: Path) -> None:
        assert flexgate("init", tmp_path / "new", "--port", 8999).exit_code == 0
        stores = tmp_path / "new" / "data" / "stores"
        stores.mkdir(parents=True)
        stores.chmod(0o755)
        ended = flexgate("serve", "--config", tmp_path / "new" / "flexgate.toml")
        assert ended.exit_code == 1
        assert f"chmod -R go= {tmp_path / 'new' / 'data'}" in ended.stderr
        assert list(stores.iterdir()) == []


class TestValidate:
    def test_valid(self, tmp_path: Path) -> None:
        file = specimen(tmp_path, RESERVE_BID_7_2.data)
        shown = flexgate("validate", file)
        assert shown.exit_code == 0
        assert "valid (ReserveBid 7.2)" in shown.output.replace("\n", " ")

    @pytest.mark.feature(id="F1")
    def test_json_for_many_also_from_standard_input(self, tmp_path: Path) -> None:
        good = specimen(tmp_path, RESERVE_BID_7_4.data, "good.xml")
        bad = specimen(tmp_path, RESERVE_BID_7_4.data.replace(b"<type>A37</type>", b""), "bad.xml")
        shown = flexgate("validate", "--json", good, "-", stdin=f"{bad}\n\n{tmp_path / 'none.xml'}\n")
        assert shown.exit_code == 1
        verdicts: list[dict[str, Any]] = json.loads(shown.stdout)
        assert [verdict["valid"] for verdict in verdicts] == [True, False, False]
        assert verdicts[0] == {
            "file": str(good),
            "valid": True,
            "family": "ReserveBid",
            "version": "7.4",
            "errors": [],
            "remarks": [],
        }
        (error, *_) = verdicts[1]["errors"]
        assert error.keys() == {"stage", "code", "line", "column", "path", "message"}
        assert (error["stage"], error["code"]) == ("schema", "missing-element")
        assert error["line"] > 1
        assert verdicts[2]["errors"][0]["code"] == "unreadable"

    @pytest.mark.parametrize("form", ["xml", "json", "csv"])
    def test_remarks_are_stated_in_every_form(self, tmp_path: Path, form: str) -> None:
        xml = RESERVE_BID_7_4.data
        data = {"xml": xml, "json": as_json(xml), "csv": RESERVE_BID_TABLE}[form]
        wrong = data.replace(GATEWAY.encode(), WRONG_EIC.encode())
        assert wrong != data
        plain, odd = specimen(tmp_path, data, f"plain.{form}"), specimen(tmp_path, wrong, f"odd.{form}")
        shown = flexgate("validate", "--json", plain, odd)
        assert shown.exit_code == 0, shown.output
        assert [verdict["remarks"] for verdict in json.loads(shown.stdout)] == [
            [],
            [f"EIC with a wrong check character: {WRONG_EIC}"],
        ]
        assert WRONG_EIC in flexgate("validate", odd).output

    def test_a_file_of_a_gigabyte_is_not_read(self, tmp_path: Path) -> None:
        file = tmp_path / "endless.xml"
        with file.open("wb") as endless:
            endless.truncate(2**30)
        shown = flexgate("validate", "--json", file)
        assert shown.exit_code == 1
        (error,) = json.loads(shown.stdout)[0]["errors"]
        assert (error["stage"], error["code"]) == ("well-formed", "too-large")

    @pytest.mark.parametrize("unfit", UNFIT, ids=lambda unfit: unfit.name)
    def test_what_is_unfit(self, tmp_path: Path, unfit: Any) -> None:
        shown = flexgate("validate", "--json", specimen(tmp_path, unfit.data))
        assert shown.exit_code == 1
        errors = json.loads(shown.stdout)[0]["errors"]
        assert errors[0]["stage"] == unfit.stage
        assert unfit.names in json.dumps(errors)

    def test_business_rules_unless_left_out(self, tmp_path: Path) -> None:
        twice = RESERVE_BID_7_4.data.replace(b"TEST-BID-12", b"TEST-BID-11")
        assert twice != RESERVE_BID_7_4.data
        file = specimen(tmp_path, twice)
        assert flexgate("validate", "--schema-only", file).exit_code == 0
        shown = flexgate("validate", "--json", file)
        assert shown.exit_code == 1
        assert json.loads(shown.stdout)[0]["errors"][0]["stage"] == "rules"

    def test_code_sets(self, tmp_path: Path) -> None:
        file = specimen(tmp_path, RESERVE_BID_7_4.data)
        assert flexgate("validate", "--codes", "v91", file).exit_code in (0, 1)
        wrong = flexgate("validate", "--codes", "v0", file)
        assert wrong.exit_code == 2
        assert "regional" in wrong.stderr


class TestSample:
    def test_it_is_valid_and_overwrites_nothing(self, tmp_path: Path) -> None:
        file = tmp_path / "bids.xml"
        assert flexgate("sample", file).exit_code == 0
        assert flexgate("validate", file).exit_code == 0
        again = flexgate("sample", file)
        assert again.exit_code == 1
        assert "nothing is overwritten" in again.stderr

    @pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2027-07-01"])
    @pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.ACKNOWLEDGEMENT])
    def test_every_kind_is_for_the_day_asked_for(self, tmp_path: Path, kind: Kind, day: str) -> None:
        file = tmp_path / {Kind.BIDS: "bids.xml", Kind.CSV: "bids.csv"}.get(kind, "sample.json")
        assert flexgate("sample", file, "--kind", kind, "--day", day).exit_code == 0
        whole, text = local_day(date.fromisoformat(day)), file.read_text("utf-8")
        match kind:
            case Kind.BIDS:
                assert flexgate("validate", file).exit_code == 0
                assert f"<end>{whole.end:%Y-%m-%dT%H:%MZ}</end>" in text
            case Kind.CSV:
                assert flexgate("validate", file).exit_code == 0
                now = datetime(2026, 2, 28, 10, 15, 30, tzinfo=UTC)
                table, xml = (sample(one, date.fromisoformat(day), now).encode() for one in (kind, Kind.BIDS))
                report = esmp.validate(xml)
                assert report.identity is not None
                document = mappings.read(xml, report.identity).document
                assert document is not None
                assert canonical_hash(bid_csv.loads(table).document) == canonical_hash(document)
            case Kind.GATE | Kind.EXACT_GATE:
                gate = GateDefinition.model_validate_json(text).gate()
                assert gate.delivery.start - whole.start == timedelta(hours=7)
                assert (gate.use is UseOfLists.EXACT) is (kind is Kind.EXACT_GATE)
            case Kind.MODEL:
                assert exchange.read(text.encode()).validity == whole
            case Kind.DONE | Kind.ACTIVATION:
                assert flexgate("validate", file.rename(file.with_suffix(".xml"))).exit_code == 0
            case Kind.RESOURCES:
                assert "11WTEST-POOL-1-U" in json.loads(text)["participation"]

    @pytest.mark.parametrize("kind", ["bids", "csv"])
    def test_a_faulty_one_is_refused_for_its_currency(self, tmp_path: Path, kind: str) -> None:
        file = tmp_path / {"bids": "bids.xml"}.get(kind, "bids.csv")
        assert flexgate("sample", file, "--kind", kind, "--faulty").exit_code == 0
        checked = flexgate("validate", file)
        assert checked.exit_code == 1
        assert "EUX" in checked.stdout
        assert flexgate("sample", tmp_path / "gate", "--kind", "gate", "--faulty").exit_code == 2

    @pytest.mark.parametrize("kind", ["bids", "csv", "done", "activation"])
    def test_a_second_platform_has_documents_of_its_own(self, tmp_path: Path, kind: str) -> None:
        file = tmp_path / ("bids.csv" if kind == "csv" else "document.xml")
        assert flexgate("sample", file, "--kind", kind, "--platform", "platform-south").exit_code == 0
        assert flexgate("validate", file).exit_code == 0
        text = file.read_text()
        assert "11XTEST-SOUTH--Z" in text
        assert "11XTEST-NORTH--J" not in text
        assert "SAMPLE-BID-" not in text, "bids of both platforms in one list are told apart"

    @pytest.mark.parametrize("kind", ["gate", "exact-gate"])
    def test_a_gate_of_two_platforms(self, tmp_path: Path, kind: str) -> None:
        file = tmp_path / "gate.json"
        both = ("--platform", "platform-north", "--platform", "platform-south")
        assert flexgate("sample", file, "--kind", kind, *both).exit_code == 0
        gate = GateDefinition.model_validate_json(file.read_text()).gate()
        assert gate.platforms == ("platform-north", "platform-south")

    @pytest.mark.parametrize(
        ("kind", "named"),
        [
            ("model", ["platform-south"]),
            ("bids", ["platform-north", "platform-south"]),
            ("csv", ["dso-east"]),
        ],
    )
    def test_a_platform_that_a_sample_cannot_be_of(self, tmp_path: Path, kind: str, named: list[str]) -> None:
        options = [word for name in named for word in ("--platform", name)]
        assert flexgate("sample", tmp_path / "sample", "--kind", kind, *options).exit_code == 2

    def test_bids_are_for_tomorrow(self) -> None:
        late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
        assert tomorrow(late) == date(2027, 1, 2)


class TestConvert:
    @pytest.mark.feature(id="F1")
    def test_to_another_version(self, tmp_path: Path) -> None:
        file, target, report = (
            specimen(tmp_path, RESERVE_BID_7_2.data),
            tmp_path / "out.xml",
            tmp_path / "report.json",
        )
        done = flexgate("convert", file, "--to", "ReserveBid/7.4", "-o", target, "--report", report)
        assert done.exit_code == 0, done.stderr
        checked = esmp.validate(target.read_bytes())
        assert checked.valid
        assert checked.identity is not None
        assert checked.identity.version == "7.4"
        assert json.loads(report.read_text())["carried"] > 0

    def test_people_read_one_element_a_line(self, tmp_path: Path) -> None:
        done = flexgate("convert", specimen(tmp_path, RESERVE_BID_7_2.data), "--to", "ReserveBid/7.4")
        assert done.exit_code == 0, done.stderr
        lines = done.stdout.splitlines()
        assert "      <Point>" in lines
        assert "        <position>1</position>" in lines
        assert all(line.count("</") + line.count("/>") <= 1 for line in lines)
        assert esmp.validate(done.stdout.encode()).valid

    @pytest.mark.parametrize("to", ["ReserveBid/7.2", "ReserveBid/json"])
    def test_a_series_that_is_left_out_shows_in_the_exit_code(self, tmp_path: Path, to: str) -> None:
        data = RESERVE_BID_7_4.data.replace(b"<position>2<", b"<position>1<", 1)
        target = tmp_path / "out"
        done = flexgate("convert", specimen(tmp_path, data), "--to", to, "-o", target)
        assert done.exit_code == 1
        assert "1 series left out" in done.stderr
        assert b"TEST-BID-11" not in target.read_bytes()
        assert b"TEST-BID-12" in target.read_bytes()

    def test_to_canonical_json_on_standard_output(self, tmp_path: Path) -> None:
        done = flexgate("convert", specimen(tmp_path, RESERVE_BID_7_4.data), "--to", "ReserveBid/json")
        assert done.exit_code == 0, done.stderr
        assert json.loads(done.stdout)["kind"] == "ReserveBid"

    @pytest.mark.parametrize(
        ("data", "to", "code", "says"),
        [
            (b"not XML", "ReserveBid/7.4", 1, "not valid"),
            (RESERVE_BID_7_4.data, "ReserveBid/9.9", 1, "9.9"),
            (RESERVE_BID_7_4.data, "Postcard/1.0", 1, "Postcard"),
            (RESERVE_BID_7_4.data, "ReserveBid", 2, "FAMILY/VERSION"),
        ],
    )
    def test_refused(self, tmp_path: Path, data: bytes, to: str, code: int, says: str) -> None:
        done = flexgate("convert", specimen(tmp_path, data), "--to", to)
        assert done.exit_code == code
        assert says in done.stderr
        assert done.stdout == ""


class TestGrid:
    def test_check(self, tmp_path: Path) -> None:
        good = specimen(tmp_path, exchange.write(model("north", 4.0)), "good.json")
        bad = specimen(tmp_path, good.read_bytes().replace(b"4.0", b"-4.0"), "bad.json")
        assert flexgate("grid", "check", good).exit_code == 0
        checked = flexgate("grid", "check", good, bad)
        assert checked.exit_code == 1
        assert "/elements/0" in checked.stderr
        assert "remark" not in checked.stdout

    def test_check_remarks_on_a_base_flow_beyond_its_limit(self, tmp_path: Path) -> None:
        full = specimen(tmp_path, exchange.write(model("north", 4.0, base_mw=5.0)), "full.json")
        checked = flexgate("grid", "check", full)
        assert checked.exit_code == 0
        assert "would be taken" in checked.stdout
        assert "remark: base flow beyond its limit: north-line 125.0 %" in checked.stdout.replace("\n", " ")

    def test_build_refuses_a_time_without_a_zone(self, tmp_path: Path) -> None:
        done = flexgate(
            *("grid", "build", "mv_oberrhein", tmp_path / "model.json", "--grid-id", "g"),
            *("--valid-from", "2026-03-01T00:00", "--valid-to", "2026-03-02T00:00Z"),
            *("--lowest-mw", -1, "--highest-mw", 1, "--point-mw", 1),
        )
        assert done.exit_code == 2
        assert "2026-03-01T00:00" in done.stderr

    def test_help_names_the_extra_in_its_brackets(self) -> None:
        assert "Needs the extra [grid]" in " ".join(flexgate("grid", "build", "--help").output.split())

    def test_disclosure_and_resolve(self, tmp_path: Path) -> None:
        file = specimen(tmp_path, exchange.write(model("north", 4.0)), "model.json")
        element = json.loads(file.read_bytes())["elements"][0]["id"]
        shown = flexgate("grid", "disclosure", file)
        assert shown.exit_code == 0
        assert element in shown.output
        missing = flexgate("grid", "resolve", file, "--key-file", tmp_path / "none.key")
        assert missing.exit_code == 1
        assert "none.key" in missing.stderr


class TestPolicy:
    def test_names_every_field(self) -> None:
        listed = json.loads(flexgate("policy", "--json").stdout)["fields"]
        assert len(listed) == len(policy_rows())
        assert all(row["why"] and row["retention"] for row in listed)
        shown = flexgate("policy").output
        assert {row["table"] for row in listed} <= set(shown.split())

    def test_shows_the_periods_of_a_configuration(self, tmp_path: Path) -> None:
        first = write_first_settings(tmp_path / "gate", 8999).configuration
        first.write_text(first.read_text() + "\n[retention]\ndelivered = 14\n")
        reported = json.loads(flexgate("policy", "--config", first, "--json").stdout)
        assert reported["periods"]["delivered"] | {"what": ""} == {
            "what": "",
            "days": 14,
            "default": 30,
            "least": 1,
            "most": 400,
        }
        payload = next(f for f in reported["fields"] if (f["table"], f["field"]) == ("outbox", "payload"))
        assert payload["retention"] == "14 days after settled_at, or 90 days after created_at"
        assert "delivered      │ 14" in flexgate("policy", "--config", first).output
        first.write_text(first.read_text().replace("14", "140"))
        refused = flexgate("policy", "--config", first)
        assert refused.exit_code == 1
        assert "retention.delivered: 140 days, longer than bids (90 days)" in refused.stderr


class TestGate:
    def test_credentials_that_are_none(self, tmp_path: Path) -> None:
        done = flexgate("gate", "list", "--credentials", specimen(tmp_path, b"{}", "c.json"))
        assert done.exit_code == 1
        assert "client_id" in done.stderr

    def test_no_gateway_there(self, tmp_path: Path) -> None:
        file = specimen(
            tmp_path,
            b'{"client_id": "a", "client_secret": "b", "token_url": "http://127.0.0.1:9/oauth/token"}',
            "c.json",
        )
        done = flexgate("gate", "list", "--credentials", file)
        assert done.exit_code == 1
        assert "http://127.0.0.1:9 does not answer" in done.stderr


def test_an_exception_is_logged_without_its_words() -> None:
    try:
        float("price 4711")
    except ValueError:
        event = without_exception_text(None, "error", {"event": "failed", "exc_info": True})
    assert event["fault"] == "ValueError"
    assert "test_commands.py" in event["trace"][-1]
    assert "4711" not in repr(event)


@pytest.mark.parametrize(
    "command",
    [
        *(
            f"gate {name}"
            for name in (
                "create",
                "amend",
                "cancel",
                "rerun",
                "show",
                "demand",
                "close",
                "merit-order",
                "activations",
            )
        ),
        *(f"grid {name}" for name in ("push", "list", "withdraw", "units", "remarks", "explanations")),
        *(f"resources {name}" for name in ("put", "change", "check", "points")),
        *(f"client {name}" for name in ("add", "rotate", "revoke")),
        "document show",
        "deadletter give-up",
    ],
)
def test_the_help_of_a_command_shows_an_example(command: str) -> None:
    shown = " ".join(flexgate(*command.split(), "--help").output.split())
    assert re.search(rf"flexgate {command} [^\[]*--(credentials|config) ", shown), shown
