"""Documents of real senders travel through the canonical model and leave valid by the published schemas."""

import shutil
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

import esmp
from esmp.profiles import Profile
from mappings import mapped_kinds, read, write
from mappings.canonical_json import canonical_hash
from tests.mappings.specimens import MAPPED, document, name_of
from tests.shared import STANDARDS

SAMPLES = STANDARDS / "esmp" / "samples"
XSD = STANDARDS / "esmp" / "xsd"
CODES = STANDARDS / "esmp" / "codelists" / "v91"

pytestmark = pytest.mark.shared


def samples() -> list[Path]:
    found = []
    for path in sorted(SAMPLES.rglob("*.xml")):
        report = esmp.validate(path.read_bytes())
        if report.identity and report.valid and report.identity.family in mapped_kinds():
            found.append(path)
    return found


@cache
def published_schema(namespace: str, folder: Path) -> etree.XMLSchema:
    for path in sorted(XSD.glob("*.xsd")):
        if f'targetNamespace="{namespace}"' in path.read_text(encoding="utf-8"):
            shutil.copy(path, folder / path.name)
            for codes in CODES.glob("*.xsd"):
                shutil.copy(codes, folder / codes.name)
            return etree.XMLSchema(etree.parse(folder / path.name))
    raise LookupError(namespace)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("schemas")


@pytest.mark.parametrize("path", samples() if SAMPLES.is_dir() else [], ids=lambda path: path.stem)
def test_a_sample_leaves_with_the_content_it_came_with(path: Path, folder: Path) -> None:
    data = path.read_bytes()
    identity = esmp.identify(data)
    reading = read(data, identity)
    assert reading.findings == ()
    assert all(change.fate == "added" for change in reading.report), list(reading.report)
    writing = write(reading.document)
    assert writing.losses.lossless
    schema = published_schema(identity.namespace, folder)
    left = etree.fromstring(writing.data)
    assert schema.validate(left), schema.error_log
    again = read(left, identity)
    assert canonical_hash(again.document) == canonical_hash(reading.document)


def test_there_are_samples() -> None:
    assert len(samples()) > 25


@pytest.mark.parametrize("profile", [each for each in MAPPED if each.verified], ids=name_of)
def test_what_we_write_is_valid_by_the_published_schema(profile: Profile, folder: Path) -> None:
    data = document(profile)
    schema = published_schema(profile.namespace, folder)
    left = etree.fromstring(write(read(data, esmp.identify(data)).document).data)
    assert schema.validate(left), schema.error_log
