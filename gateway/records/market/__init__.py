"""What a market is made of: gates, bids, models, runs and their results."""
