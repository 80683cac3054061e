"""Errors of libxml2 in a document, in time linear in its length.

To locate a fault, libxml2 counts the siblings before it: many faults in one long list of siblings
take the square of its length. So in a tree with such a list it is first found out, by a parser that validates
and keeps nothing, how far one must read to see as many faults as are reported; only so much is then looked at
in a tree.
"""

from collections.abc import Sequence
from typing import Any, Final

from lxml import etree

from esmp.parsing import SAFE, Nothing

LONG: Final = 512
"""Siblings from which on a list is long."""

_BLOCK: Final = 2**14

_long_lists: Final = etree.XPath(f"boolean(descendant-or-self::*[*[{LONG}]])")


def complaints(schema: etree.XMLSchema, root: etree._Element, data: bytes | None, most: int) -> Sequence[Any]:
    """Return what a schema finds wrong with a tree: entries of libxml2's log, in the document's order.

    Of more than `most` the first are there. `data` is what the tree was made of; None: it was changed since.
    """
    if not _long_lists(root):
        return _all(schema, root)
    if data is None:
        data = etree.tostring(root, encoding="UTF-8")
    reach = _reach(schema, data, most)
    if reach == 0:
        return ()
    if reach >= len(data):
        return _all(schema, root)
    return _first(schema, data[:reach])


def _all(schema: etree.XMLSchema, root: etree._Element) -> Sequence[Any]:
    if schema.validate(root):
        return ()
    log: Any = schema.error_log
    return list(log)


def _reach(schema: etree.XMLSchema, data: bytes, most: int) -> int:
    """How many bytes hold the first `most` faults and a little more; 0: there is no fault at all."""
    target: Any = Nothing()
    parser: Any = etree.XMLParser(target=target, schema=schema, **SAFE)
    try:
        for start in range(0, len(data), _BLOCK):
            parser.feed(data[start : start + _BLOCK])
            if len(parser.feed_error_log) > most:
                return start + _BLOCK
        parser.close()
    except etree.XMLSyntaxError:
        return len(data)
    return len(data) if len(parser.feed_error_log) else 0


def _first(schema: etree.XMLSchema, beginning: bytes) -> Sequence[Any]:
    """Faults in the beginning of a document, but for those of elements that do not end in it."""
    root = etree.fromstring(beginning, etree.XMLParser(recover=True, **SAFE))
    tree = root.getroottree()
    last = root
    while len(last):
        last = last[-1]
    open_ended = {tree.getpath(element) for element in (last, *last.iterancestors())}
    return [entry for entry in _all(schema, root) if entry.path not in open_ended]
