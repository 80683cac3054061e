"""A directory of published schemas is taken into use without code, replaced, and put out of use again."""

from pathlib import Path

import pytest

from benchmarks.mutations import mutants
from benchmarks.verdicts import accepted, published
from esmp import Family, UnknownDocument, identify, stream, validate
from esmp.codes import code_set
from esmp.profiles import profile
from esmp.sample_documents import specimen
from esmp.schema_sets import SchemaSetRefused, UnknownSchemaSet, add, catalogue, remove, sets
from esmp.schemas import schema_text
from tests.esmp.documents import document
from tests.shared import STANDARDS

OURS = profile(Family.BID_AVAILABILITY, "1.1")
NAMESPACE = OURS.namespace.replace(":1:1", ":2:0")


def schema(namespace: str = NAMESPACE, root: str = OURS.root) -> str:
    return schema_text(OURS).replace(OURS.namespace, namespace).replace(OURS.root, root)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "published" / "bids"
    folder.mkdir(parents=True)
    (folder / "availability-2-0.xsd").write_text(schema())
    (folder / "readme.txt").write_text("not a schema")
    return folder


@pytest.mark.feature(id="B2")
def test_a_document_of_an_added_set_is_identified_and_validated(tmp_path: Path, directory: Path) -> None:
    data = document(OURS).replace(OURS.namespace.encode(), NAMESPACE.encode())
    with pytest.raises(UnknownDocument, match=r"of BidAvailability we know 1\.0, 1\.1"):
        identify(data)
    store = tmp_path / "store"
    added = add(store, directory)
    assert added.name == "bids"
    assert [(d.file, d.in_use) for d in added.documents] == [("availability-2-0.xsd", True)]
    known = catalogue(store)
    identity = identify(data, catalogue=known)
    assert (identity.family, identity.version, identity.namespace) == ("BidAvailability", "2.0", NAMESPACE)
    assert validate(data, catalogue=known).valid
    wrong = validate(data.replace(b"<revisionNumber>1<", b"<revisionNumber>0<"), catalogue=known)
    assert [finding.code for finding in wrong.findings] == ["invalid-value"]
    assert not validate(data.replace(b">A01<", b">Q77<"), catalogue=known, codes="v94").valid
    with pytest.raises(UnknownDocument, match=r"we know 1\.0, 1\.1, 2\.0"):
        identify(data.replace(b":2:0", b":3:0"), catalogue=known)


def test_large_documents_of_an_added_set_are_looked_at_in_parts(tmp_path: Path, directory: Path) -> None:
    add(tmp_path / "store", directory)
    data = document(OURS, series=15_000).replace(OURS.namespace.encode(), NAMESPACE.encode())
    reports = list(stream(data, catalogue=catalogue(tmp_path / "store")))
    assert len(reports) > 1
    assert all(report.valid for report in reports)


def test_a_removed_set_is_forgotten(tmp_path: Path, directory: Path) -> None:
    store = tmp_path / "store"
    add(store, directory, name="first")
    with pytest.raises(UnknownSchemaSet, match="no schema set 'second'; there are first"):
        remove(store, "second")
    remove(store, "first")
    assert sets(store) == ()
    assert not catalogue(store).knows(NAMESPACE, OURS.root)
    with pytest.raises(UnknownSchemaSet, match="there are none"):
        remove(tmp_path / "nowhere", "first")


def test_a_set_is_replaced_only_on_demand(tmp_path: Path, directory: Path) -> None:
    store = tmp_path / "store"
    add(store, directory)
    with pytest.raises(SchemaSetRefused, match="there is a set 'bids' already"):
        add(store, directory)
    (directory / "availability-2-0.xsd").unlink()
    (directory / "other.xsd").write_text(schema("urn:other:3:1", "Other_MarketDocument"))
    replaced = add(store, directory, replace=True)
    assert [(d.profile.family, d.profile.version) for d in replaced.documents] == [("Other", "3.1")]
    assert [p.name for p in store.iterdir()] == ["bids"]


