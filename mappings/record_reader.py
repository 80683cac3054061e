"""lxml element → record, by a version's plan."""

from lxml import etree

from mappings.element_plan import Plan, Record
from mappings.report import Report


def without_comments(root: etree._Element) -> etree._Element:
    """Remove comments and processing instructions from the tree, so that no text is split by one."""
    if next(root.iter(etree.Comment, etree.PI), None) is not None:
        etree.strip_tags(root, etree.Comment, etree.PI)
    return root


def record_of(element: etree._Element, plan: Plan, report: Report, place: str = "") -> Record:
    """Return the values below an element as a record; values are counted, unknown elements reported.

    `place` is the canonical place of `element` with a final slash, for the report.
    """
    record: Record = {}
    _fill(record, element, plan, report, place)
    return record


def _fill(record: Record, element: etree._Element, plan: Plan, report: Report, place: str) -> None:
    by_tag = plan.by_tag
    for child in element:
        slot = by_tag.get(child.tag)
        if slot is None:
            name = etree.QName(child).localname
            report.dropped(place + name, f"{name} is no element of this version", child.text)
        elif slot.plan is None:
            text = child.text or ""
            record[slot.field or ""] = text.strip() if slot.collapse else text
            report.unchanged += 1
            if slot.attribute_field is not None:
                code = child.get(slot.attribute or "")
                if code is not None:
                    record[slot.attribute_field] = code.strip()
        elif slot.field is None:
            _fill(record, child, slot.plan, report, place)
        else:
            rows = record.setdefault(slot.field, [])
            row: Record = {}
            _fill(row, child, slot.plan, report, f"{place}{slot.field}[{len(rows) + 1}]/")
            rows.append(row)
