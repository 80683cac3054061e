"""Cover a demand: entry to the methods that decide which bids are accepted."""
