"""Lists of which any amount is activated in price order: what they bring to rows, what they may keep."""
