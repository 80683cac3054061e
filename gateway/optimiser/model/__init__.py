"""The problem: bids, lists, links, grids and the order of aims, as checked arrays."""
