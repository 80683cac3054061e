"""Stores as SQLite files below one directory: one process tree works on them."""
