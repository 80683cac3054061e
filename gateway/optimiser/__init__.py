"""Which bids the grid allows: arrays in, arrays out."""
