"""Records of incoming and outgoing messages, and their states."""
