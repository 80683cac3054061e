"""Verdicts on mutants are those of validators of other authors: Python's `jsonschema`, and libxml2 by itself.

Of XML libxml2 judges here too, but by the files as they lie, without any reading of ours in between; of a
table the rows are read by the standard library, and judged by schemas that are written here once more.
"""

import csv
import io
import json
import random
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing
from lxml import etree

from gateway.formats import Format, Formats
from gateway.formats.format_sets import add
from tests.formats.samples import POD_SCHEMA, PODS_SCHEMA, metered, order, pods, write_all
from tests.shared import STANDARDS

MUTANTS = 50
ODD: tuple[Any, ...] = (
    None,
    "",
    "x" * 70,
    0,
    -1,
    1.5,
    10_001,
    1e9,
    True,
    [],
    {},
    ["load"],
    "IT001E1",
    "load",
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return dict(write_all(tmp_path_factory.mktemp("described")))


@pytest.fixture(scope="module")
def formats(folders: dict[str, Path]) -> Formats:
    store = folders["order"].parent / "store"
    for folder in folders.values():
        add(store, folder)
    return Formats.read(store)


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key in a JSON value."""
    items = list(value.items() if isinstance(value, dict) else enumerate(value))
    for key, each in items:
        yield value, key
        if isinstance(each, dict | list):
            yield from places_in(each)


def mutant_of(content: Any, chance: random.Random) -> Any:
    """A copy with one value changed, taken out, doubled or added."""
    changed = deepcopy(content)
    container, key = chance.choice(list(places_in(changed)))
    match chance.randrange(4):
        case 0:
            del container[key]
        case 1 if isinstance(container, dict):
            container[f"{key}x"] = container[key]
        case 2 if isinstance(container, list):
            container.append(container[key])
        case _:
            container[key] = deepcopy(chance.choice(ODD))
    return changed


def schema_verdict(described: Format, data: bytes) -> bool:
    """Whether our reading finds nothing in a document that its schema speaks of."""
    content, findings = described.schemas.read(data, described.bounds)
    assert (content is None) <= bool(findings)
    return not findings


def equal_verdicts(described: Format, mutants: Iterator[bytes], foreign: Callable[[bytes], bool]) -> None:
    judged = [(schema_verdict(described, each), foreign(each), each) for each in mutants]
    assert [each for ours, theirs, each in judged if ours is not theirs] == []
    right = sum(ours for ours, _, _ in judged)
    assert 0 < right < len(judged)  # both verdicts are among them


@pytest.mark.feature(id="B11")
def test_of_json(formats: Formats) -> None:
    resource = referencing.Resource.from_contents(POD_SCHEMA, referencing.jsonschema.DRAFT202012)
    registry = referencing.Registry().with_resource("pod.json", resource)
    foreign = jsonschema.Draft202012Validator(PODS_SCHEMA, registry=registry)
    chance = random.Random(11)
    mutants = (json.dumps(mutant_of(pods(), chance)).encode() for _ in range(MUTANTS))
    equal_verdicts(
        formats.described["PodRegistration"], mutants, lambda data: foreign.is_valid(json.loads(data))
    )


def xml_mutant(data: bytes, chance: random.Random) -> bytes:
    root = etree.fromstring(data)
    elements = list(root.iter("*"))
    one = chance.choice(elements)
    parent = one.getparent()
    match chance.randrange(6):
        case 0 if parent is not None:
            parent.remove(one)
        case 1 if parent is not None:
            parent.append(deepcopy(one))
        case 2 if one.attrib:
            del one.attrib[chance.choice(list(one.attrib))]
        case 3 if one.attrib:
            one.set(
                chance.choice(list(one.attrib)), chance.choice(["", "0", "1.5", "12.55", "XX-1", "UP", "x"])
            )
        case 4:
            one.set("extra", "1")
        case _ if not len(one):
            one.text = chance.choice([" ", "2026-03-01T06:00:00Z", "text", "local", None])
        case _ if parent is not None:
            one.tail = chance.choice(["\n", "text"])
        case _:
            one.text = "text"
    return etree.tostring(root)


@pytest.mark.feature(id="B11")
def test_of_xml(formats: Formats, folders: dict[str, Path]) -> None:
    foreign = etree.XMLSchema(file=str(folders["order"] / "order.xsd"))
    chance = random.Random(12)
    mutants = (xml_mutant(order(market="local"), chance) for _ in range(MUTANTS))
    equal_verdicts(
        formats.described["FlexOrder"], mutants, lambda data: foreign.validate(etree.fromstring(data))
    )


ROWS = {
    "type": "object",
    "required": ["Delivery", "Issue", "Operator", "Written", "Meter", "Quarter", "kWh", "Estimated"],
    "properties": {
        "Delivery": {"pattern": "^MV-[0-9]+$"},
        "Issue": {"type": "integer", "minimum": 1},
        "Meter": {"pattern": "^[A-Z0-9]{8}$"},
        "Quarter": {"type": "integer", "minimum": 1, "maximum": 100},
        "kWh": {"type": "number", "minimum": 0},
        "Estimated": {"type": "boolean"},
        "Note": {"maxLength": 20},
    },
}
READERS: dict[str, Callable[[str], Any]] = {
    "Issue": lambda cell: int(cell) if re.fullmatch(r"-?\d+", cell) else cell,
    "Quarter": lambda cell: int(cell) if re.fullmatch(r"-?\d+", cell) else cell,
    "kWh": lambda cell: float(cell.replace(",", ".")) if re.fullmatch(r"-?\d+(,\d+)?", cell) else cell,
    "Estimated": lambda cell: {"true": True, "false": False}.get(cell, cell),
}


def table_is_valid(data: bytes) -> bool:
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline=""), delimiter=";"))
    judge = jsonschema.Draft202012Validator(ROWS)
    read = [{key: READERS.get(key, str)(cell) for key, cell in row.items() if cell} for row in rows]
    return bool(rows) and all(map(judge.is_valid, read))


def table_mutant(data: bytes, chance: random.Random) -> bytes:
    lines = [line.split(";") for line in data.decode().splitlines()]
    cell = chance.choice(
        ["", "0", "1", "-1", "1,5", "1.5", "101", "MV-2", "AB12CD3", "true", "maybe", "x" * 21]
    )
    lines[chance.randrange(1, len(lines))][chance.randrange(len(lines[0]))] = cell
    return "\r\n".join(map(";".join, lines)).encode()


@pytest.mark.feature(id="B11")
def test_of_tables(formats: Formats) -> None:
    chance = random.Random(13)
    mutants = (table_mutant(metered(), chance) for _ in range(MUTANTS))
    equal_verdicts(formats.described["MeteredValues"], mutants, table_is_valid)


S2 = STANDARDS / "s2" / "s2-json-schema"
MEASUREMENT: dict[str, Any] = {
    "message_type": "PowerMeasurement",
    "message_id": "0f6d8a3e-1111-4222-8333-444455556666",
    "measurement_timestamp": "2026-03-01T06:00:00Z",
    "values": [{"commodity_quantity": "ELECTRIC.POWER.L1", "value": 230.5}],
}


@pytest.mark.feature(id="B11")
@pytest.mark.shared
def test_of_s2(tmp_path: Path) -> None:
    """Schemas of S2 (EN 50491-12-2) refer to each other by relative paths."""
    folder = tmp_path / "s2"
    for file in S2.rglob("*.json"):
        copy = folder / file.relative_to(S2)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    (folder / "s2.toml").write_text(
        'version = "1"\nschema = "messages/PowerMeasurement.schema.json"\n[formats.PowerMeasurement]\n'
        'recognise = { values = { "/message_type" = "PowerMeasurement" } }\n'
        'header = { id = "/message_id", created = "/measurement_timestamp" }\n',
        "utf-8",
    )
    (described,) = add(tmp_path / "store", folder)
    contents = {path: json.loads(path.read_bytes()) for path in S2.rglob("*.json")}
    registry: Any = referencing.Registry()
    for path, content in contents.items():
        drafted = referencing.Resource.from_contents(content, referencing.jsonschema.DRAFT202012)
        registry = registry.with_resource(path.as_uri(), drafted)
    at = (S2 / "messages" / "PowerMeasurement.schema.json").as_uri()
    foreign = jsonschema.validators.validator_for(contents[S2 / "messages/PowerMeasurement.schema.json"])(
        {"$ref": at}, registry=registry
    )
    chance = random.Random(14)
    mutants = (json.dumps(mutant_of(MEASUREMENT, chance)).encode() for _ in range(100))
    equal_verdicts(described, mutants, lambda data: foreign.is_valid(json.loads(data)))
