"""The look of all pictures: colours, fonts, and how a figure becomes bytes, the same for the same figure."""

import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, GREEN, ORANGE, VERMILLION = "#0072B2", "#009E73", "#E69F00", "#D55E00"
PURPLE, SKY, YELLOW, GREY = "#CC79A7", "#56B4E9", "#F0E442", "#BBBBBB"
"""The colours of Okabe and Ito (2008), which people who can't tell red from green can tell apart."""

POINTS = 9
"""The size of text, in points."""
DPI = 200
_PAGE_INK = "#010203"  # stands for the page's own colour, which matplotlib can't say

Format = Literal["svg", "png", "pdf"]


@dataclass(frozen=True)
class Theme:
    """Colours of a picture. `paper` is what it stands on, "" where that is the page's own."""

    paper: str
    ink: str
    soft: str
    colors: tuple[str, ...]


_LIGHT = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, "#4D4D4D", "#A89A00")
THEMES = {
    "light": Theme("#ffffff", "#111111", "#555555", _LIGHT),
    "dark": Theme("#111827", "#e5e7eb", "#9ca3af", (SKY, ORANGE, GREEN, PURPLE, YELLOW, VERMILLION, GREY, "#5B8DEF")),
    "print": Theme("", "#000000", "#333333", _LIGHT),
}
PAGE = Theme("", _PAGE_INK, "#808890", (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, "#7a8088", "#A89A00"))
"""For pictures inside a page, whose text takes that page's font and colour."""


@dataclass(frozen=True)
class Pen:
    """What a picture is drawn with: a theme, and the width of the sheet in inches."""

    theme: Theme
    width: float

    def sheet(self, height: float, *, free: bool = False) -> "Figure":
        """An empty figure, its parts laid out by matplotlib, or where `free` by whoever places them."""
        from matplotlib.figure import Figure

        return Figure(figsize=(self.width, height), layout=None if free else "constrained")


@contextmanager
def look(theme: Theme, *, text: bool) -> Iterator[None]:
    """matplotlib as pictures want it; with `text`, letters of an SVG stay letters."""
    import matplotlib

    settings: Any = {
        "svg.hashsalt": "archc",
        "svg.fonttype": "none" if text else "path",
        "pdf.fonttype": 42,
        "font.family": "DejaVu Sans",
        "font.size": POINTS,
        "axes.titlesize": POINTS,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": POINTS,
        "xtick.labelsize": POINTS - 1,
        "ytick.labelsize": POINTS - 1,
        "legend.fontsize": POINTS - 1,
        "legend.frameon": False,
        "text.color": theme.ink,
        "axes.edgecolor": theme.ink,
        "axes.labelcolor": theme.ink,
        "axes.facecolor": "none",
        "figure.facecolor": theme.paper or "none",
        "savefig.facecolor": theme.paper or "none",
        "xtick.color": theme.ink,
        "ytick.color": theme.ink,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "text.parse_math": False,
    }
    logger = logging.getLogger("matplotlib")
    level = logger.level
    # whoever plots needn't hear that matplotlib has no folder for its caches
    logger.setLevel(logging.ERROR)
    try:
        with matplotlib.rc_context(), warnings.catch_warnings():
            # a name in a script that the font lacks is no fault; `archc plot` says so in a sentence
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            warnings.filterwarnings("ignore", message="constrained_layout not applied")
            warnings.filterwarnings("ignore", message="Matplotlib currently does not support .* natively")
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(settings)
            yield
    finally:
        logger.setLevel(level)


def as_bytes(figure: "Figure", form: Format, title: str, description: str) -> bytes:
    """The figure as a file: nothing in it depends on when or where it was drawn."""
    out = io.BytesIO()
    metadata: dict[str, dict[str, Any]] = {
        "svg": {"Date": None, "Creator": None},
        "png": {"Software": None, "Title": title},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None, "Title": title},
    }
    figure.savefig(out, format=form, dpi=DPI, metadata=metadata[form])
    if form != "svg":
        return out.getvalue()
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", out.getvalue().decode("utf-8"), count=1, flags=re.DOTALL)
    svg = re.sub(r"<!DOCTYPE.*?>\s*", "", svg, count=1, flags=re.DOTALL)
    words = f"\n <title>{escape(title)}</title>\n <desc>{escape(description)}</desc>"
    svg = re.sub(r"<svg ([^>]*)>", lambda found: f'<svg role="img" {found[1]}>{words}', svg, count=1)
    return svg.encode("utf-8")


def for_page(svg: bytes, prefix: str) -> str:
    """An SVG as a part of a page: its ids begin with `prefix`, its font and the colour of its text are the page's."""
    text = svg.decode("utf-8")
    text = text[text.index("<svg") :]
    prefix = re.sub(r"\W", "_", prefix)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", text)
    text = re.sub(r"<style.*?</style>|font-family: [^;\"]*;?", "", text, flags=re.DOTALL)
    text = re.sub(r"font: (\d+ )?([\d.]+px) [^;\"]*", _font_size, text)
    return text.replace(_PAGE_INK, "currentColor")


def _font_size(found: re.Match[str]) -> str:
    weight = f"font-weight: {found[1].strip()}; " if found[1] else ""
    return f"{weight}font-size: {found[2]}"
