"""The acknowledgement of a document."""
