"""What leaves: outbox, routes, retries."""
