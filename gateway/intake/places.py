"""Where a bid stands in its document: from its position in the columns back to element and line."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, cast

from lxml import etree

from gateway.domain.reason import Finding

SERIES: Final = "Bid_TimeSeries"
MOST_PLACES: Final = 1000
"""Findings whose element and line are looked up; further ones name series and period only."""

_VARIANTS: Final = {"quantity.quantity": "quantity", "minimum_Quantity.quantity": "minimumActivationQuantity"}
"""Element names of ReserveBid 6.0, where they differ."""


@dataclass(frozen=True, slots=True)
class Place:
    """An element, as far as it can be found."""

    path: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Places:
    """The tree of a ReserveBid document; None when it came as JSON or is too large to be held as a tree."""

    root: etree._Element | None

    @cached_property
    def _series(self) -> dict[str, list[tuple[int, etree._Element]]]:
        """Number and element of every time series, by mRID."""
        found: dict[str, list[tuple[int, etree._Element]]] = defaultdict(list)
        if self.root is not None:
            for number, series in enumerate(self.root.iterfind(f"{{*}}{SERIES}"), start=1):
                found[series.findtext("{*}mRID", "").strip()].append((number, series))
        return found

    def of(self, series: str, occurrence: int, *steps: tuple[str, int]) -> Place:
        """Walk from a time series along (element name, number from 1) as far as the document goes.

        `occurrence` counts, from 0, series of the same mRID.
        """
        known = self._series.get(series, [])
        if self.root is None or occurrence >= len(known):
            return Place()
        number, element = known[occurrence]
        path = [etree.QName(self.root).localname, f"{SERIES}[{number}]"]
        for wanted, place in steps:
            children = element.findall(f"{{*}}{wanted}") or element.findall(
                f"{{*}}{_VARIANTS.get(wanted, wanted)}"
            )
            if place > len(children):
                break
            element = children[place - 1]
            name = etree.QName(element).localname
            path.append(name if len(children) == 1 else f"{name}[{place}]")
        return Place("/" + "/".join(path), cast("int | None", element.sourceline))

    def located(self, findings: Sequence[Finding]) -> list[Finding]:
        """Add element and line where a finding names only its series, or only an element of the header."""
        return [self._located(finding) for finding in findings[:MOST_PLACES]] + list(findings[MOST_PLACES:])

    def _located(self, finding: Finding) -> Finding:
        if self.root is None or finding.line is not None:
            return finding
        if finding.series is not None and finding.path is None:
            place = self.of(finding.series, 0)
            return replace(finding, path=place.path, line=place.line)
        element = self.root.find(f"{{*}}{finding.path}") if finding.path and "/" not in finding.path else None
        if element is None:
            return finding
        path = f"/{etree.QName(self.root).localname}/{finding.path}"
        return replace(finding, path=path, line=cast("int | None", element.sourceline))

    def text(self, series: str, name: str) -> str | None:
        """What a time series says in its element `name`; None if nothing."""
        texts = (element.findtext(f"{{*}}{name}") for _, element in self._series.get(series, ()))
        return next((text.strip() for text in texts if text), None)
