"""The way of an envelope, from storage to its answer, in processes of its own."""
