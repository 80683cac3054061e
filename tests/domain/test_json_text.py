"""JSON as everybody reads it: no member twice, faults at their pointers, in words."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.domain import json_text
from gateway.domain.json_text import LONGEST, JsonTextError, decode, located, pointer, steps_of, walk

carried = st.characters(
    exclude_categories=("Cs", "Cc"), include_characters="\t\n\r\x7f", exclude_characters="\ufffe\uffff"
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(carried),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(carried, max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def faults_of(data: bytes) -> list[tuple[str, str]]:
    with pytest.raises(JsonTextError) as caught:
        decode(data)
    return [(fault.pointer, fault.message) for fault in caught.value.faults]


@given(values)
def test_what_is_written_is_read(value: Any) -> None:
    text = json.dumps(value).encode()
    assert decode(text) == value
    assert decode(b"\xef\xbb\xbf" + text) == value


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ('{"a": 1, "a": 1}', ["/a"]),
        ('{"a": 1, "\\u0061": 2}', ["/a"]),
        ('[{"a": {"b": [0, {"c": 1, "c": 2}]}}]', ["/0/a/b/1/c"]),
        ('{"a/b": {"~": 1, "~": 2, "x": 3}, "": {"": 0, "": 0}}', ["/a~1b/~0", "//"]),
        ('{"a": [], "b": 1, "a": {}, "b": 2}', ["/a", "/b"]),
    ],
)
def test_a_member_given_twice_is_a_fault_at_its_place(text: str, pointers: list[str]) -> None:
    assert faults_of(text.encode()) == [(each, "given more than once") for each in pointers]


@given(values, st.data())
def test_wherever_it_is(value: Any, data: st.DataObject) -> None:
    places = [(steps_of(node), inner) for node, inner in walk(value) if isinstance(inner, dict) and inner]
    if not places:
        return
    steps, inner = data.draw(st.sampled_from(places))
    name = data.draw(st.sampled_from(sorted(inner)))
    mark = "\u2603 here"
    marked = json.loads(json.dumps(value))
    holder = marked
    for step in steps:
        holder = holder[step]
    holder[mark] = 1
    twice = json.dumps(marked).replace(json.dumps(mark), json.dumps(name))
    assert faults_of(twice.encode()) == [(pointer(*steps, name), "given more than once")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "not JSON"),
        (b'{"a": NaN}', "line 1, column 7"),
        (b'{"a":\n  -Infinity}', "line 2, column 4"),
        (b'{"a": 1,}', "line 1, column 9"),
        (b"\xef\xbb\xbf{'a': 1}", "line 1, column 2"),
        (b'{"a": 1e400}', "out of range"),
        (b'{"a": "\xff"}', "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"1" * 10_000, "out of range"),
    ],
)
def test_what_is_no_json_says_where(text: bytes, says: str) -> None:
    ((_, message),) = faults_of(text)
    assert says in message
    assert len(message) <= LONGEST


@pytest.mark.parametrize(
    ("kind", "value", "place", "message"),
    [
        (dict[str, list[float]], {"a": [1.0, "10"]}, "", "found a text, wanted a number"),
        (list[list[float]], [[1.0], [1.0, True]], "/1/1", "found true or false, wanted a number"),
        (list[int], [1, 1.5], "/1", "found a number, wanted a whole number"),
        (list[float | None], ["x"], "/0", "found a text, wanted a number or null"),
    ],
)
def test_types_are_described_in_words(kind: Any, value: Any, place: str, message: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(value, kind)
    fault = located(caught.value)
    assert (fault.pointer, fault.message) == (place, message)


def test_numbers_beyond_a_double_are_named_at_their_places() -> None:
    text = b'{"up_mw": [1e999, 1.0], "a": {"b/c": -1e400}, "n": 2}'
    with pytest.raises(JsonTextError) as refused:
        decode(text)
    assert [fault.pointer for fault in refused.value.faults] == ["/up_mw/0", "/a/b~1c"]
    with pytest.raises(JsonTextError, match="out of range"):
        decode(b'{"a": 1e999, "b": nonsense}')


@given(st.text(), st.booleans())
def test_texts_are_refused_that_another_xml_library_refuses(text: str, ascii_only: bool) -> None:
    data = json.dumps([text], ensure_ascii=ascii_only).encode(errors="surrogatepass")
    try:
        etree.Element("a").text = text
    except ValueError:
        with pytest.raises(JsonTextError):
            decode(data)
    else:
        assert decode(data) == [text]


@given(st.text("0123456789.eE+-:,[] \n", max_size=60))
def test_no_text_is_passed_over_that_may_have_an_altered_number(text: str) -> None:
    data = text.encode()
    assert json_text._has_long_number(data) or json_text._MAYBE_ALTERED.search(data) is None


def test_numbers_that_a_double_alters_are_found() -> None:
    assert faults_of(b'{"a": [1, 0.12345678901234567]}')[0][0] == "/a/1"
    assert faults_of(b'{"a": 1e-400}')[0][0] == "/a"
    assert faults_of(b'{"a": 1E-400}')[0][0] == "/a"
