"""Descriptions and schemas that cannot work are refused when they are added, by file and place."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.formats import Formats, FormatsRefused
from gateway.formats.format_sets import add, check
from tests.cli.test_commands import flexgate
from tests.formats.samples import (
    METERED_TOML,
    ORDER_CODES_XSD,
    ORDER_TOML,
    ORDER_XSD,
    PODS_SCHEMA,
    PODS_TOML,
    metered,
    order,
    write_all,
)
from tests.shared import STANDARDS
from tests.specimens.hydro_report import REPORT_SCHEMA


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    return dict(write_all(tmp_path))


def faults_of(tmp_path: Path, folder: Path) -> list[str]:
    with pytest.raises(FormatsRefused) as refused:
        add(tmp_path / "store", folder)
    assert not (tmp_path / "store").exists()
    return list(refused.value.faults)


def pattern(text: str) -> str:
    """The national order with another pattern of its power."""
    return ORDER_CODES_XSD.replace(
        '<xs:restriction base="xs:token"><xs:enumeration value="UP"/><xs:enumeration value="DOWN"/>',
        f'<xs:restriction base="xs:token"><xs:pattern value="{text}"/>',
    )


CASES: list[tuple[str, str, Callable[[], str | bytes], str]] = [
    (
        "order",
        "codes.xsd",
        lambda: ORDER_CODES_XSD.replace("UP", "HINAUF ÜBER").encode("latin-1"),
        "codes.xsd: line 5: not well-formed",
    ),
    (
        "order",
        "codes.xsd",
        lambda: ORDER_CODES_XSD.replace(
            "<xs:simple", '<xs:include schemaLocation="order.xsd"/><xs:simple', 1
        ),
        "codes.xsd: line 4: a circle of files that include each other: order.xsd → codes.xsd → order.xsd",
    ),
    (
        "order",
        "order.xsd",
        lambda: ORDER_XSD.replace('"codes.xsd"', '"https://example.org/codes.xsd"'),
        "order.xsd: line 4: https://example.org/codes.xsd: nothing is fetched",
    ),
    (
        "order",
        "order.xsd",
        lambda: ORDER_XSD.replace('"codes.xsd"', '"../../codes.xsd"'),
        "order.xsd: line 4: ../../codes.xsd is outside of the set",
    ),
    (
        "order",
        "order.xsd",
        lambda: ORDER_XSD.replace('"codes.xsd"', '"code.xsd"'),
        "order.xsd: line 4: there is no file code.xsd",
    ),
    (
        "order",
        "order.xsd",
        lambda: ORDER_XSD.replace('type="Power"', 'type="Powers"'),
        "order.xsd: ",
    ),
    ("order", "codes.xsd", lambda: '<!DOCTYPE x [<!ENTITY a "b">]>' + ORDER_CODES_XSD[38:], "DOCTYPE"),
    ("order", "codes.xsd", lambda: pattern("([a-z]+[a-z0-9]*)*X"), "codes.xsd: line 5: the pattern"),
    ("order", "codes.xsd", lambda: pattern("(a"), "codes.xsd: line 5: '(a' is no pattern"),
    (
        "order",
        "order.toml",
        lambda: ORDER_TOML.replace('root = "FlexOrder"', 'root = "Order"'),
        "order.toml: formats.FlexOrder.header.id: '/FlexOrder/Head/@number' does not begin with the root",
    ),
    (
        "order",
        "order.toml",
        lambda: ORDER_TOML.replace("national:order", "national:other"),
        "order.toml: formats.FlexOrder.recognise.root: order.xsd has no 'FlexOrder' in namespace",
    ),
    (
        "order",
        "order.toml",
        lambda: ORDER_TOML.replace("@issue", "@edition"),
        "order.toml: formats.FlexOrder.header.revision: no schema of the set declares '@edition'",
    ),
    (
        "order",
        "order.toml",
        lambda: ORDER_TOML.replace("/FlexOrder/Head/To", "//To[1]"),
        "order.toml: formats.FlexOrder.header.receiver: '//To[1]' is no path of names",
    ),
    (
        "order",
        "order.toml",
        lambda: ORDER_TOML.replace("Europe/Prague", "Europe/Praha"),
        "order.toml: formats.FlexOrder.header.zone: 'Europe/Praha' is no time zone",
    ),
    (
        "order",
        "order.toml",
        lambda: ORDER_TOML.replace("revision =", "revison ="),
        "order.toml: header.revison: Extra inputs are not permitted",
    ),
    ("order", "order.toml", lambda: ORDER_TOML.encode("utf-16"), "order.toml: not UTF-8 at byte 0"),
    ("order", "order.toml", lambda: ORDER_TOML + "[", "order.toml: not TOML"),
    (
        "order",
        "order.toml",
        lambda: ORDER_TOML.replace("formats.FlexOrder", "formats.ReserveBid"),
        "order.toml: formats.ReserveBid: ReserveBid is a market document",
    ),
    (
        "pods",
        "registration.schema.json",
        lambda: json.dumps(PODS_SCHEMA).replace('"pod.json"', '"http://example.org/pod.json"'),
        "registration.schema.json: /properties/pods/items/$ref: http://example.org/pod.json is no file",
    ),
    (
        "pods",
        "pod.json",
        lambda: '{"properties": {"pod": {"pattern": "(?=a)a"}}}',
        "pod.json: /properties/pod/pattern: ",
    ),
    (
        "pods",
        "pod.json",
        lambda: '{"properties": {"pod": {"pattern": "((a{1,1000}){1,1000}){1,1000}"}}}',
        "pod.json: /properties/pod/pattern: ",
    ),
    ("pods", "pod.json", lambda: '{"type": "objekt"}', "pod.json: /type: "),
    (
        "pods",
        "pod.json",
        lambda: '{"type": "object", "type": "array"}',
        "pod.json: /type: given more than once",
    ),
    ("pods", "pod.json", lambda: '{"title": "Größe"}'.encode("latin-1"), "pod.json: : not UTF-8"),
    (
        "pods",
        "pods.toml",
        lambda: PODS_TOML.replace('"/revision"', '"/version"'),
        "pods.toml: formats.PodRegistration.header.revision: no schema of the set has a member 'version'",
    ),
    (
        "pods",
        "pods.toml",
        lambda: PODS_TOML.replace('["/answers", "/result"]', '["/registrationId", "/pods"]'),
        "pods.toml: formats.PodRegistrationResult.recognise: PodRegistration is recognised by the same",
    ),
    (
        "pods",
        "pods.toml",
        lambda: PODS_TOML.replace('"REJECTED"', '"REFUSED"'),
        "pods.toml: formats.PodRegistration.answer.template: the answer to a document that is refused is no",
    ),
    (
        "pods",
        "pods.toml",
        lambda: PODS_TOML.replace("${answers}", "${answer}"),
        "pods.toml: formats.PodRegistration.answer.template: there is nothing named answer",
    ),
    (
        "pods",
        "pods.toml",
        lambda: PODS_TOML.replace('kind = "PodRegistrationResult"', 'kind = "Result"'),
        "pods.toml: formats.PodRegistration.answer.kind: no described format 'Result'",
    ),
    (
        "metered",
        "metered.toml",
        lambda: METERED_TOML.replace("[A-Z0-9]{8}", "(?<!A)[A-Z0-9]{8}"),
        "metered.toml: formats.MeteredValues.table.columns.Meter.pattern: ",
    ),
    (
        "metered",
        "metered.toml",
        lambda: METERED_TOML.replace('{ type = "boolean" }', '{ type = "truth" }'),
        "metered.toml: formats.MeteredValues.table.columns.Estimated: its type is one of string",
    ),
    (
        "metered",
        "metered.toml",
        lambda: METERED_TOML.replace('"Issue"', '"Edition"'),
        "metered.toml: formats.MeteredValues.header.revision: the table has no column 'Edition'",
    ),
    (
        "metered",
        "metered.toml",
        lambda: METERED_TOML.replace('optional = ["Note"]', 'optional = ["Notes"]'),
        "metered.toml: formats.MeteredValues.table.optional: there is no column 'Notes'",
    ),
]


@pytest.mark.feature(id="B11")
@pytest.mark.parametrize(
    ("name", "file", "content", "says"), CASES, ids=[f"{one[0]}: {one[3][:60]}" for one in CASES]
)
def test_it_is_refused_with_file_and_place(
    tmp_path: Path,
    folders: dict[str, Path],
    name: str,
    file: str,
    content: Callable[[], str | bytes],
    says: str,
) -> None:
    written = content()
    data = written.encode() if isinstance(written, str) else written
    original = (folders[name] / file).read_bytes()
    assert data != original
    (folders[name] / file).write_bytes(data)
    faults = faults_of(tmp_path, folders[name])
    assert any(fault.startswith(says) or (says == "DOCTYPE" and says in fault) for fault in faults), faults
    (folders[name] / file).write_bytes(original)
    assert check(tmp_path / "store", folders[name])


def test_a_kind_is_taken_once(tmp_path: Path, folders: dict[str, Path]) -> None:
    store = tmp_path / "store"
    add(store, folders["order"])
    with pytest.raises(FormatsRefused, match="there is a set 'order' already"):
        add(store, folders["order"])
    with pytest.raises(FormatsRefused, match="the set 'order' has this kind already"):
        add(store, folders["order"], name="again")
    (folders["order"] / "order.toml").write_text(ORDER_TOML.replace('"2.0"', '"2.1"'), "utf-8")
    add(store, folders["order"], replace=True)
    assert Formats.read(store).versions()["FlexOrder"] == ["2.1"]


@pytest.mark.shared
def test_schemas_that_include_each_other_are_taken(tmp_path: Path) -> None:
    """USEF's protocol: eight files, a third of which come by two ways."""
    folder = tmp_path / "uftp"
    folder.mkdir()
    for file in (STANDARDS / "uftp").glob("*.xsd"):
        (folder / file.name).write_bytes(file.read_bytes())
    kinds = ("FlexRequest", "FlexOffer", "FlexOrder", "D-Prognosis", "FlexRequestResponse")
    tables = "".join(f'[formats.{kind}]\nrecognise = {{ root = "{kind}" }}\n' for kind in kinds)
    header = (
        '[header]\nid = "/*/@MessageID"\nsender = "/*/@SenderDomain"\nreceiver = "/*/@RecipientDomain"\n'
        'created = "/*/@TimeStamp"\n'
    )
    text = f'version = "3.0"\nschema = "UFTP-agr.xsd"\n{tables}{header}'
    (folder / "uftp.toml").write_text(text, "utf-8")
    assert {each.kind for each in add(tmp_path / "store", folder)} == set(kinds)
    formats = Formats.read(tmp_path / "store")
    (described,) = formats.candidates(b'<FlexRequest Version="3.0.0"/>', "application/xml")
    findings = described.read(b'<FlexRequest Version="3.0.0"/>').findings
    assert described.kind == "FlexRequest"
    assert any("the attribute" in each.message and "is missing" in each.message for each in findings)


