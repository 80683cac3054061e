"""Types that documents come as, over any protocol: XML, JSON, CSV, and what says so in its name."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.kit.inbound import is_document_type
from gateway.domain.party import CodedId
from gateway.formats import Formats
from gateway.formats.format_sets import add
from gateway.intake.check.described import examine_any
from tests.formats.samples import order, pods, write_all

OWN = "application/vnd.example.pods+json"


@pytest.mark.parametrize(
    ("content_type", "taken"),
    [
        ("application/json", True),
        (OWN, True),
        ("application/vnd.example+xml", True),
        ("text/csv", True),
        ("application/problem+json", False),
        ("application/soap+xml", False),
        ("application/+json", False),
        ("text/plain", False),
        ("image/svg+xml", False),
    ],
)
def test_what_is_taken(content_type: str, taken: bool) -> None:
    assert is_document_type(content_type) is taken


def test_a_format_may_want_its_own(tmp_path: Path) -> None:
    folder = write_all(tmp_path)["pods"]
    text = (folder / "pods.toml").read_text("utf-8")
    (folder / "pods.toml").write_text(
        text.replace("keys = [", f'media_types = ["{OWN}"]\nkeys = [', 1), "utf-8"
    )
    add(tmp_path / "store", folder)
    formats = Formats.read(tmp_path / "store")
    data = json.dumps(pods()).encode()
    assert not formats.candidates(data, "application/json")
    (described,) = formats.candidates(data, OWN)
    assert (described.kind, described.content_type) == ("PodRegistration", OWN)


def test_another_namespace_is_another_version(tmp_path: Path) -> None:
    add(tmp_path / "store", write_all(tmp_path)["order"])
    formats = Formats.read(tmp_path / "store")
    other = order().replace(b"national:order", b"national:order:3")
    examined = examine_any(other, "application/xml", datetime.now(UTC), formats=formats, sender=CodedId("-"))
    (finding,) = examined.findings
    assert "FlexOrder in namespace 'urn:example:national:order:3' is no version we know" in finding.message
    assert "FlexOrder 2.0" in finding.message
