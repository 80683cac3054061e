"""Reports of outcomes: JUnit XML for CI, and one HTML file for people, which loads and runs nothing."""

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Final

from lxml import etree

from contract_tests.outcomes import Outcome, State, counts

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8886; --bad: #b3261e; --good: #1b6e3c; --open: #8a6100; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --good: #7bd8a0; --open: #f0c060; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.counts { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; }
details { border-top: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
.failed { color: var(--bad); } .passed { color: var(--good); } .open { color: var(--open); }
.state { display: inline-block; font-weight: 600; min-width: 6rem; }
pre { border: 1px solid var(--line); overflow: auto; padding: .6rem; max-height: 30rem; font-size: .85rem; }
p, li { overflow-wrap: anywhere; }
"""
_HEAD: Final = """\
<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"""
_CLASSES: Final = {State.PASSED: "passed", State.FAILED: "failed", State.NOT_SHOWN: "open"}
_OF_XML: Final = {code: None for code in range(32) if code not in (9, 10, 13)}
"""Control characters, which no XML can carry; what a foreign system sent may have them."""


def junit(outcomes: Sequence[Outcome], title: str) -> bytes:
    """The outcomes as JUnit XML: a suite for each group; what could not be shown is skipped, and says why."""
    root = etree.Element("testsuites", name=title)
    for group, members in _groups(outcomes):
        tally = counts(members)
        suite = etree.SubElement(
            root,
            "testsuite",
            name=group,
            tests=str(len(members)),
            failures=str(tally[State.FAILED]),
            skipped=str(tally[State.NOT_SHOWN]),
            errors="0",
            time=f"{sum(member.seconds for member in members):.3f}",
        )
        for member in members:
            case = etree.SubElement(
                suite, "testcase", classname=group, name=_clean(member.name), time=f"{member.seconds:.3f}"
            )
            if member.state is State.PASSED:
                continue
            kind = "failure" if member.state is State.FAILED else "skipped"
            why = etree.SubElement(case, kind, message=_clean("; ".join(member.reasons))[:500])
            if member.state is State.FAILED:
                parts = [member.says, *member.reasons, *(f"{e.title}:\n{e.text}" for e in member.evidence)]
                why.text = _clean("\n".join(parts))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def html(outcomes: Sequence[Outcome], title: str, facts: Sequence[str] = ()) -> str:
    """One page with every outcome and its evidence; it loads and runs nothing, whatever the evidence has.

    Args:
        facts: lines above the outcomes: what was looked at, with which settings, when.
    """
    parts = [
        _HEAD,
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>",
    ]
    parts += [f"<p>{escape(fact)}</p>" for fact in facts]
    parts.append(_tally(outcomes))
    for group, members in _groups(outcomes):
        parts.append(f"<h2>{escape(group)}</h2>{_tally(members)}")
        # What failed is read first.
        parts += [_entry(one) for one in sorted(members, key=lambda one: one.state is State.PASSED)]
    parts.append("</body></html>\n")
    return "\n".join(parts)


def _entry(one: Outcome) -> str:
    state = f'<span class="state {_CLASSES[one.state]}">{escape(one.state)}</span>'
    is_open = " open" if one.state is State.FAILED else ""
    lines = [f"<details{is_open}><summary>{state} {escape(one.name)}</summary><p>{escape(one.says)}</p>"]
    if one.reasons:
        lines.append(f"<ul>{''.join(f'<li>{escape(reason)}</li>' for reason in one.reasons)}</ul>")
    if one.source:
        lines.append(f"<p>Source: {escape(one.source)}</p>")
    lines += [f"<h3>{escape(each.title)}</h3><pre>{escape(each.text)}</pre>" for each in one.evidence]
    lines.append("</details>")
    return "".join(lines)


def _tally(members: Sequence[Outcome]) -> str:
    tally = counts(members)
    items = (
        f'<li class="{_CLASSES[state]}">{tally[state]:,} {escape(state)}</li>'
        for state in State
        if tally[state]
    )
    return f'<ul class="counts">{"".join(items)}</ul>'


def _groups(outcomes: Sequence[Outcome]) -> list[tuple[str, list[Outcome]]]:
    order = list(dict.fromkeys(outcome.group for outcome in outcomes))
    arranged = sorted(outcomes, key=lambda outcome: order.index(outcome.group))
    return [(group, list(members)) for group, members in groupby(arranged, lambda outcome: outcome.group)]


def _clean(text: str) -> str:
    return text.translate(_OF_XML).encode("utf-8", "replace").decode()
