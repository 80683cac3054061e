"""What follows from a decision: the answer, its verification, and why bids were limited."""
