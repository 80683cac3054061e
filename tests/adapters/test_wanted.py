"""Faults of requests are described in our words: what was expected, and what was found."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from adapters.kit.http.validation_messages import MOST_CHARACTERS, fault_text


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: Annotated[float, Field(strict=True, ge=0, le=5, allow_inf_nan=False)] = 0
    whole: int = 0
    truth: bool = False
    text: Annotated[str, Field(min_length=2, max_length=3)] = "ab"
    name: Annotated[str, Field(pattern="^[a-z]$")] = "a"
    some: Annotated[list[int], Field(min_length=1, max_length=2)] = [1]
    colour: Colour = Colour.RED
    letter: Literal["x", "y"] = "x"
    at: AwareDatetime | None = None
    takes: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(1)
    inner: "Asked | None" = None


@pytest.mark.parametrize(
    ("given", "reported"),
    [
        ({"number": "7"}, 'wanted a number; got "7"'),
        ({"number": -1}, "wanted at least 0.0; got -1"),
        ({"number": 6}, "wanted at most 5.0; got 6"),
        ({"number": float("nan")}, "wanted a finite number; got NaN"),
        ({"whole": "x"}, 'wanted a whole number; got "x"'),
        ({"whole": 1.5}, "wanted a whole number; got 1.5"),
        ({"truth": "perhaps"}, 'wanted true or false; got "perhaps"'),
        ({"text": "a"}, 'wanted a text of at least 2 characters; got "a"'),
        ({"text": "abcd"}, 'wanted a text of at most 3 characters; got "abcd"'),
        ({"text": 3}, "wanted a text; got 3"),
        ({"name": "A"}, 'wanted a text of the form ^[a-z]$; got "A"'),
        ({"some": []}, "wanted a list of at least 1 entries; got []"),
        ({"some": [1, 2, 3]}, "wanted a list of at most 2 entries; got [1, 2, 3]"),
        ({"some": {}}, "wanted a list; got {}"),
        ({"colour": "green"}, "wanted one of 'red' or 'blue'; got \"green\""),
        ({"letter": "z"}, "wanted one of 'x' or 'y'; got \"z\""),
        (
            {"at": "noon"},
            'wanted a moment with its offset from UTC, such as 2026-03-01T23:00:00Z; got "noon"',
        ),
        (
            {"at": "2026-03-01T23:00"},
            'wanted a moment with its offset from UTC, such as 2026-03-01T23:00:00Z; got "2026-03-01T23:00"',
        ),
        ({"takes": "soon"}, 'wanted a duration by ISO 8601, such as PT15M; got "soon"'),
        ({"inner": 5}, "wanted an object; got 5"),
        ({"other": 1}, "a member of this name is not accepted"),
    ],
)
def test_the_expected_and_the_actual_content_are_reported(given: dict[str, Any], reported: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Asked.model_validate(given)
    assert [fault_text(fault) for fault in refused.value.errors()] == [reported]


def test_what_is_missing_is_reported_as_missing() -> None:
    assert fault_text({"type": "missing", "input": {"a": "secret"}}) == "is missing"


def test_little_of_a_long_value_is_shown() -> None:
    reported = fault_text({"type": "string_type", "input": ["x" * 1000]})
    assert reported.startswith('wanted a text; got ["xxx')
    assert len(reported.removeprefix("wanted a text; got ")) == MOST_CHARACTERS


def test_an_unforeseen_kind_has_our_words_too() -> None:
    assert (
        fault_text({"type": "url_scheme", "input": 5, "msg": "URL scheme"}) == "wanted another value; got 5"
    )
