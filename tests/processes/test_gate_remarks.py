"""A gate of which less can come than its terms say is taken with a remark."""

from datetime import timedelta

import pytest

from gateway.domain.gate import UseOfLists
from gateway.processes.gate_remarks import remarks_on
from tests.processes.world import AREA, CLOSES, DAY, World, gate

END = DAY + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"publish_by": DAY + timedelta(minutes=15)}, ["its delivery has begun (2026-03-01T23:00:00Z)"]),
        ({"publish_by": END}, ["its delivery has ended (2026-03-01T23:30:00Z): nothing of it"]),
        (
            {"closes_at": END, "publish_by": END + timedelta(hours=1)},
            ["nothing of it may be left", "it accepts bids until 2026-03-01T23:30:00Z"],
        ),
        ({"system_operators": ()}, ["no system operator to state a demand"]),
        ({"system_operators": (), "use": UseOfLists.PREFIX}, []),
        ({"publish_by": DAY, "zones": (AREA,), "domains": (AREA,)}, []),
        ({"zones": (AREA, "DE-LU"), "domains": ("x",)}, ["zone 'DE-LU' is no EIC", "domain 'x' is no EIC"]),
    ],
)
def test_terms_from_which_less_comes_are_remarked(
    world: World, terms: dict[str, object], words: list[str]
) -> None:
    reported = world.gates.remarks(world.gates.create(gate(**terms)))
    assert len(reported) == len(words)
    for remark, word in zip(reported, words, strict=True):
        assert word in remark


def test_of_a_gate_in_the_past_nothing_else_is_reported() -> None:
    (remark,) = remarks_on(gate(system_operators=()), END)
    assert "its delivery ended" in remark
    (remark,) = remarks_on(gate(), CLOSES + timedelta(minutes=5))
    assert "no bids since" in remark
