"""asyncapi.yaml is what the adapters declare, and valid by the schema of AsyncAPI itself."""

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from adapters.asyncapi import contract_text
from adapters.interfaces import catalogue_text, descriptors
from adapters.kit.http.body import CSV
from adapters.kit.inbound import is_document_type
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "asyncapi.yaml"
CATALOGUE = ROOT / "docs" / "connecting-a-platform" / "interfaces.md"
CONTRACT: dict[str, Any] = yaml.safe_load(COMMITTED.read_text("utf-8"))
SPECIFICATION = "@asyncapi/specs@6.11.1"
SCHEMA = "package/schemas/3.0.0.json"


@pytest.mark.feature(id="F2")
def test_the_file_is_what_the_command_writes() -> None:
    written = "run: python -m adapters.asyncapi asyncapi.yaml"
    assert COMMITTED.read_text("utf-8") == contract_text(), written


@pytest.mark.feature(id="F6")
def test_the_catalogue_is_what_the_command_writes() -> None:
    written = "run: python -m adapters.interfaces docs/connecting-a-platform/interfaces.md"
    assert CATALOGUE.read_text("utf-8") == catalogue_text(), written


@pytest.mark.feature(id="F6")
def test_the_catalogue_names_every_adapter_and_address() -> None:
    page = CATALOGUE.read_text("utf-8")
    for name, descriptor in descriptors().items():
        assert f"`{name}`" in page or f'"{name}"' in page
        assert descriptor.protocol in page
    for channel in CONTRACT["channels"].values():
        assert channel["address"] is None or f"`{channel['address']}`" in page


@pytest.mark.parametrize("name", ["rest", "mqtt", "amqp091", "folder", "poll"])
def test_whatever_names_content_types_says_that_it_takes_tables(name: str) -> None:
    """What every channel takes by its content type; the other protocols have no such names."""
    assert is_document_type(CSV)
    assert "bids as CSV" in descriptors()[name].information_model


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Draft7Validator:
    """The JSON Schema that the makers of AsyncAPI publish; it takes a moment to fetch."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed; it brings the schema of AsyncAPI")
    directory = tmp_path_factory.mktemp("asyncapi")
    command = ["npm", "pack", SPECIFICATION, "--silent"]
    packed = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    if packed.returncode:
        pytest.skip(f"npm cannot fetch {SPECIFICATION}: {packed.stderr.strip()[:200]}")
    with tarfile.open(fileobj=io.BytesIO((directory / packed.stdout.strip()).read_bytes())) as package:
        schema = package.extractfile(SCHEMA)
        assert schema is not None
        return Draft7Validator(json.load(schema))


def test_it_is_valid_asyncapi(official: Draft7Validator) -> None:
    faults = [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in faults_in(official)]
    assert faults == []


def test_the_official_schema_finds_faults(official: Draft7Validator) -> None:
    broken = json.loads(json.dumps(CONTRACT))
    broken["operations"]["mqttSubmit"]["bindings"]["mqtt"]["qos"] = 7
    assert [list(fault.absolute_path)[:2] for fault in faults_in(official, broken)] == [
        ["operations", "mqttSubmit"]
    ]


def faults_in(official: Draft7Validator, contract: dict[str, Any] = CONTRACT) -> list[Any]:
    return list(official.iter_errors(contract))


def test_every_reference_leads_somewhere() -> None:
    def follow(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(target := part.get("$ref"), str):
                found: Any = CONTRACT
                for step in target.removeprefix("#/").split("/"):
                    found = found[step]
            for each in part.values():
                follow(each)
        elif isinstance(part, list):
            for each in part:
                follow(each)

    follow(CONTRACT)
