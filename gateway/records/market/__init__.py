"""Records of markets: gates, bids, models, runs and their results."""
