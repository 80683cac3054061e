"""Documentation that points nowhere is worse than none."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)


def anchor(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        headings = {anchor(heading) for heading in HEADING.findall(file.read_text())} if fragment else set()
        if not file.exists() or (fragment and fragment not in headings):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize(
    "folder", ["running", "connecting-a-platform", "connecting-a-dso", "integrating", "extending", "deciding"]
)
def test_every_reader_has_a_page(folder: str) -> None:
    assert (ROOT / "docs" / folder / "README.md").stat().st_size > 500
