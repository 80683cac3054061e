"""The file format: nothing lost, nothing doubtful taken, and one answer from decoder and published schema."""

import copy
import json
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.grid import ReducedGridModel
from gateway.grids import exchange
from gateway.grids.exchange import GridModelError
from tests.grids.samples import all_ptdf, feeder, meshed, text, topology

VALIDATOR = jsonschema.Draft202012Validator(exchange.schema())


def refusal(data: bytes) -> list[tuple[str, str]]:
    with pytest.raises(GridModelError) as caught:
        exchange.read(data)
    return [(finding.pointer, finding.message) for finding in caught.value.findings]


def test_a_model_says_what_its_file_says() -> None:
    model = exchange.read(text(feeder()))
    assert model.grid_id == "TEST-feeder"
    assert model.connection_points == ("s", "a", "b", "c")
    assert [point.name for point in model.operating_points] == ["noon", "evening"]
    assert model.mtu_count == 24
    assert model.operating_points[1].base_flow_mw[4, 0] == 7.0
    assert model.operating_points[0].ptdf[1, 2] == -2 / 3
    lower, upper = model.limits_mw()
    assert (lower[0], upper[0]) == (-15.0, 20.0)
    assert model.reference.weights == (("s", 1.0),)


def test_what_was_kept_reads_back_as_it_was_and_nothing_else_does() -> None:
    model = exchange.read(text(feeder()))
    kept = exchange.write(model)
    assert exchange.write(exchange.read_stored(kept, exchange.sha256(model))) == kept
    for other in (kept.replace(b"0", b"1", 1), kept[:-1], b""):
        with pytest.raises(GridModelError, match="its hash has changed"):
            exchange.read_stored(other, exchange.sha256(model))


@pytest.mark.feature(id="B7")
def test_the_published_examples_are_taken() -> None:
    for example in exchange.schema()["examples"]:
        assert VALIDATOR.is_valid(example)
        exchange.read(text(example))


def test_what_is_agreed_for_emergencies_is_read_and_written() -> None:
    content = feeder()
    agreed = {"emergency_forward_mw": 12.0, "emergency_reverse_mw": 11.0, "of_element": "a-bc", "scale": 2.0}
    content["elements"][1] |= agreed
    content["elements"][2] |= {"of_element": "a-bc"}
    model = exchange.read(text(content))
    lower, upper = model.emergency_limits_mw()
    assert (lower[1], upper[1]) == (-11.0, 12.0)
    assert np.isnan([lower[0], upper[0], lower[2], upper[2]]).all()
    assert model.of_element().tolist() == [0, 1, 1]
    assert model.scale().tolist() == [1.0, 2.0, 1.0]
    written = json.loads(exchange.write(model))
    assert agreed.items() <= written["elements"][1].items()
    assert VALIDATOR.is_valid(content)
    assert VALIDATOR.is_valid(written)
    assert b"emergency" not in exchange.write(exchange.read(text(feeder())))


def test_levels_are_read_and_written() -> None:
    content = feeder() | {"points": "interpolated"}
    for entry, level in zip(content["operating_points"], (-5.0, 5.5), strict=True):
        entry |= {"activation_level_mw": level, "base_flow_mw": [[3.0, -1.0, 0.5]]}
    model = exchange.read(text(content))
    levels = model.levels_mw()
    assert levels is not None
    assert levels.tolist() == [-5.0, 5.5]
    written = json.loads(exchange.write(model))
    assert (written["points"], written["operating_points"][1]["activation_level_mw"]) == ("interpolated", 5.5)
    assert VALIDATOR.is_valid(content)
    assert VALIDATOR.is_valid(written)
    plain = exchange.read(text(feeder()))
    assert plain.levels_mw() is None
    assert b"activation_level_mw" not in exchange.write(plain)


@pytest.mark.feature(id="A1")
def test_a_topology_is_never_written() -> None:
    model = exchange.read(text({**feeder(), "topology": topology()}))
    assert b"topology" not in exchange.write(model)
    assert exchange.sha256(model) == exchange.sha256(exchange.read(text(feeder())))


@st.composite
def models(draw: st.DrawFn) -> dict[str, Any]:
    """Any sound model: a random meshed grid with flows to the last bit."""
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    ends, reactance = meshed(seed, draw(st.integers(2, 8)))
    size = int(ends.max()) + 1
    names = draw(
        st.lists(
            st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=8),
            min_size=size,
            max_size=size,
            unique=True,
        )
    )
    weights = np.eye(size)[0] if draw(st.booleans()) else rng.dirichlet(np.ones(size))
    ptdf = all_ptdf(ends, reactance, weights)
    rows = draw(st.sampled_from([1, 24, 48, 96]))
    most = draw(st.none() | st.floats(0, 20_000, exclude_min=True))
    return {
        **feeder(),
        "area": draw(st.sampled_from([None, "10YCB-GERMANY--8"])),
        "error_band_pct": draw(st.none() | st.floats(0, 100)),
        "elements": [
            {"id": f"branch {i}", "forward_limit_mw": limit, "reverse_limit_mw": 2 * limit}
            for i, limit in enumerate(rng.uniform(100, 200, len(ends)).tolist())
        ],
        "connection_points": names,
        "reference": [{"node": names[i], "weight": float(w)} for i, w in enumerate(weights) if w > 0],
        "operating_points": [
            {
                "name": name,
                "activation_band_mw": [-1.0, 2.0],
                "connection_point_activation_mw": most,
                "base_flow_mw": rng.normal(0, 50, (rows, len(ends))).tolist(),
                "ptdf": ptdf.tolist(),
            }
            for name in ("low", "high")
        ],
    }


