"""Processes that apply canonical documents: collection of bids, bid checks, answers."""
