"""The canonical model: what a document means, free of format, protocol and store.

Read `document` for what travels, `bids` for bids as columns, `grid` for reduced grid models, `gate` and
`result` for one collection of bids and its decision. This package does no input or output.

Conventions, everywhere: power in MW, prices per MWh (energy) or per MW (capacity) in the currency the bid
names, times in UTC, up = more injection into the grid, down = less.
"""