@pytest.mark.shared
def test_schemas_of_web_services_are_taken(tmp_path: Path) -> None:
    """Messages of IEC 61968-100, in which IEC 62325-504 wraps its own."""
    folder = tmp_path / "messages"
    folder.mkdir()
    name = "http-iec-ch-TC57-2011-schema-message.xsd"
    shutil.copyfile(STANDARDS / "soap-504" / name, folder / name)
    namespace = "http://iec.ch/TC57/2011/schema/message"
    (folder / "messages.toml").write_text(
        f'version = "2011"\nschema = "{name}"\n[formats.WrappedMessage]\n'
        f'recognise = {{ root = "Message", namespace = "{namespace}" }}\n'
        'header = { id = "/Message/Header/MessageID", created = "/Message/Header/Timestamp" }\n',
        "utf-8",
    )
    (described,) = add(tmp_path / "store", folder)
    head = (
        "<Verb>{}</Verb><Noun>Any</Noun><Timestamp>2026-03-01T06:00:00Z</Timestamp><MessageID>M1</MessageID>"
    )
    text = f'<Message xmlns="{namespace}"><Header>{head}</Header></Message>'
    reading = described.read(text.format("create").encode())
    assert (reading.findings, reading.header.id) == ((), "M1")
    finding = next(iter(described.read(text.format("make").encode()).findings))
    assert finding.path == "/Message/Header/Verb"


