"""One module or folder per protocol: transport messages ⇄ envelopes."""
