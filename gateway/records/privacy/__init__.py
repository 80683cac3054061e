"""What is deleted when, and what must be remembered of it."""
