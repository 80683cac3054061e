"""Grants on the command line: all of them, faults before anything runs, and why one may not send."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.grant import DEFAULTS
from gateway.security.grants_page import BEGIN, END, page_with_defaults
from tests.cli.test_commands import flexgate
from tests.docs.test_features import ROOT
from tests.security.test_grant_tables import HEAD, written

PAGE = ROOT / "docs" / "running" / "grants.md"
ACTIVATIONS = 'from = "dso"\nto = "provider"\nkind = "Activation"\nprocess = ["A47"]'
ROUTE = '[routes.orders]\nreceiver = "11XTEST-SOUTH--Z"\nkind = "Activation"\nto = "agg"\n'


def asked(file: Path, *arguments: str, status: int = 0) -> Any:
    shown = flexgate("grants", *arguments, "--config", file, "--json")
    assert shown.exit_code == status, shown.output
    return json.loads(shown.output)


def test_the_page_has_the_defaults_that_the_command_writes() -> None:
    page = PAGE.read_text("utf-8")
    assert page == page_with_defaults(page), (
        "run: python -m gateway.security.grants_page docs/running/grants.md"
    )
    for grant in DEFAULTS:
        assert f"| `{grant.name}` |" in page
    assert page_with_defaults(f"a\n{BEGIN}\nold\n{END}\nz\n") != f"a\n{BEGIN}\nold\n{END}\nz\n"
    with pytest.raises(ValueError, match="after it"):
        page_with_defaults("a page without marks")


class TestList:
    def test_names_the_defaults_first(self, tmp_path: Path) -> None:
        listed = asked(written(tmp_path, ACTIVATIONS), "list")["grants"]
        assert [one["name"] for one in listed] == [*(grant.name for grant in DEFAULTS), "g1"]
        assert listed[-1] == {
            "name": "g1",
            "from": "any dso",
            "to": "any provider",
            "kind": "Activation",
            "process": ["A47"],
            "markets": [],
            "by": None,
            "seen_by": [],
        }

    def test_as_a_table(self, tmp_path: Path) -> None:
        shown = flexgate("grants", "list", "--config", written(tmp_path, ACTIVATIONS))
        (row,) = [line for line in shown.output.splitlines() if "g1" in line]
        cells = [cell.strip() for cell in row.strip().strip("│").split("│")]
        assert cells == ["g1", "any dso", "any provider", "Activation", "A47", "any", "any", ""]


class TestCheck:
    def test_a_fault_with_its_place(self, tmp_path: Path) -> None:
        shown = flexgate("grants", "check", "--config", written(tmp_path, 'from = "desk"\nto = "agg"'))
        assert shown.exit_code == 1
        assert "grants.g1.from: desk is operator and sends no documents" in shown.output

    def test_what_is_of_no_use_yet(self, tmp_path: Path) -> None:
        file = written(tmp_path, ACTIVATIONS, 'from = "tso"\nto = "agg"\nkind = "Activation"')
        assert flexgate("grants", "check", "--config", file).exit_code == 1  # the default allows it
        file = written(tmp_path, ACTIVATIONS, 'from = "east"\nto = "north"', 'from = "dso"\nto = "gateway"')
        assert asked(file, "check") == {
            "grants": 3,
            "remarks": [
                "grants.g1: no route leads from its sender to its receiver yet",
                "grants.g2: no route leads from its sender to its receiver yet",
            ],
        }

    def test_a_role_that_no_tenant_has(self, tmp_path: Path) -> None:
        head = HEAD.replace('role = "provider"', 'role = "platform"')
        (remark,) = asked(written(tmp_path, ACTIVATIONS, head=head), "check")["remarks"]
        assert remark == "grants.g1: no tenant is provider yet"

    def test_a_role_of_ones_own_that_no_tenant_has(self, tmp_path: Path) -> None:
        head = f'{HEAD}[roles.desk-of-local]\nlike = ["operator"]\nmarkets = ["local"]\n'
        assert asked(written(tmp_path, head=head), "check")["remarks"] == [
            "roles.desk-of-local: no tenant has it yet"
        ]

    def test_nothing_to_remark(self, tmp_path: Path) -> None:
        file = written(tmp_path, ACTIVATIONS, head=HEAD + ROUTE)
        assert asked(file, "check") == {"grants": 1, "remarks": []}
        shown = flexgate("grants", "check", "--config", file)
        assert shown.output.strip() == "1 grants besides the defaults, no fault"


class TestExplain:
    @pytest.mark.parametrize(
        ("question", "grant", "why"),
        [
            (("east", "agg", "Activation", "--process", "A47"), "g1", []),
            (
                ("east", "agg", "Activation", "--process", "A51"),
                None,
                ["no grant for this process type"],
            ),
            (
                ("agg", "east", "Activation"),
                None,
                [
                    "no grant for this sender, receiver and kind",
                    "no route leads there, so that the document is refused with A53",
                ],
            ),
            (
                ("north", "east", "Activation"),
                "default-platform",
                ["no route leads there, so that the document is refused with A53"],
            ),
            (("agg", "gateway", "Acknowledgement"), "default-provider", []),
            (("north", "gateway", "ReserveBid"), "default-platform", []),
            (
                ("east", "gateway", "ReserveBid"),
                None,
                ["processes of the gateway do not take this kind from this sender"],
            ),
        ],
    )
    def test_says_why(
        self, tmp_path: Path, question: tuple[str, ...], grant: str | None, why: list[str]
    ) -> None:
        file = written(tmp_path, ACTIVATIONS, head=HEAD + ROUTE)
        explained = asked(file, "explain", *question, status=1 if why else 0)
        assert (explained["allowed"], explained["grant"], explained["why not"]) == (not why, grant, why)
        leads = question[:2] == ("east", "agg")
        assert explained["routes"] == (["orders"] if leads and not why else [])
        assert explained["not by routes"] == ([f"orders: {why[0]}"] if leads and why else [])

    def test_as_a_table(self, tmp_path: Path) -> None:
        file = written(tmp_path, ACTIVATIONS, head=HEAD + ROUTE)
        shown = flexgate("grants", "explain", "east", "agg", "Activation", "--config", file)
        assert shown.exit_code == 1
        assert "no grant for this process type" in shown.output
        assert "default-dso" in shown.output

    def test_a_misspelt_kind_is_not_allowed_as_any(self, tmp_path: Path) -> None:
        file = written(tmp_path)
        shown = flexgate("grants", "explain", "north", "gateway", "Activaton", "--config", file)
        assert shown.exit_code == 1
        assert "no document 'Activaton'; there are Acknowledgement, Activation," in shown.output

    def test_a_stranger(self, tmp_path: Path) -> None:
        shown = flexgate("grants", "explain", "king", "agg", "Activation", "--config", written(tmp_path))
        assert shown.exit_code == 1
        assert "there is no tenant 'king'; there are north, east, agg, silent, desk" in shown.output


class TestMarkets:
    """Two markets of the same parties: only documents of one may be sent."""

    ROUTES = "".join(
        f'[routes.{name}]\nprocess = "{process}"\nkind = "Activation"\nto = "agg"\nmarket = "{name}"\n'
        for name, process in (("local", "A47"), ("central", "A51"))
    )
    GRANT = 'from = "dso"\nto = "provider"\nkind = "Activation"\nmarkets = ["local"]\nseen_by = ["north"]'

    def explained(self, directory: Path, market: str, status: int) -> Any:
        file = written(directory, self.GRANT, head=HEAD + self.ROUTES)
        return asked(file, "explain", "east", "agg", "Activation", "--market", market, status=status)

    def test_in_the_market_of_the_grant(self, tmp_path: Path) -> None:
        found = self.explained(tmp_path, "local", 0)
        assert (found["grant"], found["routes"], found["seen by"]) == ("g1", ["local"], ["north"])

    def test_in_another(self, tmp_path: Path) -> None:
        found = self.explained(tmp_path, "central", 1)
        assert (found["grant"], found["why not"]) == (None, ["no grant in this market"])

    def test_without_a_market_names_the_routes_of_both(self, tmp_path: Path) -> None:
        file = written(tmp_path, self.GRANT, head=HEAD + self.ROUTES)
        found = asked(file, "explain", "east", "agg", "Activation")
        assert (found["routes"], found["not by routes"]) == (["local"], ["central: no grant in this market"])

    def test_a_role_of_one_market_sends_nothing_in_another(self, tmp_path: Path) -> None:
        role = '[roles.local-dso]\nlike = ["dso"]\nmarkets = ["local"]\n'
        head = (HEAD + self.ROUTES + role).replace('role = "dso"', 'role = "local-dso"')
        file = written(tmp_path, self.GRANT.replace('markets = ["local"]\n', ""), head=head)
        found = asked(file, "explain", "east", "agg", "Activation")
        assert (found["routes"], found["not by routes"]) == (["local"], ["central: no grant in this market"])
        assert not asked(file, "may", "east", "submit-document", "--market", "central", status=1)["allowed"]

    def test_a_market_that_no_route_has(self, tmp_path: Path) -> None:
        file = written(tmp_path, self.GRANT.replace("local", "locall"), head=HEAD + self.ROUTES)
        assert "grants.g1: no route belongs to market locall" in asked(file, "check")["remarks"]

    def test_in_one_without_routes(self, tmp_path: Path) -> None:
        assert self.explained(tmp_path, "remote", 1)["why not"] == [
            "no grant in this market",
            "no route leads there in market remote, so that the document is refused with A53",
        ]


class TestMay:
    OWN = """
