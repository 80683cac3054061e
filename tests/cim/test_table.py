"""The profile table and the classes generated from it."""

import pytest

from cim_profiles import generate
from cim_profiles.profile_table import ProfileTableError, profile_table, read_table


def test_the_generated_classes_are_those_of_the_table() -> None:
    assert generate.main(["--check"]) == 0


def test_attributes_are_inherited() -> None:
    known = profile_table().attributes("ACLineSegment")
    assert {"name", "BaseVoltage", "length", "r", "bch"} <= set(known)
    assert (known["bch"].owner, known["bch"].kind, known["BaseVoltage"].owner) == (
        "ACLineSegment",
        "S",
        "ConductingEquipment",
    )


@pytest.mark.parametrize("text", ["A : B", "A\nA", "unit kV 0 1\nA\n  x MW EQ", "A\n  x text"])
def test_a_bad_row_is_named_by_its_line(text: str) -> None:
    with pytest.raises(ProfileTableError, match=r"^\d: "):
        read_table(text)
