"""Minimum quantities, indivisible bids and links."""
