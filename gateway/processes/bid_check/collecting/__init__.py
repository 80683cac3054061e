"""Bids, activations and schedules of a gate, as documents bring them."""
