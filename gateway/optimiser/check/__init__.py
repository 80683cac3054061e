"""Evaluation of a decision: the answer, its verification, and why bids were limited."""
