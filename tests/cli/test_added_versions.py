"""Versions of known families that came as schema sets: named by their namespace, and converted."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import esmp
from esmp.profiles import profile
from esmp.schemas import schema_text
from esmp.xsd_reader import version_of
from gateway.cli.commands import app
from tests.mappings.specimens import document

KNOWN = profile("Activation", "6.3")
FORMS = {
    "6.9": "https://cim4.eu/esmp/ns/activationdocument/6-9",
    "7.0": "urn:iec62325.351:tc57wg16:451-7:activationdocument:7:0",
}


@pytest.mark.parametrize(
    ("namespace", "version"),
    [(namespace, version) for version, namespace in FORMS.items()]
    + [("https://cim4.eu/esmp/ns/cnedocument/2-16", "2.16"), ("urn:example:odd", "urn:example:odd")],
)
def test_a_version_is_read_from_the_namespace(namespace: str, version: str) -> None:
    assert version_of(namespace) == version


@pytest.fixture(params=FORMS.items(), ids=lambda form: form[0])
def added(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str, Path]:
    version, namespace = request.param
    folder = tmp_path / "set"
    folder.mkdir()
    schema = schema_text(KNOWN).replace(KNOWN.namespace, namespace)
    # One element more than any table of ours has.
    schema = schema.replace(
        '<xs:element name="TimeSeries"',
        '<xs:element name="note" type="ID_String" minOccurs="0"/>\n      <xs:element name="TimeSeries"',
        1,
    )
    (folder / "whatever_1_2.xsd").write_text(schema)
    store = tmp_path / "store"
    done = CliRunner().invoke(app, ["formats", "add", str(folder), "--store", str(store)])
    assert done.exit_code == 0, done.output
    assert f"Activation {version}" in done.output
    return version, namespace, store


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.feature(id="B10")
def test_documents_of_an_added_version_are_converted_both_ways(
    added: tuple[str, str, Path], tmp_path: Path
) -> None:
    version, namespace, store = added
    came = document(KNOWN, full=True)
    source, there, back = (tmp_path / name for name in ("came.xml", "there.xml", "back.xml"))
    source.write_bytes(came)
    run("convert", source, "--to", f"Activation/{version}", "--schemas", store, "-o", there)
    assert namespace.encode() in there.read_bytes()
    assert f"valid (Activation {version})" in run("validate", there, "--schemas", store)
    there.write_bytes(there.read_bytes().replace(b"<TimeSeries>", b"<note>N</note><TimeSeries>", 1))
    stated = run("convert", there, "--to", "Activation/6.3", "--schemas", store, "-o", back)
    assert "dropped: note: note is no element of this version" in stated
    run("convert", source, "--to", "Activation/6.3", "-o", source)
    assert back.read_bytes() == source.read_bytes()


FORM_OF_2026 = "https://cim4.eu/esmp/ns/activationdocument/6-5"


@pytest.mark.feature(id="B10")
@pytest.mark.parametrize(
    ("namespace", "version"),
    [
        (FORM_OF_2026, "6.5"),
        (FORM_OF_2026.replace("6-5", "6-9"), None),
        (FORM_OF_2026.upper(), None),
        (FORM_OF_2026 + "/", None),
        (FORM_OF_2026.replace("https", "http"), None),
        (FORM_OF_2026.replace("activationdocument", "reservebiddocument"), None),
    ],
)
@pytest.mark.parametrize("prefix", ["", "x:"])
def test_the_namespace_form_of_2026_is_known_to_the_letter(
    namespace: str, version: str | None, prefix: str
) -> None:
    own = profile("Activation", "6.5")
    data = document(own).decode()
    if prefix:
        data = re.sub(r"<(/?)(?=[A-Za-z])", rf"<\1{prefix}", data).replace(" xmlns=", " xmlns:x=")
    report = esmp.validate(data.replace(own.namespace, namespace).encode())
    assert (report.identity.version if report.valid and report.identity else None) == version
