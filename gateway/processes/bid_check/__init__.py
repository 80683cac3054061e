"""The bid check: bids of all platforms of a gate against the grids of all its operators.

`collecting` takes bids, `problem` makes the optimiser's problem of them, `result` makes a decision of its
answer and publishes each participant its part, `run` leads a gate through all of it.
"""
