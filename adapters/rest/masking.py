"""Findings and remarks without what they quote of a document, for readers other than its sender.

Text stays, and so do the program's own constants: the form that is wanted, codes of a list, bounds. All else
that has a digit or is in quotation marks is taken for a value of the document. So a constant that is
missing in this module is masked with the values, and no value is shown because it was forgotten.
"""

import re
from typing import Final

from esmp import error_messages
from gateway.domain import json_text, series

MASK: Final = "…"

_FORMS: Final = "|".join(
    re.escape(form) for form in sorted(error_messages.FORMS | json_text.FORMS, key=len, reverse=True)
)
_OWN: Final = "|".join(
    (
        rf"(?:{_FORMS})(?: from \S+ to \S+)?",
        r"(?:wanted|a text of) the form .*",
        r"is not in its code list: .*",
        r"(?<=['\)]) is (?:above|below) \S+$",
        r"\(code set [\w.-]+\)",
        r"more than \d+ digits",
        r"at (?:least|most) [\d.e+]+(?= (?:are allowed|digits are|can be computed with)|$)",
        r"(?:above|below) 0(?: and at most [\d.]+)?(?![\d.,])",
        r"the market's least, \S+ MW",
        r"beyond \S+ (?:MW|per MWh?), the bound agreed for you",
        re.escape(series.FIRST_NOT_1),
        r"a bid is offered with .*",
        rf"is not accepted; {series.FIXED_BLOCKS} and {series.VARIABLE_BLOCKS} are",
        r"like 12 or -3\.5|like 1234\.5|UTF-(?:8|16)",
    )
)
_QUOTED: Final = r"(?<!\w)'(?:\\.|[^'\\])*(?:'|$)|\"(?:\\.|[^\"\\])*(?:\"|$)"
_VALUES: Final = re.compile(rf"(?P<own>{_OWN})|{_QUOTED}|\S*\d\S*", re.DOTALL)
"""The program's own texts, else texts that may come from a document: the first that matches counts."""


def without_values(text: str) -> str:
    """Return a message with `…` for every value that it may have from a document."""
    return _VALUES.sub(lambda found: found["own"] or MASK, text)
