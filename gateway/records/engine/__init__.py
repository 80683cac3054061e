"""Databases of tenants and the shared one: connections, transactions, types of columns, the field policy."""
