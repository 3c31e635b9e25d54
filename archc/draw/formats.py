"""Files of a figure: a scene and a theme to the bytes of SVG, PNG, PDF, HTML or DOT."""

import re
from dataclasses import dataclass

from archc.draw.scene import Scene
from archc.draw.theme import THEMES

FORMATS = ("svg", "png", "pdf", "html", "dot")
SCENES = FORMATS[:4]
"""What is made from a scene alone; a `.dot` needs the model."""


INCHES = {"in": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72, "px": 1 / 96}
POINTS_A_PIXEL = 72 / 96
SCREEN_SCALE, PRINT_DOTS = 2, 300
"""How many pixels of a PNG a px becomes, and an inch of `--width`."""

LEAST_INCHES, MOST_INCHES = 0.1, 200
"""How narrow and how wide a figure may be printed."""

LEAST_POINTS = 6
"""Below, journals refuse a figure's text, and few can read it."""


@dataclass(frozen=True)
class Width:
    """How wide a figure is printed."""

    value: float
    unit: str

    @property
    def inches(self) -> float:
        return self.value * INCHES[self.unit]

    def __str__(self) -> str:
        return f"{self.value:g}{self.unit}"


def width_of(written: str, least: float = LEAST_INCHES, most: float = MOST_INCHES) -> Width:
    """A width as typed: "3.3in", "84mm", within two bounds in inches. Raises ValueError, which says why, for anything
    else."""
    found = re.fullmatch(r"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(in|cm|mm|pt|px)", written.strip())
    if not found:
        raise ValueError(f"`{written}` is no width: write a number and in, cm, mm, pt or px, as `3.3in`")
    width = Width(float(found[1]), found[2])
    if not least <= width.inches <= most:
        raise ValueError(f"`{written}` is no width of a figure: one is from {least:g}in to {most:g}in wide")
    return width


def told_small(points: float, wide: object) -> str:
    """What is said of text of less than `LEAST_POINTS` in a figure that is so `wide`."""
    return f"its smallest text is {points:.1f} pt at {wide}, and {LEAST_POINTS} pt is the least that can be read"


def smallest_points(scene: Scene, width: Width | None) -> float:
    """The size in which the smallest text is printed, in pt."""
    scale = width.inches * 96 / scene.width if width else 1
    return scene.smallest_text * scale * POINTS_A_PIXEL


def printed(scene: Scene, form: str, theme: str = "light", width: Width | None = None) -> bytes:
    """The bytes of a file, the same for the same scene."""
    colors = THEMES[theme]
    if form == "svg":
        from archc.draw.svg import svg

        return svg(scene, colors, str(width or "")).encode()
    if form == "png":
        from archc.draw.png import png

        pixels = width.inches * PRINT_DOTS if width else scene.width * SCREEN_SCALE
        return png(scene, colors, round(pixels), width.inches if width else scene.width / 96)
    if form == "pdf":
        from archc.draw.pdf import pdf

        return pdf(scene, colors, (width.inches * 72 if width else scene.width * POINTS_A_PIXEL))
    raise ValueError(form)
