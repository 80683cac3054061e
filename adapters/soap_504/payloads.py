"""Documents inside messages: as XML, or compressed (gzip in base64) with the name of their format."""

import base64
import binascii
import gzip
import zlib
from contextlib import suppress
from typing import Final

from lxml import etree

from adapters.kit.http.body import JSON, XML
from adapters.soap_504.faults import Code, FaultError
from adapters.soap_504.messages import COMPRESSED, Content
from adapters.soap_504.soap import parsed
from adapters.soap_504.tables import MESSAGE

_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_GZIP: Final = 16 + zlib.MAX_WBITS
_FORMATS: Final = {"XML": XML, "JSON": JSON, "CSV": "text/csv"}
_NAMES: Final = {media_type: name for name, media_type in _FORMATS.items()}


def document_in(noun: str | None, content: Content, largest: int) -> tuple[bytes, str]:
    """The bytes of a document and their media type.

    Args:
        noun: what the sender declares it to be, where that counts.
        largest: most bytes after decompression.

    Raises:
        FaultError: there is no one document, it is not of the noun, or cannot be decompressed.
    """
    if content.compressed is not None:
        if noun not in (None, COMPRESSED):
            raise FaultError(Code.PUT_NOUN, f"the noun of a compressed payload is {COMPRESSED}")
        format_ = (content.format or "XML").upper()
        return inflated(content.compressed, largest), _FORMATS.get(format_, format_.lower())
    if len(content.elements) != 1:
        raise FaultError(Code.PUT_EMPTY, f"one document is expected, there are {len(content.elements)}")
    (document,) = content.elements
    root = etree.QName(document).localname
    if noun not in (None, root):
        raise FaultError(Code.PUT_NOUN, f"the noun is {noun}, the root element {root}")
    return _alone(document), XML


def content_of(payload: bytes, content_type: str, largest_plain: int) -> tuple[str, Content]:
    """A document as it is put into a message: its noun and its content.

    Args:
        largest_plain: larger documents are compressed, and so is all that is not XML.
    """
    if content_type == XML and len(payload) <= largest_plain:
        with suppress(etree.XMLSyntaxError):
            root = parsed(payload)
            if etree.QName(root).namespace not in (None, MESSAGE):  # others have no place in a payload
                return etree.QName(root).localname, Content((root,))
    format_ = _NAMES.get(content_type, content_type)
    return COMPRESSED, Content(compressed=deflated(payload), format=format_)


def deflated(data: bytes) -> str:
    """Bytes as gzip in base64."""
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()


def inflated(text: str, largest: int) -> bytes:
    """The bytes behind gzip in base64, never more than `largest`.

    Raises:
        FaultError: it is not that, or more.
    """
    try:
        packed = base64.b64decode("".join(text.split()), validate=True)
        stream = zlib.decompressobj(_GZIP)
        data = stream.decompress(packed, largest + 1)
    except (binascii.Error, ValueError, zlib.error):
        raise FaultError(Code.PUT_BINARY, "it is gzip in base64") from None
    if len(data) > largest:
        raise FaultError(
            Code.PUT_TOO_LARGE, f"{largest:,} bytes are taken", problem="urn:flexgate:problem:too-large"
        )
    if not stream.eof or stream.unused_data:
        raise FaultError(Code.PUT_BINARY, "it ends too early or too late")
    return data


def _alone(document: etree._Element) -> bytes:
    """A document without the message around it: the same bytes, whatever the prefixes of the message.

    It begins with a declaration on a line of its own, as most files do, so that line numbers in an answer are
    those of the sender's file.
    """
    prefixes = [prefix or "#default" for prefix, uri in document.nsmap.items() if uri != MESSAGE]
    return _DECLARATION + etree.tostring(
        document, method="c14n", exclusive=True, inclusive_ns_prefixes=prefixes
    )
