"""The canonical model: what a document means, free of format, protocol and store."""
