"""Routes on the command line: faults before anything runs, and the way of a document explained."""

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import flexgate, specimen
from tests.intake.test_forwarding import FOR_SOUTH, LOSSY
from tests.specimens import GATEWAY, NORTH, RESERVE_BID_7_2, SOUTH

HEAD = f"""
[gateway]
party = {{ code = "{GATEWAY}" }}
[tenants.north]
role = "platform"
name = "North"
parties = [{{ code = "{NORTH}" }}]
[tenants.south]
role = "platform"
name = "South"
parties = [{{ code = "{SOUTH}" }}]
[tenants.grid]
role = "dso"
name = "Grid"
parties = [{{ code = "11XTEST-DSO----F" }}]
[tenants.desk]
role = "operator"
name = "Desk"
[clients]
"""


def configuration(directory: Path, *routes: str) -> Path:
    file = directory / "flexgate.toml"
    tables = (f"[routes.r{number}]\n{route}\n" for number, route in enumerate(routes, start=1))
    file.write_text(HEAD + "\n".join(tables), "utf-8")
    return file


class TestCheck:
    def test_lists_the_most_specific_first(self, tmp_path: Path) -> None:
        file = configuration(
            tmp_path,
            'to = "south"',
            f'to = "south"\nreceiver = "{SOUTH}"\nversion = "7.2"\nkind = "ReserveBid"',
        )
        shown = flexgate("routes", "check", "--config", file)
        assert shown.exit_code == 0, shown.output
        assert shown.output.index("r2") < shown.output.index("r1")
        assert "2 routes, no fault" in shown.output

    @pytest.mark.parametrize(
        ("routes", "fault"),
        [
            (['to = "nobody"'], "routes.r1.to: there is no tenant 'nobody'"),
            (['to = "desk"'], "routes.r1.to: desk is operator and gets no documents"),
            ([f'to = "south"\nreceiver = "{GATEWAY}"'], "routes.r1.receiver:"),
            ([f'to = "north"\nreceiver = "{SOUTH}"'], "is a party of south, not of north"),
            (['to = "south"\nsender = "11XTEST-UNKNOWN"'], "so nothing ever comes from it"),
            ([f'to = "south"\nsender = "{SOUTH}"'], "the route leads back to its sender"),
            (
                ['to = "south"\nsender = "11XTEST-DSO----F"'],
                "no grant lets grid send such documents to south",
            ),
            (
                ['to = "south"\nsender = "11XTEST-DSO----F"\nkind = "Activation"'],
                "routes.r1.sender: no grant lets grid send such documents to south",
            ),
            (['to = "south"\nkind = "Postcard"'], "routes.r1.kind: no document 'Postcard'"),
            (['to = "south"\nkind = "ReserveBid"\nversion = "9.9"'], "routes.r1.version: no ReserveBid 9.9"),
            (['to = "south"\nversion = "7.2"'], "routes.r1.version: of which kind?"),
            (['to = "south"\nloss = "forget"'], "routes.r1.loss:"),
            (['to = "south"\ncolour = "red"'], "routes.r1.colour:"),
            (
                [f'to = "south"\nsender = "{NORTH}"', 'to = "grid"\nkind = "ReserveBid"'],
                f"state which of them gets a document with sender {NORTH}, kind ReserveBid",
            ),
        ],
    )
    def test_names_every_fault_and_its_place(self, tmp_path: Path, routes: list[str], fault: str) -> None:
        shown = flexgate("routes", "check", "--config", configuration(tmp_path, *routes))
        assert shown.exit_code == 1
        assert fault in shown.output


class TestExplain:
    def explain(self, directory: Path, data: bytes, *routes: str) -> dict[str, object]:
        config, file = configuration(directory, *routes), specimen(directory, data)
        shown = flexgate("routes", "explain", file, "--config", config, "--json")
        assert shown.exit_code == 0, shown.output
        reported: dict[str, object] = json.loads(shown.output)
        return reported

    def test_names_the_route_and_what_is_lost(self, tmp_path: Path) -> None:
        reported = self.explain(
            tmp_path,
            LOSSY,
            'to = "south"',
            'to = "south"\nkind = "ReserveBid"\nversion = "7.2"\nloss = "report"',
        )
        assert (reported["from"], reported["route"], reported["leaves as"]) == (
            "north",
            "r2, to south",
            "ReserveBid 7.2",
        )
        assert reported["other candidates"] == ["r1"]
        assert len(reported["losses"]) == 2  # type: ignore[arg-type]
        assert reported["refused"] == []

    def test_says_why_it_would_be_refused(self, tmp_path: Path) -> None:
        reported = self.explain(tmp_path, LOSSY, 'to = "south"\nkind = "ReserveBid"\nversion = "7.2"')
        assert reported["leaves as"] == ""
        assert "cannot carry Bid_TimeSeries/inclusiveBidsIdentification" in str(reported["refused"])

    def test_what_is_for_the_gateway_takes_none(self, tmp_path: Path) -> None:
        reported = self.explain(tmp_path, RESERVE_BID_7_2.data, 'to = "south"')
        assert str(reported["route"]).startswith("none: it is for the gateway")

    def test_without_a_match_none(self, tmp_path: Path) -> None:
        reported = self.explain(tmp_path, FOR_SOUTH, 'to = "south"\nprocess = "A51"')
        assert reported["route"] == "none: it is for another party, and refused with A53"

    def test_of_a_stranger_it_asks_who_brings_it(self, tmp_path: Path) -> None:
        config = configuration(tmp_path, 'to = "south"')
        stranger = FOR_SOUTH.replace(NORTH.encode(), b"11XTEST-STRANGE5")
        file = specimen(tmp_path, stranger)
        shown = flexgate("routes", "explain", file, "--config", config)
        assert shown.exit_code == 1
        assert "name one with --from" in shown.output
