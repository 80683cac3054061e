"""Documents of one run as streams: piece by piece, from columns, and what they share only once."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from esmp.codes import DEFAULT_CODES
from esmp.profiles import Family, profile
from gateway.domain.document import BidAvailability, BidLimit, LimitColumns, MeritOrderList
from mappings import bid_availability
from mappings.families import mapping_of, plan
from mappings.fitting import fit
from mappings.passage import ONE, Outgoing
from mappings.report import Report
from mappings.xml_writer import UnwritableError, XmlWriter

ROWS_AT_ONCE: Final = 64
"""Rows that make one piece: some of them together cost less than each alone."""


class DocumentStream:
    """Writes the result documents of one run and receiver."""

    def __init__(self, codes: str = DEFAULT_CODES) -> None:
        self._codes = codes
        self._fitting: dict[tuple[int, str], str] = {}
        self._limits: dict[tuple[str, int], tuple[str, str] | None] = {}
        self._kept: list[object] = []
        """What `_limits` knows by its address, so that nothing else gets it."""

    def __call__(self, document: BidAvailability | MeritOrderList, version: str) -> Iterator[bytes]:
        """Give the document in a version, piece by piece.

        Raises:
            UnwritableError: see `mappings.write`; at any piece.
            UnmappedFamilyError, esmp.profiles.UnknownVersion: there is no such document.
        """
        kind = document.header.kind
        target, mapping = profile(Family(kind.value), version), mapping_of(kind)
        outgoing = Outgoing(f"{kind.value} {version}", plan(kind, version), Report())
        fitted = partial(fit, codes=self._codes)
        writer = XmlWriter(target, fitted, outgoing.report, mapping.defaults, self._fitting)
        try:
            if isinstance(document, BidAvailability) and isinstance(document.limits, LimitColumns):
                record = mapping.record_of(replace(document, limits=()), outgoing)
                record["series"] = self._limit_rows(document, document.limits, outgoing, writer)
            else:
                record = mapping.record_of(document, outgoing)
            for piece in _together(writer.pieces(outgoing.plan, record)):
                yield piece.encode()
        except UnwritableError:
            raise
        except (ValueError, ArithmeticError) as error:
            raise UnwritableError(kind.value, str(error)) from None

    def _limit_rows(
        self, document: BidAvailability, limits: LimitColumns, outgoing: Outgoing, writer: XmlWriter
    ) -> Iterator[str]:
        texts = outgoing.numbers(limits.available_mw.tolist(), ONE, "series[{}]/quantity".format)
        for which, text in zip(limits.which.tolist(), texts, strict=True):
            around = self._pieces_of(limits.alike[which], document, outgoing, writer)
            if around is not None:
                yield f"{around[0]}{text}{around[1]}"

    def _pieces_of(
        self, limit: BidLimit, document: BidAvailability, outgoing: Outgoing, writer: XmlWriter
    ) -> tuple[str, str] | None:
        key = outgoing.version, id(limit)
        if key not in self._limits:
            row = partial(writer.row, outgoing.plan)
            self._limits[key] = bid_availability.limit_pieces(limit, document, outgoing, row)
            self._kept.append(limit)
        return self._limits[key]


def _together(pieces: Iterable[str]) -> Iterator[str]:
    batch: list[str] = []
    for piece in pieces:
        batch.append(piece)
        if len(batch) >= ROWS_AT_ONCE:
            yield "".join(batch)
            batch.clear()
    yield "".join(batch)
