"""One run of one gate, from closed to published."""
