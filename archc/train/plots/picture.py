"""A picture: drawn when it is asked for, in the form that is asked for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from archc.data.atomic import whole_file
from archc.diagnostics import Diagnostic, Failed
from archc.draw.formats import LEAST_POINTS, told_small
from archc.train.folders import writing
from archc.train.plots.names import FORMATS, NARROWEST, WIDEST
from archc.train.plots.sheet import fit, missing, smallest
from archc.train.plots.theme import PAGE, THEMES, Format, Pen, Theme, as_bytes, for_page, look

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 6.4
"""Inches across, unless said."""


@dataclass(frozen=True, repr=False)
class Picture:
    """What a picture shows, with `paint` to draw it; it shows itself in a notebook.

    `said` are the sentences that go with it: what it shows, and what was noticed. `paint` makes no
    choice that depends on anything but its pen. `width` is in inches, None for `natural`.
    """

    kind: str
    title: str
    said: tuple[str, ...]
    paint: "Callable[[Pen], Figure]"
    theme: str = "light"
    width: float | None = None
    natural: float = WIDTH

    def styled(self, theme: str, width: float | None = None) -> "Picture":
        """The same in another theme ("light", "dark", "print") or width (inches, from 2 to 60).

        Raises ValueError for what is no theme, or no such width.
        """
        if theme not in THEMES:
            raise ValueError(f"there is no theme {theme!r}: say one of {', '.join(THEMES)}")
        number = isinstance(width, Real) and not isinstance(width, bool)
        if width is not None and not (number and NARROWEST <= width <= WIDEST):
            raise ValueError(f"{width!r} is no width: say a number of inches from {NARROWEST:g} to {WIDEST:g}")
        return replace(self, theme=theme, width=width)

    def svg(self) -> str:
        """As SVG, which needs no font."""
        return self.content("svg").decode("utf-8")

    def png(self) -> bytes:
        """As PNG, 200 dots an inch."""
        return self.content("png")

    def pdf(self) -> bytes:
        """As PDF, its text as text."""
        return self.content("pdf")

    def inside(self, prefix: str) -> str:
        """As SVG for a page: ids begin with `prefix`, and its text looks as the page's."""
        with look(PAGE, text=True):
            figure = self.painted(PAGE)
            return for_page(as_bytes(figure, "svg", self.title, " ".join(self.said)), prefix)

    def save(self, path: str | Path) -> Path:
        """Writes a file, .svg, .png or .pdf by its name, and gives its path. Raises Failed."""
        path = Path(path)
        data = self.content(form_of(path))
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as file:
                file.write(data)
        return path

    def painted(self, theme: Theme) -> "Figure":
        """The figure in a theme's colours, within `look`: all of its text on the sheet."""
        figure = self.paint(Pen(theme, self.width or self.natural))
        fit(figure)
        return figure

    def flaws(self) -> list[str]:
        """What isn't well with it at its width, in sentences: letters that its font lacks, text too small to read."""
        with look(THEMES[self.theme], text=False):
            figure = self.painted(THEMES[self.theme])
        found = []
        if lacking := missing(figure):
            found.append(f"the font of pictures has no {' '.join(lacking[:8])}: boxes stand there")
        if (points := smallest(figure)) < LEAST_POINTS:
            found.append(f"{told_small(points, f'{self.width or self.natural:g}in')}: make it wider")
        return found

    def content(self, form: Format) -> bytes:
        """As the bytes of a file of that form."""
        theme = THEMES[self.theme]
        with look(theme, text=False):
            figure = self.painted(theme)
            return as_bytes(figure, form, self.title, " ".join(self.said))

    def __repr__(self) -> str:
        return f"<archc picture, {self.title}: {' '.join(self.said)}>"

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        words = escape(self.title)
        return {
            "image/svg+xml": self.svg(),
            "text/html": f'<figure role="img" aria-label="{words}">{self.svg().partition("?>")[2]}</figure>',
            "text/plain": repr(self),
        }


def form_of(path: Path) -> Format:
    """The form that a file's name asks for. Raises Failed for one that no picture has."""
    ending = path.suffix.lower().removeprefix(".")
    if ending in FORMATS:
        return cast(Format, ending)
    title = f"a picture can't be written as `{path.name}`"
    raise Failed(Diagnostic("E0710", title, help="let the name end in .svg, .png or .pdf"))


def unfit(title: str, help: str, *notes: str) -> Failed:
    """For a kind of picture that a run doesn't allow: why, and what would be possible."""
    return Failed(Diagnostic("E0710", title, notes=notes, help=help))
