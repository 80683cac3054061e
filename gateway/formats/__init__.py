"""Formats: what a document may look like, by description instead of code.

    formats = Formats.read(store)                  # the market documents (ESMP), and every described format
    formats.candidates(payload, content_type)      # the described format of a document, if it is of any
    format.read(payload)                           # header values and findings, each with its place

A described format is a few lines of TOML (`descriptions`), and a schema: XML Schema, JSON Schema, or columns
of a table. `format_sets` has them in the store and checks everything that is known before a document comes.
"""

from gateway.formats.catalogue import Formats, formats_in
from gateway.formats.described import Format, Reading
from gateway.formats.faults import FormatsRefused
from gateway.formats.header import Header

__all__ = ["Format", "Formats", "FormatsRefused", "Header", "Reading", "formats_in"]
