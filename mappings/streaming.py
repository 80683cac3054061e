"""Documents of one run as streams: piece by piece, from columns, and what they share only once."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Final

from esmp.codes import DEFAULT_CODES
from esmp.profiles import Family, profile
from gateway.domain.document import BidAvailability, LimitColumns, MeritOrderList
from mappings import bid_availability
from mappings.coercion import fit
from mappings.families import mapping_of, plan
from mappings.mapping_context import ONE, WritingContext
from mappings.report import Report
from mappings.xml_writer import UnwritableError, XmlWriter

ROWS_AT_ONCE: Final = 256
"""Limits that are written together."""

PIECE_LENGTH: Final = 2**16
"""Characters from which on a piece is given away: large ones are compressed while others are written."""

MOST_KNOWN: Final = 20_000
"""Values that are known to fit, cached from stream to stream."""


class DocumentStream:
    """Writes the result documents of one run and receiver.

    Args:
        known: what is known to fit, which streams may share.
    """

    def __init__(self, codes: str = DEFAULT_CODES, known: dict[tuple[int, str], str] | None = None) -> None:
        self._codes = codes
        self._fitting = {} if known is None else known
        self._around: dict[tuple[str, int], dict[int, tuple[str, str] | None]] = {}
        """By version and list of limits that are alike: what is written around their quantities."""
        self._retained: list[object] = []
        """Objects that `_around` knows by their addresses, so that no others get these."""

    def __call__(self, document: BidAvailability | MeritOrderList, version: str) -> Iterator[bytes]:
        """Yield the document in a version, piece by piece.

        Raises:
            UnwritableError: see `mappings.write`; at any piece.
            UnmappedFamilyError, esmp.profiles.UnknownVersion: there is no such document.
        """
        kind = document.header.kind
        target, mapping = profile(Family(kind.value), version), mapping_of(kind)
        outgoing = WritingContext(f"{kind.value} {version}", plan(kind, version), Report())
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
        self, document: BidAvailability, limits: LimitColumns, outgoing: WritingContext, writer: XmlWriter
    ) -> Iterator[str]:
        """The rows of the limits, many at a time: a market has some ten thousand in each document."""
        around = self._around_of(limits, outgoing.version)
        which = limits.which.tolist()
        for each in set(which) - around.keys():
            row = partial(writer.row, outgoing.plan)
            around[each] = bid_availability.limit_pieces(limits.alike[each], document, outgoing, row)
        texts = outgoing.numbers(limits.available_mw.tolist(), ONE, "series[{}]/quantity".format)
        pairs = zip([around[each] for each in which], texts, strict=True)
        rows = (f"{pieces[0]}{text}{pieces[1]}" for pieces, text in pairs if pieces is not None)
        while some := "".join(islice(rows, ROWS_AT_ONCE)):
            yield some

    def _around_of(self, limits: LimitColumns, version: str) -> dict[int, tuple[str, str] | None]:
        key = version, id(limits.alike)
        if key not in self._around:
            self._around[key] = {}
            self._retained.append(limits.alike)
        return self._around[key]


class DocumentStreams:
    """Makes streams of one set of codes, for any threads: most of what one writes was written before."""

    def __init__(self, codes: str = DEFAULT_CODES) -> None:
        self._codes = codes
        self._known: dict[tuple[int, str], str] = {}

    def __call__(self) -> DocumentStream:
        """A stream for a run and receiver."""
        if len(self._known) > MOST_KNOWN:  # names come from documents, and are ever other ones
            self._known = {}
        return DocumentStream(self._codes, self._known)


def _together(pieces: Iterable[str]) -> Iterator[str]:
    batch: list[str] = []
    length = 0
    for piece in pieces:
        batch.append(piece)
        length += len(piece)
        if length >= PIECE_LENGTH:
            yield "".join(batch)
            batch.clear()
            length = 0
    yield "".join(batch)