[roles.desk-of-local]
like = ["operator"]
markets = ["local"]
without = ["create-gate"]
[tenants.local]
role = "desk-of-local"
name = "Local"
[tenants.both]
role = ["dso", "provider"]
name = "Both"
"""

    @pytest.mark.parametrize(
        ("question", "why"),
        [
            (("desk", "create-gate"), []),
            (("desk", "create-gate", "--market", "any"), []),
            (("north", "create-gate"), ["of the roles operator only"]),
            (("local", "amend-gate", "--market", "local"), []),
            (("local", "amend-gate", "--market", "other"), ["no role of it counts in market other"]),
            (("local", "create-gate", "--market", "local"), ["withheld by desk-of-local"]),
            (("local", "read-routes"), ["its role counts in some markets, and this belongs to none"]),
            (("both", "put-grid-model"), []),
            (("both", "submit-document"), []),
            (("both", "put-demand"), ["of the roles tso only"]),
        ],
    )
    def test_says_why(self, tmp_path: Path, question: tuple[str, ...], why: list[str]) -> None:
        found = asked(written(tmp_path, head=HEAD + self.OWN), "may", *question, status=1 if why else 0)
        assert (found["allowed"], found["why not"]) == (not why, why)

    def test_names_the_operations(self, tmp_path: Path) -> None:
        shown = flexgate("grants", "may", "desk", "open-gate", "--config", written(tmp_path))
        assert shown.exit_code == 1
        assert "create-gate" in shown.output
