"""Effects of documents."""
