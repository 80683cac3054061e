"""Schema sets at the command line: compared, taken into use, listed, put out of use."""

import json
from pathlib import Path

import pytest

from esmp.profiles import Family, profile, profiles
from esmp.schemas import schema_text
from tests.cli.test_commands import flexgate, specimen
from tests.shared import STANDARDS
from tests.specimens import BID_AVAILABILITY_1_1

NEWER = profile(Family.BID_AVAILABILITY, "1.1").namespace.replace(":1:1", ":2:0")


@pytest.mark.shared
def test_ours_say_what_the_published_ones_say() -> None:
    shown = flexgate("schemas", "verify", "--json", STANDARDS / "esmp")
    result = json.loads(shown.stdout)
    assert result["differences"] == []
    assert len(result["versions"]) > 30
    assert shown.exit_code == 0


def test_nothing_to_compare_is_no_success(tmp_path: Path) -> None:
    assert flexgate("schemas", "verify", tmp_path).exit_code == 1
    assert flexgate("schemas", "verify", tmp_path / "none").exit_code == 1


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A version of BidAvailability that we have no table for, as if somebody had published it."""
    ours = profile(Family.BID_AVAILABILITY, "1.1")
    folder = tmp_path / "availability-2-0"
    folder.mkdir()
    (folder / "availability.xsd").write_text(schema_text(ours).replace(ours.namespace, NEWER))
    return folder


def test_a_difference_is_named_and_no_success(tmp_path: Path, published: Path) -> None:
    ours = profile(Family.BID_AVAILABILITY, "1.1")
    schema = schema_text(ours).replace('name="createdDateTime"', 'name="createdAt"')
    (published / "availability.xsd").write_text(schema)
    shown = flexgate("schemas", "verify", published)
    assert shown.exit_code == 1
    assert "names: ours createdDateTime, published createdAt" in shown.output
    stated = json.loads(flexgate("schemas", "verify", "--json", tmp_path).stdout)
    assert [difference["aspect"] for difference in stated["differences"]] == ["names"]


def test_a_set_is_added_used_replaced_and_removed(tmp_path: Path, published: Path) -> None:
    store = ("--store", tmp_path / "sets")
    ours = profile(Family.BID_AVAILABILITY, "1.1").namespace
    newer = BID_AVAILABILITY_1_1.data.replace(ours.encode(), NEWER.encode())
    document = specimen(tmp_path, newer)
    assert "we know 1.0, 1.1" in flexgate("validate", document).output
    added = flexgate("formats", "add", published, *store)
    assert (added.exit_code, added.output) == (0, "availability-2-0: BidAvailability 2.0\n")
    shown = flexgate("validate", document, "--schemas", tmp_path / "sets")
    assert shown.exit_code == 0
    assert "valid (BidAvailability 2.0)" in shown.output.replace("\n", " ")
    broken = specimen(tmp_path, newer.replace(b"<createdDateTime>", b"<createdDateTime>x"))
    assert flexgate("validate", broken, "--schemas", tmp_path / "sets").exit_code == 1

    again = flexgate("formats", "add", published, *store)
    assert again.exit_code == 1
    assert "there is a set 'availability-2-0' already" in again.stderr
    assert flexgate("formats", "add", published, "--replace", *store).exit_code == 0
    other = flexgate("formats", "add", published, "--name", "other", *store)
    assert "not in use: another schema defines the same document" in other.output.replace("\n", " ")

    rows = json.loads(flexgate("formats", "list", "--json", *store).stdout)
    mine = [(row["set"], row["version"], row["in_use"]) for row in rows if row["namespace"] == NEWER]
    assert mine == [("availability-2-0", "2.0", True), ("other", "2.0", False)]
    assert sum(row["set"] is None for row in rows) == len(profiles())
    assert "availability-2-0/availability.xsd" in flexgate("formats", "list", *store).output

    assert flexgate("formats", "remove", "availability-2-0", *store).exit_code == 0
    unknown = flexgate("formats", "remove", "availability-2-0", *store)
    assert unknown.exit_code == 1
    assert "there are other" in unknown.stderr


def test_the_configuration_says_where_sets_lie(tmp_path: Path, published: Path) -> None:
    flexgate("init", tmp_path / "gate")
    config = ("--config", tmp_path / "gate" / "flexgate.toml")
    assert flexgate("formats", "add", published, *config).exit_code == 0
    assert (tmp_path / "gate" / "data" / "schemas" / "availability-2-0").is_dir()
    assert "availability-2-0" in flexgate("formats", "list", *config).output


def test_without_a_configuration_the_folder_is_not_guessed(tmp_path: Path, published: Path) -> None:
    config = ("--config", tmp_path / "none.toml")
    refused = flexgate("formats", "add", published, *config)
    assert refused.exit_code == 1
    assert "--store" in refused.stderr
    listed = flexgate("formats", "list", *config)
    assert listed.exit_code == 0
    assert "ReserveBid 7.6: built in" in listed.stdout
    assert "not shown" in listed.stderr


def test_what_is_no_set_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.xsd").write_text("<xs:schema")
    for directory, says in ((tmp_path, "bad.xsd"), (tmp_path / "none", "is not a directory")):
        refused = flexgate("formats", "add", directory, "--store", tmp_path / "sets")
        assert refused.exit_code == 1
        assert says in refused.stderr.replace("\n", " ")
    assert flexgate("schemas", "verify", tmp_path).exit_code == 1
    used = flexgate("validate", tmp_path / "bad.xsd", "--schemas", tmp_path / "nowhere")
    assert used.exit_code == 2
