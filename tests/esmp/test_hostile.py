"""What is sent in malice or by mistake gets a clear finding, soon, and costs no memory."""

import bz2
import gzip
import lzma
import subprocess
import sys

import pytest
from lxml import etree

from esmp import DocumentLimits, DocumentRefused, Stage, identify, validate
from esmp.parsing import parse, root_tag
from tests.esmp.documents import document

BOMB = (
    b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, (b"&%c;" % (97 + i)) * 10) for i in range(9))
    + b"]><r>&j;</r>"
)
REFUSED = {
    "empty": (b"", "empty"),
    "blanks only": (b" \n\t ", "not-well-formed"),
    "plain text": (b"gate closed", "not-well-formed"),
    "JSON": (b'{"bids": []}', "not-well-formed"),
    "NUL bytes": (b"\0" * 1000, "not-well-formed"),
    "NUL inside": (document().replace(b"TEST text", b"TEST\0text"), "not-well-formed"),
    "gzip": (gzip.compress(document()), "compressed"),
    "bzip2": (bz2.compress(document()), "compressed"),
    "xz": (lzma.compress(document()), "compressed"),
    "zip": (b"PK\x03\x04rest", "compressed"),
    "truncated": (document()[:-40], "not-well-formed"),
    "two roots": (document() + b"<again/>", "not-well-formed"),
    "doctype": (b"<!DOCTYPE r><r/>", "doctype"),
    "doctype in UTF-16": (
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE r><r/>'.encode("utf-16"),
        "doctype",
    ),
    "external entity": (b'<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><r>&e;</r>', "doctype"),
    "external DTD": (b'<!DOCTYPE r SYSTEM "http://example.org/r.dtd"><r/>', "doctype"),
    "parameter entity": (b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://example.org/p"> %p;]><r/>', "doctype"),
    "entity bomb": (BOMB, "doctype"),
    "undeclared entity": (document().replace(b"TEST text", b"&secret;"), "not-well-formed"),
    "declared UTF-16, is UTF-8": (document().replace(b"UTF-8", b"UTF-16"), "not-well-formed"),
    "declared UTF-8, is Latin-1": (document().replace(b"TEST text", b"\xdcberlast"), "not-well-formed"),
    "unknown encoding": (document().replace(b"UTF-8", b"KLINGON"), "not-well-formed"),
    "undeclared prefix": (document().replace(b"<Reason>", b"<x:Reason>", 1), "not-well-formed"),
    "10,000 deep": (b"<r>" * 10_000 + b"</r>" * 10_000, "unknown-document"),
    "10,000 deep in a bid": (
        document().replace(b"TEST text", b"<r>" * 10_000 + b"</r>" * 10_000, 1),
        "parser-limit",
    ),
    "long prolog": (b"<!--" + b"-x" * 2**20 + b"--><r/>", "text-too-long"),
    "many comments first": (b"<!-- x -->" * 2**17 + b"<r/>", "prolog-too-long"),
    "long attribute": (b'<r a="' + b"x" * 2**21 + b'"/>', "text-too-long"),
}


@pytest.mark.feature(id="E4")
@pytest.mark.parametrize(("data", "code"), REFUSED.values(), ids=REFUSED)
def test_each_is_refused_with_its_own_code(data: bytes, code: str) -> None:
    report = validate(data)
    assert [finding.code for finding in report.findings] == [code]
    assert report.root is None
    stage = Stage.IDENTIFIED if code == "unknown-document" else Stage.WELL_FORMED
    assert report.findings[0].stage == stage
    assert len(report.findings[0].message) < 500


DECLARATIONS = (
    "",
    "<?xml version='1.0' encoding='UTF-8'?>\n",
    '<?xml version="1.0"?>',
    "\ufeff",
    " <!-- c -->\n",
)
ATTRIBUTES = (
    "",
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"\r\n xsi:schemaLocation="urn:a a.xsd"',
    ' xmlns:other="urn:b"',
)


@pytest.mark.parametrize("attributes", ATTRIBUTES)
@pytest.mark.parametrize("declaration", DECLARATIONS)
def test_the_root_is_the_one_that_the_parser_sees(declaration: str, attributes: str) -> None:
    for start in (
        f'<a.b xmlns="urn:a"{attributes}>',
        f"<a.b xmlns='urn:a'{attributes}>",
        f"<a.b{attributes}>",
    ):
        data = f"{declaration}{start}<c/></a.b>".encode()
        assert root_tag(data) == etree.fromstring(data).tag
        assert validate(data.replace(b"<a.b", b"<!DOCTYPE a.b><a.b", 1)).findings[0].code == "doctype"


BLANKS = (
    *("  ", " X ", "\n X", "\r\n X", "  \r\n X", " \r", "&#32;", " &#32;X", "&#32; ", " &amp;"),
    *(" <!-- c -->X", "<!-- c --> X", "<!-- c --> ", " <?c ?>", " <![CDATA[X]]>", " <![CDATA[ ]]>"),
    *(" " * 1000, " " * 1000 + "X", "\n" * 400 + "\u00dc", " " * 400 + "\r\n"),
)


@pytest.mark.parametrize("text", BLANKS)
def test_blanks_in_a_text_stay(text: str) -> None:
    data = document().replace(b"TEST text", text.encode(), 1)
    seen, plainly = (
        [leaf.xpath("string()") for leaf in root.iter("{*}*") if not leaf.xpath("*")]
        for root in (parse(data), etree.fromstring(data))
    )
    assert seen == plainly


def test_identify_refuses_what_has_no_root() -> None:
    with pytest.raises(DocumentRefused, match="DOCTYPE is never accepted"):
        identify(BOMB)


GROWTH = """
import re, sys
from pathlib import Path
from esmp import validate
def resident(what):
    return int(re.search(what + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
unit, head, tail = sys.argv[1].encode(), *sys.stdin.buffer.read().split(b"HERE")
validate(head + tail)
data = head + unit * (100_000_000 // len(unit)) + tail
Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
before = resident("VmRSS")
report = validate(data)
print(report.findings[0].code, resident("VmHWM") - before)
"""


@pytest.mark.feature(id="E4")
@pytest.mark.parametrize(
    ("unit", "where", "code"),
    [
        ("<r>", "header", "part-too-large"),
        ("<r>", "series", "part-too-large"),
        ("<r/>", "series", "part-too-large"),
        ("<Bid_TimeSeries><a/><b/></Bid_TimeSeries>", "between", "unexpected-element"),
        ("<Bid_TimeSeries>" + "<r>" * 500 + "</Bid_TimeSeries>", "between", "not-well-formed"),
        ("<Bid_TimeSeries></Bid_TimeSeries>", "between", "missing-element"),
        ("x", "series", "text-too-long"),
    ],
)
def test_a_hundred_megabytes_are_refused_without_growing(unit: str, where: str, code: str) -> None:
    before = {"header": b"<domain.mRID", "series": b"<businessType>", "between": b"<Bid_TimeSeries>"}[where]
    template = document(full=False).replace(before, b"HERE" + before, 1)
    child = subprocess.run(
        [sys.executable, "-c", GROWTH, unit], input=template, capture_output=True, check=True
    )
    answer, grown = child.stdout.split()
    assert answer.decode() == code
    assert int(grown) < 32_000_000


def test_size_is_looked_at_first() -> None:
    report = validate(document(), limits=DocumentLimits(bytes=100))
    assert [finding.code for finding in report.findings] == ["too-large"]


def test_the_text_limit_counts_bytes_between_brackets() -> None:
    data = document()
    longest = max(len(part) for part in data.split(b"<"))
    assert validate(data, limits=DocumentLimits(text=longest)).valid
    assert validate(data, limits=DocumentLimits(text=longest - 1)).findings[0].code == "text-too-long"
