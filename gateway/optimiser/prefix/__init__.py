"""Lists of which any amount is activated in price order: their effect on rows, and their safe quantities."""
