"""Sample files for any day: bids, and what a gateway needs before it accepts them."""

import json
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from importlib.resources import files
from typing import Final

from gateway.domain.market_time import MARKET_ZONE, local_day

_WRITTEN_FOR: Final = local_day(date(2026, 3, 1))
_WRITTEN_AT: Final = "2026-02-28T10:15:30Z"
_MOMENT: Final = re.compile(r"2026-0[23]-\d\dT\d\d:\d\d(:\d\d)?Z")


class Kind(StrEnum):
    """Kinds of samples, each for the configuration that `flexgate init` writes."""

    BIDS = "bids"
    """ReserveBid 7.4 of `platform-north`."""
    CSV = "csv"
    """The same bids as a table."""
    DONE = "done"
    """The same platform's statement, for any protocol, that it has sent everything of the gate."""
    ACTIVATION = "activation"
    """Activation of one of the bids in the first market time unit, as the same platform reports it."""
    GATE = "gate"
    """Terms of a gate that collects them."""
    EXACT_GATE = "exact-gate"
    """Terms of a gate that collects them for a stated demand."""
    RESOURCES = "resources"
    """Connection points of the units of the bids, as `tso` assigns them."""
    MODEL = "model"
    """A reduced grid model of `dso-east`."""
    ACKNOWLEDGEMENT = "acknowledgement"
    """The answer to a document that was received, so of no day and no platform (`gateway.cli.answers`)."""


_FILES: Final = {
    Kind.BIDS: "bids.xml",
    Kind.CSV: "bids.csv",
    Kind.DONE: "done.xml",
    Kind.ACTIVATION: "activation.xml",
}
FAULTY: Final = frozenset({Kind.BIDS, Kind.CSV})
"""Kinds of which there is a sample that is refused."""
_CURRENCY, _NO_CURRENCY = "EUR", "EUX"


_NORTH, _NORTH_PARTY = "platform-north", "11XTEST-NORTH--J"
"""Of whom the files are."""
OF_ONE_PLATFORM: Final = frozenset(_FILES)
"""Kinds of documents of one platform."""
OF_GATE: Final = frozenset({Kind.GATE, Kind.EXACT_GATE})
"""Kinds that name any number of platforms."""


def tomorrow(now: datetime) -> date:
    """The market day after the one of `now`."""
    return now.astimezone(MARKET_ZONE).date() + timedelta(days=1)


def sample(
    kind: Kind, day: date, now: datetime, *, faulty: bool = False, platforms: Sequence[str] = (_NORTH,)
) -> str:
    """A sample for a market day, made at `now`; bids of every second have an mRID of their own.

    It is of the first of the platforms, or, if it is a gate, for all of them. Bids and documents of another
    platform than `platform-north` have names of their own.

    The first bid of a faulty one (in a table every bid) is in a currency that there is not, so it is refused
    where it is checked.
    """
    text = files(__name__).joinpath(_FILES.get(kind, f"{kind}.json")).read_text("utf-8")
    wanted = local_day(day)

    def moved(found: re.Match[str]) -> str:
        if found[0] == _WRITTEN_AT:
            return f"{now:%Y-%m-%dT%H:%M:%SZ}"
        moment = datetime.fromisoformat(found[0])
        # Days have 23 to 25 hours: what counts from the beginning moves with it, the end is the end.
        at = wanted.end if moment == _WRITTEN_FOR.end else wanted.start + (moment - _WRITTEN_FOR.start)
        return f"{at:%Y-%m-%dT%H:%M:%SZ}" if found[1] else f"{at:%Y-%m-%dT%H:%MZ}"

    if faulty:
        # In a table every row has the currency of its bid, and rows of a bid have the same.
        text = text.replace(_CURRENCY, _NO_CURRENCY, 1 if kind is Kind.BIDS else -1)
    text = _MOMENT.sub(moved, text).replace("sample-2026-03-01", f"sample-{day}")
    if kind in OF_GATE:
        return text.replace(f'["{_NORTH}"]', json.dumps(platforms))
    text = text.replace("SAMPLE-BIDS", f"SAMPLE-{day:%Y%m%d}-{now:%m%d%H%M%S}")
    if kind in OF_ONE_PLATFORM and platforms[0] != _NORTH:
        from gateway.cli.first_configuration import PLATFORMS  # imports cryptography

        own = platforms[0].removeprefix("platform-").upper()
        text = text.replace("SAMPLE-", f"SAMPLE-{own}-").replace(_NORTH_PARTY, PLATFORMS[platforms[0]])
    return text
