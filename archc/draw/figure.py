"""A figure as the library hands it out: it shows itself in notebooks, and saves itself."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archc.draw.formats import FORMATS, printed, width_of
from archc.draw.scene import Scene


@dataclass(frozen=True, repr=False)
class Figure:
    """A scene in a theme. `width` is how wide it is printed, such as "3.3in", or "" for as wide as it is."""

    scene: Scene
    theme: str = "light"
    width: str = ""

    def svg(self) -> str:
        """The text of an SVG file."""
        return self.content("svg").decode()

    def png(self) -> bytes:
        """The bytes of a PNG file."""
        return self.content("png")

    def pdf(self) -> bytes:
        """The bytes of a PDF file of one page, its text selectable."""
        return self.content("pdf")

    def content(self, form: str) -> bytes:
        """The bytes of a file: "svg", "png", "pdf" or "html". Raises ValueError for another form."""
        return printed(self.scene, form, self.theme, width_of(self.width) if self.width else None)

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
