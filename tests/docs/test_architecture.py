"""The picture of the architecture is that of the imports."""

from pathlib import Path

import pytest

from deploy.architecture import imports, layers, page_with, picture, reduced

PAGE = Path(__file__).parents[2] / "docs" / "extending" / "architecture.md"


def test_the_page_shows_the_imports_as_they_are() -> None:
    text = PAGE.read_text()
    assert text == page_with(text, picture()), "python -m deploy.architecture docs/extending/architecture.md"


def test_every_arrow_leads_to_a_layer_below() -> None:
    level = {package: at for at, row in enumerate(layers()) for package in row}
    graph = imports(list(level))
    assert sum(map(len, graph.values())) > len(level)
    assert all(level[source] < level[target] for source, targets in graph.items() for target in targets)


def test_an_arrow_that_follows_from_others_is_left_out() -> None:
    assert list(reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()})) == [("a", "b"), ("b", "c")]


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        page_with("# A page", "")