def test_what_was_put_into_the_store_by_hand_is_refused_too(tmp_path: Path, folders: dict[str, Path]) -> None:
    store = tmp_path / "store"
    add(store, folders["order"])
    (store / "order" / "codes.xsd").write_text("<xs:schema", "utf-8")
    with pytest.raises(FormatsRefused, match=r"order/order\.xsd: "):
        Formats.read(store).prepare()
    shutil.copytree(folders["order"], store / "twice")
    with pytest.raises(FormatsRefused, match=r"twice/order\.toml: formats\.FlexOrder: the set 'order' has"):
        Formats.read(store)


def test_a_market_document_that_comes_later_takes_no_kind(tmp_path: Path, folders: dict[str, Path]) -> None:
    store = tmp_path / "store"
    text = ORDER_TOML.replace("formats.FlexOrder", "formats.HydroReport")
    (folders["order"] / "order.toml").write_text(text, "utf-8")
    add(store, folders["order"])
    published = tmp_path / "hydro"
    published.mkdir()
    (published / "report.xsd").write_text(REPORT_SCHEMA, "utf-8")
    refused = flexgate("formats", "add", published, "--store", store)
    assert refused.exit_code == 1
    assert "formats.HydroReport: HydroReport is a market document" in refused.stderr.replace("\n", " ")
    assert not (store / "hydro").exists()
    assert set(Formats.read(store).described) == {"HydroReport"}


def test_documents_are_judged_without_a_gateway(tmp_path: Path, folders: dict[str, Path]) -> None:
    for folder in folders.values():
        add(tmp_path / "store", folder)
    (tmp_path / "right.csv").write_bytes(metered())
    (tmp_path / "wrong.xml").write_bytes(order(kw="much"))
    files = (tmp_path / "right.csv", tmp_path / "wrong.xml")
    shown = json.loads(flexgate("validate", "--json", *files, "--schemas", tmp_path / "store").stdout)
    assert [(row["valid"], row["family"], row["version"]) for row in shown] == [
        (True, "MeteredValues", "1"),
        (False, "FlexOrder", "2.0"),
    ]
    assert [(each["path"], each["line"]) for each in shown[1]["errors"]] == [("/FlexOrder/Step[1]", 12)]
