"""Columns of elements, for documents whose lines do not distinguish them: lxml knows lines only."""

import re
from collections.abc import Collection, Mapping
from typing import Final

from lxml import etree

_LONG_LINE: Final = 500
"""Bytes of a line, on average, from which on a document is taken to be written without line ends."""

_TAG: Final = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<[^/!?]", re.DOTALL)


def on_long_lines(data: bytes) -> bool:
    """Whether a document has few and long lines, in an encoding that writes ASCII as such."""
    return b"\0" not in data[:4] and (data.count(b"\n") + 1) * _LONG_LINE < len(data)


def columns_of(
    data: bytes, root: etree._Element, elements: Collection[etree._Element]
) -> Mapping[etree._Element, int]:
    """Return the column, from 1, of the start tag of some elements of a document's tree."""
    wanted = set(elements)
    numbers: dict[int, etree._Element] = {}
    for number, element in enumerate(root.iter(etree.Element)):
        if element in wanted:
            numbers[number] = element
            if len(numbers) == len(wanted):
                break
    columns: dict[etree._Element, int] = {}
    number, before, column = 0, 0, 1
    for tag in _TAG.finditer(data):
        if tag[0][1:2] in b"!?":
            continue
        if number in numbers:
            line = data.rfind(b"\n", before, tag.start())
            column = 1 if line >= 0 else column
            column += len(data[max(before, line + 1) : tag.start()].decode("utf-8", "replace"))
            before = tag.start()
            columns[numbers[number]] = column
            if len(columns) == len(numbers):
                break
        number += 1
    return columns
