"""The JSON documents of the documentation are what the published schema, the reader and the rules take."""

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
import yaml

from adapters.rest.json_examples import EXAMPLES as OF_THE_CONTRACT
from gateway.cli.first_configuration import write_first_settings
from gateway.intake.check.examination import examine
from mappings.bid_csv import COLUMNS
from mappings.json_schema import published
from tests.docs.commands import ROOT

PAGE = ROOT / "docs" / "connecting-a-platform" / "json.md"
EXAMPLES = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
NOW = datetime(2026, 3, 28, 23, tzinfo=UTC)


def test_the_kinds_that_the_page_leaves_to_the_contract_are_there() -> None:
    assert {one["kind"] for one in OF_THE_CONTRACT}.isdisjoint(map(kind_of, EXAMPLES))
    contract = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
    content = contract["paths"]["/v1/documents"]["post"]["requestBody"]["content"]["application/json"]
    assert [each["value"] for each in content["examples"].values()] == list(OF_THE_CONTRACT)


def kind_of(example: str) -> str:
    return str(json.loads(example)["kind"])


@pytest.mark.parametrize("example", [*EXAMPLES, *map(json.dumps, OF_THE_CONTRACT)], ids=kind_of)
def test_an_example_is_accepted_unchanged(example: str) -> None:
    jsonschema.Draft202012Validator(json.loads(published())).validate(json.loads(example))
    found = examine(example.encode(), "application/json", NOW)
    assert found.findings == ()
    assert found.document is not None


def test_the_mapping_is_of_the_system_operator_that_a_first_configuration_has(tmp_path: Path) -> None:
    (mapping,) = (json.loads(one) for one in EXAMPLES if kind_of(one) == "ResourceMapping")
    settings = tomllib.loads(write_first_settings(tmp_path, 8080).configuration.read_text("utf-8"))
    assert settings["tenants"]["tso"]["parties"] == [mapping["sender"]["party"]]


def test_every_kind_is_shown_or_named() -> None:
    kinds = json.loads(published())["discriminator"]["mapping"].keys()
    assert len(EXAMPLES) == 6
    assert {kind for kind in kinds if kind not in PAGE.read_text("utf-8")} == set()


def test_the_table_is_taken_and_the_page_names_every_column() -> None:
    page = (PAGE.parent / "csv.md").read_text("utf-8")
    (table,) = re.findall(r"^```csv\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    found = examine(table.encode(), "text/csv", NOW)
    assert found.findings == ()
    assert found.document is not None
    missing = {name for name in COLUMNS if not name.endswith("_scheme") and f"`{name}`" not in page}
    assert missing == set()
