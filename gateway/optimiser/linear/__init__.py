"""Divisible bids: the linear programme of an MTU over few rows and bids."""
