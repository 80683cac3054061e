"""Pseudonyms: stable with a key, meaningless without it, resolved at home."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.grid import ReducedGridModel
from gateway.grids import exchange
from gateway.grids.pseudonyms import PseudonymKeyFileError, Pseudonyms
from tests.processes.world import model

NAMES = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=40)


def disguised(key: bytes, grid: str = "north") -> tuple[Pseudonyms, ReducedGridModel]:
    pseudonyms = Pseudonyms(grid, key, {})
    return pseudonyms, pseudonyms.disguised(model("north", 4.0))


def ids(one: ReducedGridModel) -> list[str]:
    return [*(element.element_id for element in one.elements), *one.connection_points]


def test_the_same_key_gives_the_same_pseudonyms_and_another_key_others() -> None:
    first, again, other = disguised(b"a" * 32)[1], disguised(b"a" * 32)[1], disguised(b"b" * 32)[1]
    assert ids(first) == ids(again)
    assert not set(ids(first)) & set(ids(other))
    assert not set(ids(first)) & set(ids(disguised(b"a" * 32, "south")[1])), "grids have nothing in common"


def test_a_model_with_pseudonyms_is_taken_and_only_names_differ() -> None:
    own, (_, hidden) = model("north", 4.0), disguised(b"a" * 32)
    exchange.read(exchange.write(hidden))
    assert all(re.fullmatch(r"[EN]-[A-Z2-7]{10}", name) for name in ids(hidden))
    assert (hidden.ptdf() == own.ptdf()).all()
    reference = [own.connection_points.index(node) for node, _ in own.reference.weights]
    assert [hidden.connection_points.index(node) for node, _ in hidden.reference.weights] == reference


def test_the_element_that_rows_are_parts_of_is_hidden_too() -> None:
    own = model("north", 4.0)
    parts = replace(own, elements=tuple(replace(one, of_element="river crossing") for one in own.elements))
    hidden = Pseudonyms("north", b"a" * 32, {}).disguised(parts)
    assert b"river crossing" not in exchange.write(hidden)
    assert hidden.of_element().tolist() == parts.of_element().tolist()


def test_explanations_are_resolved_at_home(tmp_path: Path) -> None:
    made, hidden = disguised(b"a" * 32)
    made.save(tmp_path / "key")
    explanations = {"limits": [{"element": hidden.elements[0].element_id, "share": 0.5, "bid": "E-1"}]}
    text = Pseudonyms.read(tmp_path / "key").resolved(json.dumps(explanations))
    limit = json.loads(text)["limits"][0]
    assert limit == {"element": model("north", 4.0).elements[0].element_id, "share": 0.5, "bid": "E-1"}
    line = f"element {hidden.elements[0].element_id}, forward"
    assert made.resolved(line) == f"element {limit['element']}, forward"


@given(name=NAMES)
def test_every_name_comes_back_in_json(name: str) -> None:
    made = Pseudonyms("g", b"k" * 32, {})
    pseudonym = made._pseudonym("E", name)
    assert json.loads(made.resolved(json.dumps([pseudonym]))) == [name]


def test_the_file_is_for_its_owner_only_and_keeps_earlier_names(tmp_path: Path) -> None:
    file = tmp_path / "key"
    made, hidden = disguised(b"a" * 32)
    made.save(file)
    later = Pseudonyms.of_file(file, "north")
    later._pseudonym("E", "a new line")
    later.save(file)
    assert (
        Pseudonyms.read(file).resolved(hidden.elements[0].element_id)
        == model("north", 4.0).elements[0].element_id
    )
    file.chmod(0o644)
    with pytest.raises(PseudonymKeyFileError, match="chmod 600"):
        Pseudonyms.read(file)
    file.chmod(0o600)
    for spoilt in ("{}", "no JSON", file.read_text().replace('"key": "', '"key": "z')):
        file.write_text(spoilt)
        with pytest.raises(PseudonymKeyFileError, match="no key file"):
            Pseudonyms.of_file(file, "north")


def test_agreed_ids_stay() -> None:
    own = model("north", 4.0)
    kept = own.connection_points[-1]
    hidden = Pseudonyms("north", b"a" * 32, {}).disguised(own, [kept])
    assert hidden.connection_points[-1] == kept
    assert kept not in hidden.connection_points[:-1]
