"""Limit rows: what bids bring to them, what they leave, which parts of the grids they tie together."""