def test_our_tables_and_earlier_sets_keep_their_names(tmp_path: Path, directory: Path) -> None:
    store = tmp_path / "store"
    (directory / "availability-1-1.xsd").write_text(schema_text(OURS))
    add(store, directory, name="a")
    again = add(store, directory, name="b")
    assert [(d.file, d.in_use) for d in sets(store)[0].documents] == [
        ("availability-1-1.xsd", False),
        ("availability-2-0.xsd", True),
    ]
    assert not any(d.in_use for d in again.documents)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<xs:schema", r"a\.xsd is not well-formed"),
        (schema().replace("xs:sequence", "xs:choice"), r"a\.xsd: line \d+: choice in complexType"),
        (
            schema().replace("RoleTypeList", "RuleTypeList"),
            r"a\.xsd: there is no code list or type RuleTypeList",
        ),
        (schema().replace('maxLength value="16"', 'maxLength value="many"'), r"a\.xsd: .*maxLength"),
        (
            schema().replace(f'type="{OURS.root}"', 'type="ID_String"'),
            r"a\.xsd: the root's type ID_String is no sequence",
        ),
        ("<other/>", "no document schema below"),
    ],
    ids=["not well-formed", "choice", "unknown code list", "facet", "root type", "nothing"],
)
def test_a_set_with_a_fault_is_refused_whole(tmp_path: Path, directory: Path, text: str, fault: str) -> None:
    (directory / "availability-2-0.xsd").unlink()
    (directory / "a.xsd").write_text(text)
    with pytest.raises(SchemaSetRefused, match=fault):
        add(tmp_path / "store", directory)
    assert sets(tmp_path / "store") == ()


def test_bad_names_and_places_are_refused(tmp_path: Path, directory: Path) -> None:
    with pytest.raises(SchemaSetRefused, match="cannot be the name of a set"):
        add(tmp_path / "store", directory, name="../out")
    with pytest.raises(SchemaSetRefused, match="is not a directory"):
        add(tmp_path / "store", tmp_path / "nothing")
    (directory / "deeper").mkdir()
    (directory / "deeper" / "availability-2-0.xsd").write_text(schema("urn:other:3:1"))
    with pytest.raises(SchemaSetRefused, match="have one file name"):
        add(tmp_path / "store", directory)


@pytest.mark.shared
def test_the_whole_published_library_can_be_taken_into_use(tmp_path: Path) -> None:
    esmp = STANDARDS / "esmp"
    added = add(tmp_path, esmp / "xsd", name="library")
    assert len(added.documents) == len(list((esmp / "xsd").glob("*.xsd")))
    known = catalogue(tmp_path)
    names = {(d.profile.namespace, d.profile.root) for d in added.documents if d.in_use}
    schemas = published(esmp, "v94", names)
    judged = set()
    for stored in (d for d in added.documents if d.in_use):
        for _, data in mutants(stored.profile, code_set("v94"), 8, seed=5):
            verdict = validate(data, codes="v94", catalogue=known).valid
            assert verdict == accepted(schemas[stored.profile.namespace, stored.profile.root], data), (
                stored.file
            )
            judged.add(verdict)
    assert judged == {True, False}


def test_specimens_follow_generic_cardinalities(tmp_path: Path, directory: Path) -> None:
    text = schema().replace(
        'type="BidTimeSeries" maxOccurs="unbounded"', 'type="BidTimeSeries" maxOccurs="3"'
    )
    (directory / "availability-2-0.xsd").write_text(text)
    stored = add(tmp_path / "store", directory).documents[0].profile
    series = next(e for e in stored.children() if e.name == "BidTimeSeries")
    assert (series.cardinality, series.required, series.repeated) == ("1..3", True, False)
    assert specimen(stored, code_set()).find(f"{{{NAMESPACE}}}BidTimeSeries") is not None
