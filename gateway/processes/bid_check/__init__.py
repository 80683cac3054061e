"""The bid check: bids of all platforms of a gate against the grids of all its operators.

`collect` takes bids, `question` poses the problem, `deciding` makes a decision of its answer, `publish` sends
each participant its part, `run` leads a gate through all of it.
"""
