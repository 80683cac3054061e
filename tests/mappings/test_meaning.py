"""Conversions keep their meaning, on a sample; `python -m benchmarks.meaning` converts many more."""

import random

import pytest

from benchmarks.meaning import differences, generated, pairs, run, steps_of
from mappings import convert


@pytest.mark.feature(id="B3")
def test_documents_mean_the_same_in_another_version() -> None:
    tally = run(120, seed=7)
    assert tally.not_in_order == []
    assert tally.different == []
    assert tally.written_out > 0


def test_the_comparison_would_notice_an_hour_that_is_gone() -> None:
    source, target = next(
        (a, b) for a, b in pairs() if (a.family, a.version, b.version) == ("ReserveBid", "7.6", "7.4")
    )
    data = generated(source, random.Random(1))
    made = convert(data, "ReserveBid", target.version)
    assert list(differences(steps_of(data), made)) == []
    other = data.replace(b"<quantity.quantity>", b"<quantity.quantity>1", 1)
    assert list(differences(steps_of(other), made)) != []
