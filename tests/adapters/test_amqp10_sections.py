"""The Data sections of AMQP 1.0 messages, against the encoder of proton."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.amqp10.sections import joined_data

proton = pytest.importorskip("proton", reason="python-qpid-proton is not installed (extra ecp)")

HEAD = b"\x00\x53\x75"


def section(data: bytes, *, long: bool = False) -> bytes:
    if long or len(data) > 255:
        return HEAD + b"\xb0" + len(data).to_bytes(4, "big") + data
    return HEAD + b"\xa0" + bytes([len(data)]) + data


@settings(deadline=None)
@given(st.lists(st.binary(max_size=600), min_size=1, max_size=5), st.booleans())
def test_sections_are_joined_whatever_is_around_them(parts: Sequence[bytes], long: bool) -> None:
    packet = proton.Message(
        body=parts[0],
        inferred=True,
        durable=True,
        id=UUID(int=7),
        correlation_id=proton.ulong(3),
        properties={"baMessageID": "m" * 300, "n": 1, "d": 0.5, "b": b"\x00"},
        annotations={"x-opt": [1, 2, None, True]},
    )
    encoded = packet.encode() + b"".join(section(part, long=long) for part in parts[1:])
    footer = b"\x00\x53\x78\xc1\x01\x00"
    assert joined_data(encoded + footer) == b"".join(parts)


@pytest.mark.parametrize("body", ["text", 42, {"a": 1}, ["a"], None])
def test_other_bodies_have_none(body: object) -> None:
    assert joined_data(proton.Message(body=body).encode()) is None


@pytest.mark.parametrize("descriptor", [b"\x53\x75", b"\x80\0\0\0\0\0\0\0\x75", b"\xa3\x10amqp:data:binary"])
def test_a_section_is_known_by_each_form_of_its_descriptor(descriptor: bytes) -> None:
    assert joined_data(b"\x00" + descriptor + b"\xa0\x01a" + section(b"b")) == b"ab"


@given(st.binary(max_size=40))
def test_what_is_no_message_is_reported_as_none(data: bytes) -> None:
    try:
        joined = joined_data(data)
    except ValueError:
        return
    assert joined is None or len(joined) < len(data)
