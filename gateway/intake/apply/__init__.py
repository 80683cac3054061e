"""What a document brings about."""
