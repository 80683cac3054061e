"""Which bids the grid can carry: arrays in, arrays out."""
