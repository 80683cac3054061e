"""Figures as inline SVG that take their colours from the page: one drawing for light, dark and paper."""

import io
import re
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK: Final = "#f00001"
MUTED: Final = "#f00002"
HAIRLINE: Final = "#f00003"
SURFACE: Final = "#f00004"
TAKEN: Final = "#f00005"
FREE: Final = "#f00006"
LIMITED: Final = "#f00007"
ADDED: Final = "#f00008"
CALM: Final = "#f00009"
FULL: Final = "#f0000b"
BASE: Final = "#f0000c"
"""Colours by meaning. Each is replaced by a custom property of the page on writing the SVG."""

_PROPERTIES: Final = {
    INK: "ink",
    MUTED: "muted",
    HAIRLINE: "hairline",
    SURFACE: "surface",
    TAKEN: "taken",
    FREE: "free",
    LIMITED: "limited",
    ADDED: "added",
    CALM: "calm",
    FULL: "full",
    BASE: "base",
}
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "flexgate",
    "font.size": 9.0,
    "axes.edgecolor": HAIRLINE,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.facecolor": SURFACE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": HAIRLINE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": HAIRLINE,
    "ytick.color": HAIRLINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "hatch.linewidth": 1.1,
}
_MARGINS: Final = 0.65, 0.1, 0.3, 1.1
"""Left, right, above and below all axes of a figure; between two of them `_GAP`; inches."""
_GAP: Final = 0.5
_COLOUR: Final = re.compile(r"#f0000[1-9a-c]")
_FONT: Final = re.compile(r"'DejaVu Sans'(?:, [^;\"]*)?")
_ID: Final = re.compile(r'(\bid="|url\(#|href="#)')


def style() -> AbstractContextManager[None]:
    """The style of the report, for everything drawn and written inside."""
    return mpl.rc_context(_STYLE)


class Page(StrEnum):
    """What a figure is drawn for: panels side by side, or one below the other on a telephone."""

    WIDE = "wide"
    NARROW = "narrow"


def figure(page: Page, heights: tuple[float, float]) -> Figure:
    """An empty figure as wide as the page; its heights on a wide and on a narrow one, in inches."""
    size = (10.4, heights[0]) if page is Page.WIDE else (4.2, heights[1])
    return Figure(figsize=size)


def axes(drawing: Figure, rows: int = 1, columns: int = 1, **options: Any) -> list[list[Axes]]:
    """Axes of a figure, row by row, with space for titles, labels and a legend at the foot.

    The margins are fixed, because to measure them takes longer than to draw.
    """
    width, height = drawing.get_size_inches()
    left, right, top, bottom = _MARGINS
    across = (width - left - right - (columns - 1) * _GAP) / columns
    down = (height - top - bottom - (rows - 1) * _GAP) / rows
    spacing = {
        "left": left / width,
        "right": 1 - right / width,
        "top": 1 - top / height,
        "bottom": bottom / height,
        "wspace": _GAP / across,
        "hspace": _GAP / down,
    }
    grid: list[list[Axes]] = drawing.subplots(
        rows, columns, squeeze=False, gridspec_kw=spacing, **options
    ).tolist()
    return grid


def svg(drawing: Figure, page: Page, name: str, description: str) -> str:
    """The figure as an SVG element of the class that is its page.

    Args:
        drawing: what to write.
        page: what it was drawn for.
        name: unique on the page; keeps the figures' internal names apart.
        description: what it shows, for those who do not see it.
    """
    drawing.patch.set_visible(False)
    stream = io.StringIO()
    drawing.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = _COLOUR.sub(lambda found: f"var(--{_PROPERTIES[found[0]]})", text)
    text = _FONT.sub("var(--font)", text)
    text = _ID.sub(rf"\g<1>{name}-{page}-", text)
    text = re.sub(r'<svg ([^>]*?)width="[^"]*"', r"<svg \1", text, count=1)
    text = re.sub(r'<svg ([^>]*?)height="[^"]*"', r"<svg \1", text, count=1)
    return text.replace("<svg ", f'<svg class="{page}" role="img" aria-label="{description}" ', 1)
