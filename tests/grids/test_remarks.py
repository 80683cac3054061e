"""What a model's operator is asked to look at: base flows beyond limits."""

import json
from typing import Any

import pytest

from gateway.grids import exchange
from gateway.grids.remarks import accuracy_remarks, remarks
from tests.grids.samples import feeder

LIMITS = ("forward_limit_mw", "reverse_limit_mw")


def reported(limits: dict[int, tuple[float, float]]) -> tuple[str, ...]:
    """The remarks on the feeder with other limits of some elements; base flows are below 12, 2 and 1 MW."""
    content: dict[str, Any] = feeder()
    for element, both in limits.items():
        content["elements"][element].update(zip(LIMITS, both, strict=True))
    model = exchange.read(json.dumps(content).encode())
    assert accuracy_remarks(model) == ()  # flows and limits are for the operator alone
    return remarks(model)


def test_a_base_flow_within_its_limits_is_no_remark() -> None:
    assert reported({}) == ()
    assert reported({0: (11.75, 15.0)}) == ()  # at its limit


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        pytest.param({0: (6.25, 15.0)}, "s-a 188.0 % at point evening;", id="forward, in one hour"),
        pytest.param({1: (10.0, 0.8)}, "a-b 125.0 % at point noon;", id="reverse only"),
        pytest.param({0: (6.25, 1.0), 1: (1.0, 0.8)}, "a-b 200.0 % (worst of 2 elements)", id="worst of two"),
        pytest.param({1: (10.0, 0.0)}, "a-b 1 MW at a limit of 0 MW at point noon;", id="no limit left"),
    ],
)
def test_a_base_flow_beyond_its_limit_is_named_with_the_worst(
    limits: dict[int, tuple[float, float]], says: str
) -> None:
    (remark,) = reported(limits)
    assert remark.startswith(f"base flow beyond its limit: {says}")
