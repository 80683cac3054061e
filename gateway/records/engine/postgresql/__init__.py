"""Stores as schemas of one PostgreSQL database, each with a role of its own."""
