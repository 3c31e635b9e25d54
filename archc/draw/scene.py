"""What a figure is made of: boxes, texts and lines, in px, y downwards.

Every style makes a scene, and every printer takes one.

Colours are roles (`conv`, `ink`, `paper`, …), which a theme turns into colours when the scene is printed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal, TypeAlias

from archc.draw import text as font

Point = tuple[float, float]
Bounds = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text. (`x`, `y`) is where its base line begins, has its middle or ends, as `anchor` says.

    A `turned` one reads upwards. A `halo` is a rim in that colour, so that it can be read on a line.
    """

    x: float
    y: float
    text: str
    size: float = 12
    bold: bool = False
    anchor: Literal["start", "middle", "end"] = "start"
    fill: str = "ink"
    turned: bool = False
    halo: str = ""

    @property
    def width(self) -> float:
        return font.width(self.text, self.size, bold=self.bold)

    @property
    def bounds(self) -> Bounds:
        width = self.width
        before = {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        above, below = font.ASCENT * self.size, font.DESCENT * self.size
        if self.turned:
            return (self.x - above, self.y + before - width, self.x + below, self.y + before)
        return (self.x - before, self.y - above, self.x - before + width, self.y + below)


@dataclass(frozen=True, slots=True)
class Rect:
    """A box; no `fill` or `stroke` is none. `radius` rounds its corners."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    stroke: str = ""
    stroke_width: float = 1
    radius: float = 0
    dash: str = ""

    @property
    def bounds(self) -> Bounds:
        return (self.x, self.y, self.x + self.width, self.y + self.height)


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle around (`x`, `y`)."""

    x: float
    y: float
    radius: float
    fill: str = ""
    stroke: str = ""
    stroke_width: float = 1

    @property
    def bounds(self) -> Bounds:
        return (self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius)


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed shape."""

    points: tuple[Point, ...]
    fill: str = ""
    stroke: str = ""
    stroke_width: float = 1

    @property
    def bounds(self) -> Bounds:
        return around(self.points)


@dataclass(frozen=True, slots=True)
class Line:
    """A polyline, whose corners are rounded by `radius`. `dash` is as in SVG: "4 3".

    With an `arrow` a head stands at its last point, whose tip that is.
    """

    points: tuple[Point, ...]
    stroke: str = "edge"
    stroke_width: float = 1.2
    dash: str = ""
    radius: float = 0
    arrow: bool = False
    head: float = 7

    @property
    def bounds(self) -> Bounds:
        return around(self.points)


Mark: TypeAlias = Text | Rect | Circle | Polygon | Line

Kind = Literal["node", "frame", "band", "edge", "label", "badge", "legend", "note"]


@dataclass(frozen=True, slots=True)
class Part:
    """Marks that belong together and are about one thing.

    `kind` says what others may do with it: no edge crosses a `node` or a `band`, the title band of a
    `frame`; inside a frame there are further parts. `title` is what a pointer on it is told, and what a screen
    reader says; `line` is where it stands in the source, 0 for nowhere. `facts` are
    shown by what can show more, under these headings. `id` is the scope of what it shows, `ends` are
    the scopes that an edge leads from and to.
    """

    kind: Kind
    marks: tuple[Mark, ...]
    title: str = ""
    id: str = ""
    line: int = 0
    facts: tuple[tuple[str, str], ...] = ()
    ends: tuple[str, str] | None = None

    @property
    def bounds(self) -> Bounds:
        """The box around everything but lines' heads."""
        return union(mark.bounds for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Scene:
    """A figure of `width` times `height` px, parts in the order in which they are painted.

    `title` and `desc` are read aloud where it isn't seen.
    """

    width: float
    height: float
    parts: tuple[Part, ...]
    title: str = ""
    desc: str = ""

    def marks(self) -> Iterator[Mark]:
        for part in self.parts:
            yield from part.marks

    def texts(self) -> Iterator[Text]:
        yield from (mark for mark in self.marks() if isinstance(mark, Text))

    @property
    def lacking(self) -> list[str]:
        """Characters that the font of figures doesn't have, in the order in which they are met."""
        return list(dict.fromkeys(each for text in self.texts() for each in font.lacking(text.text)))

    @property
    def smallest_text(self) -> float:
        """The size of the smallest text in px, 0 if there is none."""
        return min((text.size for text in self.texts()), default=0)


def around(points: Iterable[Point]) -> Bounds:
    """The box around points."""
    xs, ys = zip(*points, strict=True)
    return (min(xs), min(ys), max(xs), max(ys))


def union(boxes: Iterable[Bounds]) -> Bounds:
    """The box around boxes."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (min(lefts), min(tops), max(rights), max(bottoms))


def moved(part: Part, dx: float, dy: float) -> Part:
    """The same part elsewhere."""
    return replace(part, marks=tuple(_moved(mark, dx, dy) for mark in part.marks))


def _moved(mark: Mark, dx: float, dy: float) -> Mark:
    # written out: `replace` takes three times as long, and large figures are moved once a frame
    match mark:
        case Line(points=points):
            moved = tuple((x + dx, y + dy) for x, y in points)
            return Line(moved, mark.stroke, mark.stroke_width, mark.dash, mark.radius, mark.arrow, mark.head)
        case Text(x=x, y=y):
            text = mark.text
            return Text(x + dx, y + dy, text, mark.size, mark.bold, mark.anchor, mark.fill, mark.turned, mark.halo)
        case Rect(x=x, y=y, width=width, height=height):
            dash = mark.dash
            return Rect(x + dx, y + dy, width, height, mark.fill, mark.stroke, mark.stroke_width, mark.radius, dash)
        case Circle():
            return replace(mark, x=mark.x + dx, y=mark.y + dy)
        case Polygon(points=points):
            return replace(mark, points=tuple((x + dx, y + dy) for x, y in points))


def framed(parts: Iterable[Part], margin: float, title: str = "", desc: str = "") -> Scene:
    """A scene that holds the parts with `margin` px around them, wherever they were."""
    found = tuple(parts)
    left, top, right, bottom = union(part.bounds for part in found)
    # whole pixels, so that no edge of a raster image is half transparent
    return Scene(
        ceil(right - left + 2 * margin),
        ceil(bottom - top + 2 * margin),
        tuple(moved(part, margin - left, margin - top) for part in found),
        title,
        desc,
    )
