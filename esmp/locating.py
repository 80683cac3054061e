"""libxml2's complaints → findings with a stable code, a readable path, and the series they stand in."""

import re
from dataclasses import dataclass
from typing import Any, Final, cast

from lxml import etree

from esmp.findings import Finding, Stage

_CODES: Final = {
    "SCHEMAV_CVC_ENUMERATION_VALID": "unknown-code",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_3": "unknown-code",  # a published code list is a union of two lists
    "SCHEMAV_ELEMENT_CONTENT": "unexpected-element",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "unexpected-attribute",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_2": "unexpected-attribute",
    "SCHEMAV_CVC_TYPE_3_1_1": "unexpected-attribute",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "missing-attribute",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_1": "unexpected-content",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_2": "unexpected-content",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "unexpected-content",
    "SCHEMAV_CVC_TYPE_3_1_2": "unexpected-content",
    "SCHEMAV_CVC_ELT_1": "unexpected-element",
}
_NAMESPACE: Final = re.compile(r"\{[^}']*\}")
_CHOICES: Final = re.compile(r" is not an element of the set \{.*\}\.$", re.DOTALL)
_SERIES_IDS: Final = ("mRID", "marketAgreement.mRID")


@dataclass(frozen=True, slots=True)
class Offsets:
    """Where a part of a document stands in it; all zero for a document in one piece."""

    series_tag: str = ""
    series_before: int = 0
    header_line: int = 0
    """The line on which the series begin in the part: lines before it are the document's own."""
    series_shift: int = 0
    """Lines to add from there on, up to the last series of the part."""
    tail_shift: int = 0
    """Lines to add behind the last series."""

    def line(self, line: int, node: etree._Element | None) -> int | None:
        """Return the line in the document of a line in the part on which something of `node` stands."""
        if not self.series_tag or line < self.header_line:
            return line or None
        return line + (self.tail_shift if self._in_tail(node) else self.series_shift)

    def _in_tail(self, node: etree._Element | None) -> bool:
        if node is None or node.getparent() is None:
            return False
        top = _top(node)
        return top.tag != self.series_tag and next(top.itersiblings(self.series_tag), None) is None


def schema_findings(
    entries: Any, root: etree._Element, codes: str, most: int, offsets: Offsets
) -> tuple[Finding, ...]:
    """Return the first `most` findings of a schema validation, one per place and kind of fault."""
    found: dict[tuple[int | None, str | None, str], Finding] = {}
    for entry in entries:
        if len(found) >= most:
            break
        finding = _finding(entry, root, codes, offsets)
        found.setdefault((finding.line, finding.path, finding.code), finding)
    return tuple(found.values())


def _finding(entry: Any, root: etree._Element, codes: str, offsets: Offsets) -> Finding:
    code = _CODES.get(entry.type_name, "invalid-value")
    message = _NAMESPACE.sub("", entry.message)
    if code == "unexpected-element" and "Missing child" in message:
        code = "missing-element"
    if code == "unknown-code":
        message = f"{_without_choices(message)} (code set {codes})"
    node = _node(root, entry.path) if entry.path else None
    return Finding(
        Stage.CODES if code == "unknown-code" else Stage.SCHEMA,
        code,
        message if len(message) <= 500 else f"{message[:499]}…",
        offsets.line(entry.line, node),
        None if node is None else path_of(node, offsets),
        None if node is None else series_of(node),
        None if node is None else _period(node),
    )


def _top(node: etree._Element) -> etree._Element:
    """The child of the root that `node` stands in, or the root."""
    lineage = [node, *node.iterancestors()]
    return lineage[-2] if len(lineage) > 1 else node


def _without_choices(message: str) -> str:
    """Leave out the list of all allowed codes, which can run to hundreds."""
    return _CHOICES.sub(" is not in its code list", message).replace("[facet 'enumeration'] The value ", "")


def _node(root: etree._Element, path: str) -> etree._Element | None:
    namespaces = {prefix: uri for prefix, uri in root.nsmap.items() if prefix}
    try:
        nodes = root.getroottree().xpath(path, namespaces=namespaces)
    except etree.XPathError:  # a prefix declared further down
        return None
    found = cast("list[Any]", nodes)
    return found[0] if found else None


def path_of(node: etree._Element, offsets: Offsets) -> str:
    """Return the readable path of an element: `/ReserveBid_MarketDocument/Bid_TimeSeries[2]/divisible`."""
    steps: list[str] = []
    current: etree._Element | None = node
    while current is not None:
        name = etree.QName(current).localname
        before = sum(1 for _ in current.itersiblings(current.tag, preceding=True))
        alone = before == 0 and next(current.itersiblings(current.tag), None) is None
        if current.tag == offsets.series_tag:
            before, alone = before + offsets.series_before, False
        steps.append(name if alone else f"{name}[{before + 1}]")
        current = current.getparent()
    return "/" + "/".join(reversed(steps))


def series_of(node: etree._Element) -> str | None:
    """Return the id of the time series that `node` stands in, if it stands in one."""
    top = _top(node)
    if not etree.QName(top).localname.endswith("TimeSeries"):
        return None
    return next(filter(None, (_text(top, name) for name in _SERIES_IDS)), None)


def _period(node: etree._Element) -> str | None:
    for element in (node, *node.iterancestors()):
        if etree.QName(element).localname.endswith("Period"):
            interval = element.find("{*}timeInterval")
            if interval is not None:
                return f"{_text(interval, 'start') or ''}/{_text(interval, 'end') or ''}"
    return None


def _text(parent: etree._Element, name: str) -> str | None:
    child = parent.find(f"{{*}}{name}")
    return None if child is None or child.text is None else child.text.strip()[:100]
