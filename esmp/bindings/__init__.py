"""Dataclasses per document version, written by `python -m esmp.generate`; never edited by hand."""
