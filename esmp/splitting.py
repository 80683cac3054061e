"""Cuts the bytes of a large document at its time series into parts that are complete documents.

A part is the header, some of the series, and what follows the last series. Wherever neither comments nor
processing instructions nor CDATA occur, `<` opens a tag and nothing else, so an end tag of the series is one
wherever its bytes are. Documents where they do occur, or that come in UTF-16, are written flat first.

Why the verdict on the parts is the verdict on the document: the frame, header plus tail, is well-formed, and
every part consists of the frame's children and series, so a part leaves open exactly what it found open and
the parts joined are well-formed. And since the series have one unbounded place in the root's sequence,
header·series·tail is allowed for one number of series, from one up, exactly if it is for any other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PROLOG = re.compile(rb"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.DOTALL)
_MARKED = re.compile(rb"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_DECLARATION = re.compile(r"^\ufeff?<\?xml\s[^>]*\?>")
_ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ASCII_LIKE = re.compile(rb"utf-?8|(us-)?ascii|iso-?8859-?\d+|windows-125\d", re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class SeriesSlice:
    """Some of the series: their first and last byte in the document."""

    start: int
    end: int


class Lines:
    """Line numbers of bytes, for bytes requested in ascending order, counting each line once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0
        self._line = 1

    def at(self, position: int) -> int:
        """Return the line of a byte at or behind the last one requested."""
        self._line += self._data.count(b"\n", self._position, position)
        self._position = position
        return self._line


@dataclass(frozen=True, slots=True)
class Cut:
    """A document in pieces: all before the first series, the series in parts, all after the last."""

    data: bytes
    first: int
    last: int
    end_tag: bytes
    part_bytes: int

    @property
    def frame_size(self) -> int:
        """Bytes of header and tail."""
        return len(self.data) - (self.last - self.first)

    def frame(self) -> bytes:
        """Return header and tail: the document without series."""
        return self.data[: self.first] + self.data[self.last :]

    def document(self, part: SeriesSlice) -> bytes:
        """Return header, a part's series and tail."""
        return self.data[: self.first] + self.data[part.start : part.end] + self.data[self.last :]

    def parts(self) -> Iterator[SeriesSlice]:
        """Yield the series in parts of about `part_bytes`, each ending at the end of a series."""
        start = self.first
        while start < self.last:
            end = self.data.find(self.end_tag, start + self.part_bytes, self.last)
            end = self.last if end < 0 else end + len(self.end_tag)
            yield SeriesSlice(start, end)
            start = end


def cut(data: bytes, series: str, part_bytes: int) -> Cut | None:
    """Return a flat document cut at its elements named `series`, or None when it has none."""
    opening = re.search(rb"<((?:[^\s<>/:]+:)?" + re.escape(series).encode() + rb")[\s/>]", data)
    if opening is None:
        return None
    end_tag = b"</" + opening[1] + b">"
    last = data.rfind(end_tag, opening.start())
    if last < 0:
        return None
    return Cut(data, opening.start(), last + len(end_tag), end_tag, part_bytes)


def is_flat(data: bytes) -> bool:
    """Whether `<` opens a tag and nothing else from the root on, in an encoding that writes ASCII as such."""
    declared = _ENCODING.match(data)
    if declared and not _ASCII_LIKE.fullmatch(declared[1]):
        return False
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in data[:4]:
        return False
    prolog = _PROLOG.match(data, len(_BYTE_ORDER_MARK) if data.startswith(_BYTE_ORDER_MARK) else 0)
    root = prolog.end() if prolog else 0
    # A single byte is sought many times faster than a pair that begins with the most frequent one.
    return all(data.find(sign[1:], root) < 0 or data.find(sign, root) < 0 for sign in (b"<!", b"<?"))


def flatten(data: bytes) -> bytes:
    """Return a well-formed document without comments, processing instructions and CDATA, as ASCII-like bytes.

    Text stays as it is; line numbers slip by the lines within what is dropped. Raises LookupError or
    UnicodeError for an encoding that Python does not know as libxml2 does.
    """
    declared = _ENCODING.match(data)
    wide = data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in data[:4]
    if wide or (declared and not _ASCII_LIKE.fullmatch(declared[1])):
        text = data.decode(_wide_encoding(data) if declared is None else declared[1].decode())
        data = _DECLARATION.sub("", text).encode()
    declaration = re.match(rb"(?:\xef\xbb\xbf)?(?:<\?xml\s[^>]*\?>)?", data)
    start = declaration.end() if declaration else 0
    return data[:start] + _MARKED.sub(_flat, data[start:])


def _wide_encoding(data: bytes) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    return "utf-16-be" if data[:1] == b"\0" else "utf-16-le"


def _flat(match: re.Match[bytes]) -> bytes:
    content = match[1]
    if content is None:
        return b""
    return content.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
