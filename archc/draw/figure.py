"""A figure as the library hands it out: it shows itself in notebooks, and saves itself."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from archc.draw.formats import FORMATS, Width, printed, width_of
from archc.draw.look import Look
from archc.draw.scene import Scene
from archc.draw.styles import draw
from archc.draw.theme import THEMES
from archc.ir import Module


@dataclass(frozen=True, repr=False)
class Figure:
    """A model in a style and a theme. `width` is how wide it is printed, such as "3.3in", or "" for as wide as it is.

    Raises ValueError for a theme or width that is none, and Failed if the style doesn't suit the network.
    """

    module: Module
    style: str = "graph"
    look: Look = field(default_factory=Look)
    theme: str = "light"
    width: str = ""

    def __post_init__(self) -> None:
        if self.theme not in THEMES:
            raise ValueError(f"there is no theme `{self.theme}`: there are {', '.join(THEMES)}")
        if self.width:
            width_of(self.width)
        # whoever asks for a figure is told at once that there is none
        _ = self.scene

    @cached_property
    def scene(self) -> Scene:
        """What is to be seen, in px."""
        return draw(self.module, self.style, self.look)

    @property
    def _width(self) -> Width | None:
        return width_of(self.width) if self.width else None

    def svg(self) -> str:
        """The text of an SVG file."""
        return self.content("svg").decode()

    def png(self) -> bytes:
        """The bytes of a PNG file."""
        return self.content("png")

    def pdf(self) -> bytes:
        """The bytes of a PDF file of one page, its text selectable."""
        return self.content("pdf")

    def html(self) -> str:
        """The text of a page, in which the blocks of a graph open and close. Raises ValueError if it has a width."""
        return self.content("html").decode()

    def content(self, form: str) -> bytes:
        """The bytes of a file: "svg", "png", "pdf", "html" or "dot".

        Raises ValueError for another form, and for one that can't show the figure.
        """
        if form not in FORMATS:
            raise ValueError(f"there is no form `{form}`: there are {', '.join(FORMATS)}")
        if form == "html":
            from archc.draw.html import page

            if self.width:
                raise ValueError("a page is as wide as its window: leave out `width`")
            return page(self.module, self.style, self.look, self.theme)
        if form == "dot":
            from archc.draw.dot import dot

            if self.style != "graph":
                raise ValueError(f"`.dot` holds the graph style alone, and this figure is of the style {self.style}")
            return dot(self.module, self.look, THEMES[self.theme], self._width.inches if self._width else None)
        return printed(self.scene, form, self.theme, self._width)

    def save(self, path: str | Path) -> None:
        """Writes a file in the form that its ending says. Raises ValueError for an ending that says none."""
        path = Path(path)
        form = path.suffix.removeprefix(".").lower()
        if form not in FORMATS:
            raise ValueError(f"{path} ends in none of .{', .'.join(FORMATS)}, which say what to write")
        path.write_bytes(self.content(form))

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        """What a notebook shows: the SVG, and a sentence where there are no pictures."""
        bundle: dict[str, Callable[[], str]] = {"image/svg+xml": self.svg, "text/plain": lambda: repr(self)}
        return {
            kind: make()
            for kind, make in bundle.items()
            if (not include or kind in include) and not (exclude and kind in exclude)
        }

    def __repr__(self) -> str:
        return f"<archc figure: {self.scene.desc or self.scene.title}>"
