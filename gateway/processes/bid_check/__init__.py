"""The bid check: bids of all platforms of a gate against the grids of all its operators.

`collect` takes bids, `assemble` poses the problem, `decide` has it solved in time, `publish` tells each
participant its part, `run` leads a gate through all of it.
"""
