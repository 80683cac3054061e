"""A content type that names another encoding than the document is refused, not ignored."""

import pytest

from adapters.kit.charset import charset_fault

XML = b'<?xml version="1.0" encoding="%s"?><a/>'


@pytest.mark.parametrize(
    ("content_type", "payload"),
    [
        ("application/xml", XML % b"ISO-8859-1"),
        ("application/xml; charset=utf-8", b"<a/>"),
        ('application/xml; charset="UTF8"', XML % b"utf-8"),
        ("application/xml; charset=iso-8859-1", XML % b"latin1"),
        ("application/xml; charset=us-ascii", XML % b"UTF-8"),
        ("application/xml; charset=utf-16", b"\xff\xfe" + "<a/>".encode("utf-16-le")),
        ("application/xml; charset=utf-8", b"\xef\xbb\xbf<a/>"),
        ("text/csv; charset=utf-8; header=present", b"a,b\n"),
        ("application/json;charset=UTF-8", b"{}"),
        ("", b"<a/>"),
    ],
)
def test_what_agrees_is_taken(content_type: str, payload: bytes) -> None:
    assert charset_fault(content_type, payload) is None


@pytest.mark.parametrize(
    ("content_type", "payload", "reported"),
    [
        ("application/xml; charset=iso-8859-1", XML % b"UTF-8", "utf-8"),
        ("application/xml; charset=utf-8", XML % b"ISO-8859-1", "iso-8859-1"),
        ("application/xml; charset=iso-8859-1", b"<a/>", "utf-8"),
        ("application/xml; charset=utf-8", b"\xff\xfe" + "<a/>".encode("utf-16-le"), "utf-16"),
        ("application/edi+xml; charset=klingon", b"<a/>", "utf-8"),
        ("text/csv; charset=windows-1252", b"a,b\n", "utf-8"),
        ("application/json; charset=utf-16", b"{}", "utf-8"),
    ],
)
def test_what_contradicts_is_refused(content_type: str, payload: bytes, reported: str) -> None:
    fault = charset_fault(content_type, payload)
    assert fault is not None
    assert f"which is {reported}" in fault.lower()
