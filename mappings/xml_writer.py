"""Record → XML text, by a version's plan: children in the profile's order, every value fitted and escaped.

Strings are put together directly, which is several times faster than building a tree; what may not be in
XML never passes `escaped`. A class of plain values is on one line: points are many.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from esmp.profiles import DataType, Profile
from mappings.coercion import Coerced
from mappings.element_plan import GroupColumns, Plan, Record, Slot
from mappings.report import Report

_SPECIAL: Final = re.compile('[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]')
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}
_DECIMAL: Final = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,8})?")
"""Form of most numbers; it fits every decimal type, so no further check is needed."""
_DECIMALS: Final = re.compile(rf"{_DECIMAL.pattern}(?:\n{_DECIMAL.pattern})*")
_INDEX: Final = re.compile(r"\[\d+\]")

Fit = Callable[[str, DataType], Coerced]


class UnwritableError(ValueError):
    """The document lacks a value that this version demands, or has one that it cannot hold."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Default:
    """Value written where a version demands one that the document does not state.

    Attributes:
        value: the text itself, or
        same_as: the field of the document that states it.
    """

    reason: str
    value: str | None = None
    same_as: str | None = None


@dataclass(frozen=True, slots=True)
class XmlWriter:
    """Writes records of one version. Places are canonical: `series[2]/reasons[1]/text`."""

    profile: Profile
    fit: Fit
    report: Report
    defaults: Mapping[str, Default] = field(default_factory=dict)
    fitting: dict[tuple[int, str], str] = field(default_factory=dict)
    """Texts that fit unchanged, by data type: most values occur many times."""
    demanding: bool = True
    """Whether a value that the version requires, and is not stated, is an error; otherwise it is left out."""

    @property
    def version(self) -> str:
        """The version as a reader knows it: `ReserveBid 7.4`."""
        return f"{self.profile.family} {self.profile.version}"

    def document(self, plan: Plan, record: Record) -> bytes:
        """Return the complete document.

        Raises:
            UnwritableError: a value of the document itself is missing or does not fit.
        """
        return "".join(self.pieces(plan, record)).encode()

    def pieces(self, plan: Plan, record: Record) -> Iterator[str]:
        """Yield the document piece by piece, a row of its groups at a time.

        A group of the document may be any iterable, which is read once; a row may be a text that `row` gave.

        Raises:
            UnwritableError: see `document`; at any piece.
        """
        root = self.profile.root
        for name in plan.fields & self.defaults.keys():
            self._assume(plan, record, name)
        yield f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{self.profile.namespace}">'
        yield from self._content(plan, record, "", "\n  ")
        yield f"\n</{root}>\n"
        self._leftovers(plan, record, "")

    def row(self, plan: Plan, name: str, record: Record) -> str:
        """Return one row of a group of the document, as `pieces` expects it; empty if it has to be left
        out."""
        slot = next(slot for slot in plan.slots if slot.field == name)
        if slot.plan is None:
            raise ValueError(f"{name} is no group")
        return "".join(self._rows(slot, slot.plan, [record], "", "\n  "))

    def _assume(self, plan: Plan, record: Record, name: str) -> None:
        """Fill a required value of the document from another that it does state."""
        source = self.defaults[name].same_as
        if source is None or record.get(name) is not None or not plan.demands(name):
            return
        for suffix in ("", "_scheme"):
            record[name + suffix] = record.get(source + suffix)
        self.report.added(name, self.defaults[name].reason, str(record[name]))

    def _content(self, plan: Plan, record: Record, place: str, indent: str) -> Iterator[str]:
        for slot in plan.slots:
            if slot.plan is None:
                value = record.get(slot.field or "")
                if value is None:
                    if slot.required:
                        yield self._leaf(slot, record, place, indent)
                elif slot.attribute is None and (text := self._known(slot, value)) is not None:
                    yield f"{indent}<{slot.name}>{text}</{slot.name}>"
                else:
                    yield self._leaf(slot, record, place, indent)
            elif slot.field is not None:
                yield from self._group(slot, slot.plan, record, place, indent)
            elif slot.required or any(record.get(name) is not None for name in slot.plan.fields):
                inner_indent, end = ("", "") if slot.plan.is_flat else (indent + "  ", indent)
                inner = "".join(self._content(slot.plan, record, place, inner_indent))
                yield f"{indent}<{slot.name}>{inner}{end}</{slot.name}>"

    def _known(self, slot: Slot, value: str) -> str | None:
        """The text of a value that needs no further check."""
        if slot.decimal and _DECIMAL.fullmatch(value) is not None:
            return value
        return self.fitting.get((id(slot.type), value))

    def _leaf(self, slot: Slot, record: Record, place: str, indent: str) -> str:
        value = record.get(slot.field or "")
        if value is None and (value := self._default(slot, place)) is None:
            return ""
        text = self._fitted(slot, slot.type, value, place)
        if text is None:
            return ""
        code = None if slot.attribute_field is None else record.get(slot.attribute_field)
        if code is None:
            return f"{indent}<{slot.name}>{text}</{slot.name}>"
        scheme = self._fitted(slot, slot.attribute_type, code, place)
        if scheme is None:
            return ""
        return f'{indent}<{slot.name} {slot.attribute}="{scheme}">{text}</{slot.name}>'

    def _default(self, slot: Slot, place: str) -> str | None:
        where = f"{place}{slot.field}"
        default = self.defaults.get(_INDEX.sub("", where))
        if default is None or default.value is None:
            if not self.demanding:
                return None
            raise UnwritableError(where, f"{self.version} demands {slot.name}")
        self.report.added(where, default.reason, default.value)
        return default.value

    def _fitted(self, slot: Slot, data_type: DataType | None, value: str, place: str) -> str | None:
        if data_type is None:
            return escaped(value)
        known = self.fitting.get((id(data_type), value))
        if known is not None:
            return known
        fitted = self.fit(value, data_type)
        if fitted.text is not None and fitted.reason is None:
            text = self.fitting[id(data_type), value] = escaped(value)
            return text
        where = f"{place}{slot.field}"
        if fitted.text is None:
            reason = fitted.reason or "does not fit"
            if slot.required:
                raise UnwritableError(where, reason)
            self.report.dropped(where, reason, value)
            return None
        self.report.altered(where, fitted.reason or "", value, fitted.text)
        return escaped(fitted.text)

    def _group(self, slot: Slot, plan: Plan, record: Record, place: str, indent: str) -> Iterator[str]:
        rows = record.get(slot.field or "") or ()
        written = 0
        for text in self._rows(slot, plan, rows, place, indent):
            written += 1
            yield text
        if slot.required and not written and self.demanding:
            raise UnwritableError(f"{place}{slot.field}", f"{self.version} demands {slot.name}")

    def _rows(
        self, slot: Slot, plan: Plan, rows: Iterable[Record | str], place: str, indent: str
    ) -> Iterator[str]:
        if isinstance(rows, GroupColumns):
            text = self._columns(slot, plan, rows, indent)
            if text is not None:
                yield text
                return
        inner_indent, end = ("", "") if plan.is_flat else (indent + "  ", indent)
        written = 0
        for number, row in enumerate(rows, start=1):
            if isinstance(row, str):
                yield row
                continue
            inside = f"{place}{slot.field}[{number}]/"
            if written and not slot.repeated:
                self._all_dropped(row, inside, f"{self.version} takes only one {slot.name}")
                continue
            try:
                inner = "".join(self._content(plan, row, inside, inner_indent))
            except UnwritableError as error:
                self._all_dropped(row, inside, f"left out as a whole, for {error}")
                continue
            if not row.keys() <= plan.fields:
                self._leftovers(plan, row, inside)
            written += 1
            yield f"{indent}<{slot.name}>{inner}{end}</{slot.name}>"

    def _columns(self, slot: Slot, plan: Plan, rows: GroupColumns, indent: str) -> str | None:
        """Rows that have plain values, all of them the same ones, together; None where they are not such."""
        if not slot.repeated or not rows.texts.keys() <= plan.fields:
            return None
        parts, columns = [], []
        for each in plan.slots:
            texts = rows.texts.get(each.field or "")
            if texts is None:
                if each.required:
                    return None
                continue
            if each.plan is not None or each.attribute is not None or None in texts:
                return None
            if not self._all_fit(each, "\n".join(texts)):  # type: ignore[arg-type]
                return None
            parts.append(f"<{each.name}>%s</{each.name}>")
            columns.append(texts)
        line = f"{indent}<{slot.name}>{''.join(parts)}</{slot.name}>"
        return "".join([line % values for values in zip(*columns, strict=True)])

    def _all_fit(self, slot: Slot, lines: str) -> bool:
        """Whether every line fits unchanged: as a decimal of the usual form, or as those known to fit."""
        if slot.type is None:
            return escaped(lines) == lines
        if slot.decimal:
            return _DECIMALS.fullmatch(lines) is not None
        key = id(slot.type), lines
        if key not in self.fitting:
            if any(
                self.fit(each, slot.type).reason is not None or escaped(each) != each
                for each in lines.split("\n")
            ):
                return False
            self.fitting[key] = lines
        return True

    def _leftovers(self, plan: Plan, record: Record, place: str) -> None:
        """Report what this version has no element for."""
        left = {name: record[name] for name in record if name not in plan.fields}
        self._all_dropped(left, place, f"{self.version} has no element for it")

    def _all_dropped(self, record: Record, place: str, reason: str) -> None:
        for name, value in record.items():
            if isinstance(value, list | GroupColumns):
                for number, row in enumerate(value, start=1):
                    self._all_dropped(row, f"{place}{name}[{number}]/", reason)
            elif value is not None and not name.endswith("_scheme"):
                self.report.dropped(f"{place}{name}", reason, value)


def escaped(text: str) -> str:
    """Return a text as it may be in an element or attribute; what XML cannot hold becomes U+FFFD."""
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found[0], "\ufffd"), text)
