"""Cover a demand: the way in to the methods that decide which bids are accepted."""
