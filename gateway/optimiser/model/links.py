"""Links between bids: what each one means, and which of them contradict each other.

Meanings follow the Nordic mFRR energy activation market (implementation guide "Common market
requirements") and the ERRP/ESMP code lists A55 to A72:

* exclusive: at most one member activated per MTU.
* multipart: members from cheapest part to dearest, steps of one supply curve: a part only if the part
  before it is accepted in full.
* inclusive: all members or none, in the same share of their quantities.
* technical: one bid per MTU along a chain; what a chain means differs by market, see `TechnicalRule`.
* conditional: a bid at one MTU is available depending on whether bids at earlier MTUs were activated.
* block: a bid accepted over all its MTUs in the same share of its quantities.

Quantities are those *offered*: a group with a withheld or capped member is decided as one. A part whose
parent is capped cannot follow it, members of an inclusive group and a block get no larger share than the one
capped most leaves.

Activations before the first MTU are an input (`Links.activated_before`).

"Activated" means accepted with at least the minimum quantity, and with no less than `LEAST_MW`: a bid that
delivers nothing cannot switch another one on or off.
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from gateway.optimiser.model.checks import InvalidProblemError

LEAST_MW = 0.001
EARLIEST = -2  # MTU: conditional links look back so far


class TechnicalRule(StrEnum):
    """Requirement of a technical link on two neighbours in a chain; market data."""

    DIRECT_BLOCKS = "direct-blocks"
    """Direct activation delivers into the next MTU, so that the next one is not available; scheduled
    activation ends with its MTU. A bid with both activation types counts as scheduled."""
    MAY_NOT_FOLLOW = "may-not-follow"
    """Of two neighbours at most one is activated."""
    MUST_FOLLOW = "must-follow"
    """Once one is activated, so is the next; what was before the first MTU follows by itself."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Activation state of one bid at one MTU: holds when `bid` is activated at `mtu` (or is not).

    `mtu` is negative for what was before the first one.
    """

    bid: int
    mtu: int
    activated: bool


@dataclass(frozen=True, slots=True)
class ConditionalLink:
    """`bid` at `mtu` is available only if all (or, with `any_of`, at least one) of `conditions` hold.

    Codes A55, A68 name conditions with `activated=False`; A56, A67 with `activated=True`. Bids that are
    available until something happens need all conditions, bids unavailable until something happens any.
    """

    bid: int
    mtu: int
    conditions: tuple[Condition, ...]
    any_of: bool = False


@dataclass(frozen=True, slots=True)
class Links:
    """All links of a problem; bids and MTUs by index.

    Attributes:
        exclusive, inclusive: groups of bids.
        multipart: groups of bids, cheapest part first.
        technical: chains of (bid, mtu) in order of time; they may begin at MTU −1. technical_rule: what they
            mean.
        conditional: one entry per dependent bid and MTU.
        blocks: bids accepted alike over all MTUs in which they are offered.
        activated_before: (bid, mtu < 0) that were activated, of those that links look at.
        skippable: bids that a platform may pass over for reasons that are not in the problem, e.g. links to
            bids of other gates; used by safe lists only.
    """

    exclusive: tuple[tuple[int, ...], ...] = ()
    multipart: tuple[tuple[int, ...], ...] = ()
    inclusive: tuple[tuple[int, ...], ...] = ()
    technical: tuple[tuple[tuple[int, int], ...], ...] = ()
    conditional: tuple[ConditionalLink, ...] = ()
    blocks: tuple[int, ...] = ()
    technical_rule: TechnicalRule = TechnicalRule.DIRECT_BLOCKS
    activated_before: frozenset[tuple[int, int]] = frozenset()
    skippable: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.exclusive or self.multipart or self.inclusive or self.technical) or bool(
            self.conditional or self.blocks
        )

    def check(self, bid_ids: tuple[str, ...], direction: tuple[int, ...], mtus: int) -> None:
        """Raise InvalidProblemError, naming the bid, on an unknown index or contradictory links."""
        self._check_groups(bid_ids, direction)
        for chain in self.technical:
            for bid, mtu in chain:
                _known(bid, bid_ids, max(mtu, 0) if mtu >= EARLIEST else mtu, mtus)
            if any(b[1] != a[1] + 1 for a, b in pairwise(chain)):
                raise InvalidProblemError("technical link skips an MTU", bid_id=bid_ids[chain[0][0]])
        dependent: set[tuple[int, int]] = set()
        for link in self.conditional:
            _known(link.bid, bid_ids, link.mtu, mtus)
            if not link.conditions:
                raise InvalidProblemError("conditional link without a condition", bid_id=bid_ids[link.bid])
            if (link.bid, link.mtu) in dependent:
                raise InvalidProblemError(
                    "two conditional links at one MTU", bid_id=bid_ids[link.bid], mtu=link.mtu
                )
            dependent.add((link.bid, link.mtu))
            for condition in link.conditions:
                earlier = EARLIEST <= condition.mtu < 0
                _known(condition.bid, bid_ids, 0 if earlier else condition.mtu, mtus)
                if condition.mtu >= link.mtu:
                    raise InvalidProblemError(
                        "conditional link to a bid that is not earlier",
                        bid_id=bid_ids[link.bid],
                        mtu=link.mtu,
                    )
        for bid in (*self.blocks, *self.skippable):
            _known(bid, bid_ids, 0, 1)
        for bid, mtu in self.activated_before:
            _known(bid, bid_ids, 0, 1)
            if not EARLIEST <= mtu < 0:
                raise InvalidProblemError(
                    "activated before, but not in the MTUs that links look at", bid_id=bid_ids[bid]
                )

    def _check_groups(self, bid_ids: tuple[str, ...], direction: tuple[int, ...]) -> None:
        kind_of: dict[int, str] = {}
        for kind in ("exclusive", "multipart", "inclusive"):
            for group in getattr(self, kind):
                if len(set(group)) != len(group):
                    raise InvalidProblemError(f"{kind} group names a bid twice", bid_id=bid_ids[group[0]])
                if len(group) < 2:
                    raise InvalidProblemError(f"{kind} group of fewer than two bids")
                for bid in group:
                    _known(bid, bid_ids, 0, 1)
                    if bid in kind_of:
                        groups = f"in two groups at once, {kind_of[bid]} and {kind}"
                        raise InvalidProblemError(groups, bid_id=bid_ids[bid])
                    kind_of[bid] = kind
                if kind != "exclusive" and len({direction[bid] for bid in group}) > 1:
                    raise InvalidProblemError(f"{kind} group mixes directions", bid_id=bid_ids[group[0]])


def tied_bids(links: Links) -> set[int]:
    """Bids whose activation a link ties to that of others."""
    tied = {b for group in (*links.exclusive, *links.multipart, *links.inclusive) for b in group}
    tied |= {b for chain in links.technical for b, _ in chain} | set(links.blocks)
    return tied | {link.bid for link in links.conditional}


def _known(bid: int, bid_ids: tuple[str, ...], mtu: int, mtus: int) -> None:
    if not 0 <= bid < len(bid_ids):
        raise InvalidProblemError(f"link names bid number {bid}, there are {len(bid_ids)}")
    if not 0 <= mtu < mtus:
        raise InvalidProblemError(f"link names MTU number {mtu}, there are {mtus}", bid_id=bid_ids[bid])
