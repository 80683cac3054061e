"""Answers before a deadline, whatever the solver does."""
