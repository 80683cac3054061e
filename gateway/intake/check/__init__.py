"""Checks of a document: form, schema, rules."""
