"""Whether a body is in the encoding that its content type names (`charset`); no text is read in another.

RFC 7303 lets the parameter win over what an XML document declares, RFC 4180 and 8259 have their own defaults.
The gateway prefers neither: a parameter that contradicts the document is refused, because one of the two is
wrong.
"""

import codecs
import re
from email.message import Message
from typing import Final

_DECLARED: Final = re.compile(rb"^\s*<\?xml\s[^>]*?encoding\s*=\s*[\"']([\w.-]{1,40})[\"']")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def charset_fault(content_type: str, payload: bytes) -> str | None:
    """Return how the `charset` of a content type contradicts a body; None: there is none, or it does not."""
    if "charset" not in content_type.lower():
        return None
    header = Message()
    header["Content-Type"] = content_type
    stated = header.get_content_charset()
    if stated is None:
        return None
    actual = next((name for mark, name in _MARKS if payload.startswith(mark)), None)
    if actual is None and header.get_content_type().endswith("xml"):
        declared = _DECLARED.match(payload)
        actual = "utf-8" if declared is None else declared[1].decode()
    actual = actual or "utf-8"
    if _same(stated, actual):
        return None
    return f"charset {stated} contradicts the document, which is {actual}"


def _same(stated: str, actual: str) -> bool:
    try:
        first, second = codecs.lookup(stated).name, codecs.lookup(actual).name
    except LookupError:
        return False
    narrower = {"ascii": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}
    return first == second or narrower.get(first) == second
