"""What is kept: per tenant, minimised."""
