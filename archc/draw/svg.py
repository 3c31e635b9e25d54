"""A scene as SVG: plain shapes and texts that every viewer knows, no style sheet, no script, nothing from elsewhere."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from archc.draw import text as font
from archc.draw.scene import Circle, Line, Mark, Part, Point, Polygon, Rect, Scene, Text
from archc.draw.strokes import head, rounded, shaft

FONT = f"{font.FAMILY}, Verdana, Arial, sans-serif"


def svg(scene: Scene, theme: Mapping[str, str], width: str = "") -> str:
    """The text of an SVG file; `width` is how wide it shows, such as "3.3in", unless as wide as it is in px."""
    height = ""
    if width:
        value, unit = width.rstrip("abcdefghijklmnopqrstuvwxyz"), width.lstrip("0123456789.")
        height = f"{number(float(value) * scene.height / scene.width)}{unit}"
    size = f'width="{width or number(scene.width)}" height="{height or number(scene.height)}"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {number(scene.width)} {number(scene.height)}"'
        f' role="img" font-family={quoted(FONT)}>',
        f"<title>{escape(font.printable(scene.title), quote=False)}</title>",
        f"<desc>{escape(font.printable(scene.desc), quote=False)}</desc>",
        f'<rect width="100%" height="100%" fill="{theme["paper"]}"/>',
        *(line for part in scene.parts for line in _part(part, theme)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Text as the value of an attribute, in quotes; an apostrophe may stand between them as it is."""
    return '"' + escape(text, quote=False).replace('"', "&quot;") + '"'


def _part(part: Part, theme: Mapping[str, str]) -> Iterator[str]:
    attributes = f' class="{part.kind}"'
    if part.id:
        attributes += f" data-id={quoted(font.printable(part.id))}"
    if part.line:
        attributes += f' data-line="{part.line}"'
    yield f"<g{attributes}>"
    if title := part.title or (words(part) if part.kind == "node" else ""):
        yield f"<title>{escape(font.printable(title), quote=False)}</title>"
    for mark in part.marks:
        yield from _mark(mark, theme)
    yield "</g>"


def words(part: Part) -> str:
    """What is written in a part."""
    return " ".join(mark.text for mark in part.marks if isinstance(mark, Text))


def _mark(mark: Mark, theme: Mapping[str, str]) -> Iterator[str]:
    match mark:
        case Text():
            yield from _text(mark, theme)
        case Rect(x=x, y=y, width=width, height=height):
            place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
            round = f' rx="{number(mark.radius)}"' if mark.radius else ""
            dash = f' stroke-dasharray="{mark.dash}"' if mark.dash else ""
            yield f"<rect {place}{round}{_paint(mark.fill, mark.stroke, mark.stroke_width, theme)}{dash}/>"
        case Circle(x=x, y=y, radius=radius):
            place = f'cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"'
            yield f"<circle {place}{_paint(mark.fill, mark.stroke, mark.stroke_width, theme)}/>"
        case Polygon(points=points):
            paint = _paint(mark.fill, mark.stroke, mark.stroke_width, theme)
            yield f'<polygon points="{_points(points)}"{paint} stroke-linejoin="round"/>'
        case Line():
            dash = f' stroke-dasharray="{mark.dash}"' if mark.dash else ""
            paint = _paint("", mark.stroke, mark.stroke_width, theme)
            yield f'<path d="{path(rounded(shaft(mark), mark.radius))}"{paint}{dash} stroke-linejoin="round"/>'
            if mark.arrow:
                yield f'<polygon points="{_points(head(mark))}" fill="{theme[mark.stroke]}"/>'


def _text(text: Text, theme: Mapping[str, str]) -> Iterator[str]:
    """The text, its width said, so that it fits where another font has to stand in."""
    place = f'x="{number(text.x)}" y="{number(text.y)}" font-size="{number(text.size)}"'
    place += ' font-weight="bold"' if text.bold else ""
    place += f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
    if text.turned:
        place += f' transform="rotate(-90 {number(text.x)} {number(text.y)})"'
    place += f' textLength="{number(text.width)}" lengthAdjust="spacingAndGlyphs"'
    written = font.printable(text.text)
    if "  " in written or written != written.strip():
        place += ' xml:space="preserve"'
    written = escape(written, quote=False)
    if text.halo:
        rim = f'fill="{theme[text.halo]}" stroke="{theme[text.halo]}" stroke-width="3" stroke-linejoin="round"'
        yield f'<text {place} {rim} aria-hidden="true">{written}</text>'
    yield f'<text {place} fill="{theme[text.fill]}">{written}</text>'


def _paint(fill: str, stroke: str, width: float, theme: Mapping[str, str]) -> str:
    line = f' stroke="{theme[stroke]}" stroke-width="{number(width)}"' if stroke else ""
    return f' fill="{theme[fill] if fill else "none"}"{line}'


def path(steps: Iterable[tuple[Point, ...]]) -> str:
    """Steps of one point are straight, of two are curves with a control point: SVG's path language."""
    words = []
    for index, step in enumerate(steps):
        letter = "M" if not index else "LQ"[len(step) - 1]
        words.append(letter + " ".join(f"{number(x)} {number(y)}" for x, y in step))
    return " ".join(words)


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in points)


def number(value: float) -> str:
    """A length in px, to a hundredth."""
    short = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short
