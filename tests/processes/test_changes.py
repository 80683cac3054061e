"""What another run changed: nothing less, nothing more."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.bid import Direction
from gateway.domain.document import DocumentRef
from gateway.processes.changes import NOTHING_MW, changes
from gateway.records.market.results import BidAvailabilityRow

UNITS = 4
_MW = st.lists(st.sampled_from([0.0, 1.0, 2.5, 2.5 + NOTHING_MW / 4, 9.0]), min_size=UNITS, max_size=UNITS)
_RUNS = st.dictionaries(
    st.sampled_from(["east", "west"]), st.dictionaries(st.sampled_from("abc"), _MW), max_size=2
)

Run = dict[str, dict[str, list[float]]]


def rows(run: Run) -> dict[str, list[BidAvailabilityRow]]:
    return {
        platform: [
            BidAvailabilityRow(
                bid_id,
                DocumentRef("doc", 1),
                Direction.UP,
                np.full(UNITS, 9.0),
                np.array(mw),
                None,
                np.array(mw) < 9.0,
            )
            for bid_id, mw in bids.items()
        ]
        for platform, bids in run.items()
    }


@given(_RUNS, _RUNS)
def test_changes_put_upon_the_run_before_give_the_run_after(before: Run, after: Run) -> None:
    nothing = [0.0] * UNITS
    found = {(one.platform, one.bid_id): one for one in changes(rows(before), rows(after))}
    for platform in ("east", "west"):
        for bid_id in "abc":
            was, now = (np.array(run.get(platform, {}).get(bid_id, nothing)) for run in (before, after))
            changed = found.get((platform, bid_id))
            mtu = np.flatnonzero(np.abs(now - was) >= NOTHING_MW)
            if changed is None:
                assert not mtu.size
                continue
            assert changed.mtu.tolist() == mtu.tolist()
            np.testing.assert_array_equal(changed.before_mw, was[mtu])
            np.testing.assert_array_equal(changed.after_mw, now[mtu])