def same(one: ReducedGridModel, other: ReducedGridModel) -> bool:
    plain = ("grid_id", "area", "validity", "elements", "connection_points", "reference", "error_band_pct")
    return all(getattr(one, name) == getattr(other, name) for name in plain) and all(
        a.name == b.name
        and a.activation_band_mw == b.activation_band_mw
        and a.connection_point_activation_mw == b.connection_point_activation_mw
        and np.array_equal(a.ptdf, b.ptdf)
        and np.array_equal(a.base_flow_mw, b.base_flow_mw)
        for a, b in zip(one.operating_points, other.operating_points, strict=True)
    )


@settings(max_examples=60, deadline=None)
@given(models())
def test_a_model_written_and_read_is_the_same_to_the_last_bit(content: dict[str, Any]) -> None:
    data = text(content)
    # Directing every element away from the reference, as the format asks, is not what a random grid does.
    model = exchange.read(data)
    written = exchange.write(model)
    assert same(exchange.read(written), model)
    assert exchange.write(exchange.read(written)) == written
    assert VALIDATOR.is_valid(json.loads(written))


def test_what_was_read_cannot_be_changed() -> None:
    model = exchange.read(text(feeder()))
    with pytest.raises(ValueError, match="read-only"):
        model.operating_points[0].ptdf[0, 0] = 1.0


WRONG_FORM: list[tuple[str, tuple[str | int, ...], object]] = [
    ("/operating_points/0/ptdf/1/2", ("operating_points", 0, "ptdf", 1, 2), "0.5"),
    ("/operating_points/0/ptdf/1/2", ("operating_points", 0, "ptdf", 1, 2), None),
    ("/operating_points/0/ptdf/1/2", ("operating_points", 0, "ptdf", 1, 2), True),
    ("/operating_points/1/activation_band_mw", ("operating_points", 1, "activation_band_mw"), [1.0]),
    ("/elements/0/kind", ("elements", 0, "kind"), "cable"),
    ("/version", ("version",), "2.0"),
    ("/format", ("format",), "grid"),
    ("/validity/start", ("validity", "start"), "2026-06-17T22:00:00"),
    ("/validity/end", ("validity", "end"), "tomorrow"),
    ("/elements/1", ("elements", 1, "forward_limit_kw"), 10.0),
    ("", ("coordinates",), [7.8, 48.4]),
    ("/connection_points/0", ("connection_points", 0), 7),
    ("/points", ("points",), "some"),
    ("/operating_points/0/activation_level_mw", ("operating_points", 0, "activation_level_mw"), "0"),
]


@pytest.mark.feature(id="B7")
@pytest.mark.parametrize(("place", "path", "value"), WRONG_FORM)
def test_wrong_form_is_located_and_refused_by_schema_too(
    place: str, path: tuple[str | int, ...], value: object
) -> None:
    content: Any = feeder()
    spot = content
    for part in path[:-1]:
        spot = spot[part]
    spot[path[-1]] = value
    assert refusal(text(content))[0][0] == place
    assert not VALIDATOR.is_valid(content)


@pytest.mark.parametrize("member", list(feeder()))
def test_a_missing_member_is_named(member: str) -> None:
    content = feeder()
    del content[member]
    [(place, message)] = refusal(text(content))
    assert place == ""
    assert member in message
    assert not VALIDATOR.is_valid(content)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_every_number_that_is_none_is_located(number: float) -> None:
    content = feeder()
    content["operating_points"][0]["ptdf"][2][3] = number
    content["operating_points"][1]["base_flow_mw"][5][1] = number
    content["elements"][1]["reverse_limit_mw"] = number
    assert [place for place, _ in refusal(text(content))] == [
        "/elements/1/reverse_limit_mw",
        "/operating_points/0/ptdf/2/3",
        "/operating_points/1/base_flow_mw/5/1",
    ]


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"9" * 5000])
def test_a_number_beyond_a_double_is_located(number: bytes) -> None:
    data = text(feeder()).replace(b"20.0", number)
    assert [place for place, _ in refusal(data)] == ["/elements/0/forward_limit_mw"]


def test_a_member_given_twice_is_located_however_it_is_spelt() -> None:
    data = text(feeder()).replace(b'"id": "a-b"', b'"id": "x", "\\u0069d": "a-b"')
    assert refusal(data) == [("/elements/1/id", "given more than once")]


@pytest.mark.feature(id="B7")
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"<grid/>",
        b"[" * 2_000_000,
        b'{"elements":' * 300_000,
        b'{"operating_points":[{"ptdf":' + b"[" * 500_000,
        text(feeder())[:-1],
        text(feeder()) + b"{}",
        text(feeder()).replace(b"TEST-feeder", b"TEST\xff"),
    ],
)
def test_what_is_no_model_at_all_gets_one_clear_answer(data: bytes) -> None:
    assert len(refusal(data)) == 1


def test_too_large_is_refused_unread() -> None:
    data = b" " * (exchange.MAX_BYTES + 1)
    assert "at most" in refusal(data)[0][1]


def test_a_finding_never_grows_with_the_file() -> None:
    content = feeder()
    content["x" * 1_000_000] = 1
    content_names = copy.deepcopy(feeder())
    content_names["connection_points"] = ["s", "y" * 1_000_000, "y" * 1_000_000, "c"]
    for data in (text(content), text(content_names)):
        assert all(len(message) <= 400 for _, message in refusal(data))
