"""A figure as a page: one file that works offline, in which blocks open and close.

The page gets the scenes as data and places, paints and searches them itself (archc/draw/page). Nothing
in it is fetched, and its policy forbids everything but the script and style that it was printed with.
"""

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from archc.draw import text as font
from archc.draw.cards import short
from archc.draw.holds import Hold, holds
from archc.draw.legend import described
from archc.draw.levels import Level
from archc.draw.look import Look
from archc.draw.scene import Circle, Line, Mark, Part, Polygon, Rect, Text
from archc.draw.styles import levels
from archc.draw.theme import NAMES, THEMES
from archc.ir import Module
from archc.source import Source

PAGE = Path(__file__).parent / "page"
SCRIPTS = ("place", "grid", "paint", "figure", "camera", "hands", "overview", "find", "panel", "start")
"""The files of the script, in the order in which they are joined."""

TITLE_SIZE = 12
"""Of the titles of frames, in px."""


@dataclass(frozen=True)
class Document:
    """What a page says beside the figure: the model's name, a sentence about it, totals, its source and that's name."""

    name: str
    desc: str = ""
    totals: tuple[tuple[str, str], ...] = ()
    file: str = ""
    source: str = ""


def page(module: Module, style: str, look: Look, theme: str) -> bytes:
    """The page of a model. Raises Failed if the style doesn't suit it."""
    graph = module.graph
    counts = (
        ("layers", f"{sum(1 for _ in graph.layers()):,}"),
        ("parameters", f"{graph.parameters:,}"),
        ("MACs", short(graph.macs)),
    )
    source = look.source or Source("", "")
    document = Document(graph.name, described(module), counts, Path(source.name).name, source.text)
    return html(levels(module, style, look), document, theme).encode()


def html(figure: Sequence[Level], document: Document, theme: str = "light") -> str:
    """The text of a page. The first level is the whole figure; `theme` is how it looks at first.

    With "light" it is as light or dark as the reader's screen.
    """
    style = _fonts() + (PAGE / "page.css").read_text(encoding="utf-8")
    parts = "\n".join((PAGE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    script = f'"use strict";\n(() => {{\n{parts}}})();\n'
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return Template((PAGE / "page.html").read_text(encoding="utf-8")).substitute(
        policy=policy,
        title=escape(document.name),
        description=escape(document.desc),
        style=style,
        data=_data(figure, document, theme),
        script=script,
    )


def _digest(text: str) -> str:
    """The source expression of an inline script or style, by Content Security Policy, level 2."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _fonts() -> str:
    """The font in which everything was measured."""
    rules = (
        f'@font-face{{font-family:"{font.FAMILY}";font-weight:{"bold" if bold else "normal"};'
        f"src:url(data:font/ttf;base64,{b64encode(path.read_bytes()).decode()})}}\n"
        for bold, path in font.FILES.items()
    )
    return "".join(rules)


def _data(levels: Sequence[Level], document: Document, theme: str) -> str:
    """Everything that the script knows, as JSON that cannot end the element that it is in."""
    openable = [level.id for level in levels if level.id]
    styles = Styles()
    found = {
        "name": document.name,
        "totals": document.totals,
        "desc": document.desc,
        "file": document.file,
        "source": document.source,
        "theme": theme,
        "families": {family: name for family, name in NAMES.items() if family not in ("input", "output")},
        "themes": {name: THEMES[name] for name in dict.fromkeys(("light", "dark", theme))},
        "levels": [_level(level, openable, styles) for level in levels],
        "styles": styles.found,
    }
    return json.dumps(found, separators=(",", ":")).replace("<", "\\u003c")


class Styles:
    """How marks look: what many of them have in common is written once."""

    def __init__(self) -> None:
        self._indices: dict[tuple[Any, ...], int] = {}

    @property
    def found(self) -> list[tuple[Any, ...]]:
        return list(self._indices)

    def index(self, *style: Any) -> int:
        return self._indices.setdefault(style, len(self._indices))


def _level(level: Level, openable: Sequence[str], styles: Styles) -> dict[str, Any]:
    held = holds(level.scene, openable)
    return {
        "id": level.id,
        "title": level.title,
        "room": _short(font.width(level.title, TITLE_SIZE, bold=True)),
        "width": _short(level.scene.width),
        "height": _short(level.scene.height),
        "leaves": _short(level.leaves),
        "opened": level.opened,
        "parts": [_part(part, hold, styles) for part, hold in zip(level.scene.parts, held, strict=True)],
    }


def _part(part: Part, hold: Hold, styles: Styles) -> dict[str, Any]:
    """A part; what it hasn't is left out."""
    found: dict[str, Any] = {
        "kind": part.kind,
        "box": [_short(value) for value in part.bounds],
        "marks": [_mark(mark, styles) for mark in part.marks],
        "title": part.title,
        "id": part.id,
        "line": part.line,
        "facts": part.facts,
        "ends": part.ends,
        "at": hold.point and [_short(value) for value in hold.point],
        "touch": hold.ends,
    }
    if hold.owner >= 0:
        found["owner"] = hold.owner
    return {key: value for key, value in found.items() if value or key == "owner"}


def _mark(mark: Mark, styles: Styles) -> list[Any]:
    """A mark: which style it has, and where it is."""
    match mark:
        case Text(x=x, y=y):
            style = styles.index("text", mark.size, mark.bold, mark.anchor, mark.fill, mark.turned, mark.halo)
            return [style, _short(x), _short(y), mark.text]
        case Rect(x=x, y=y, width=width, height=height):
            style = styles.index("rect", mark.fill, mark.stroke, mark.stroke_width, mark.radius, mark.dash)
            return [style, _short(x), _short(y), _short(width), _short(height)]
        case Circle(x=x, y=y, radius=radius):
            style = styles.index("circle", mark.fill, mark.stroke, mark.stroke_width)
            return [style, _short(x), _short(y), _short(radius)]
        case Polygon(points=points):
            return [styles.index("polygon", mark.fill, mark.stroke, mark.stroke_width), *_flat(points)]
        case Line(points=points):
            style = styles.index(
                "line", mark.stroke, mark.stroke_width, mark.dash, mark.radius, mark.arrow and mark.head
            )
            return [style, *_flat(points)]


def _flat(points: Sequence[tuple[float, float]]) -> Iterator[float]:
    for x, y in points:
        yield _short(x)
        yield _short(y)


def _short(value: float) -> float:
    """A length in px, to a hundredth."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded
