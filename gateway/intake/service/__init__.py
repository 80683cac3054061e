"""Handling of envelopes, from storage to their answers, in separate processes."""
