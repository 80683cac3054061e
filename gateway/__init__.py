"""The gateway: from a peer's bytes to a checked document, a decision, and an answer."""
