"""What is written in the `volumes` style: at its solids, in its legend, and the rule of its sizes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archc.draw import text as font
from archc.draw.flows import Group, Station
from archc.draw.scene import Mark, Part, Rect, Text
from archc.draw.theme import FAMILIES, NAMES

SIZE, SMALL = 11.0, 10.0
"""Of texts, in px: sizes of maps, and everything else."""

LEADING = 13.0
"""Between base lines, in px."""

ROOM = 78.0
"""How wide words below a solid are, unless the solid or a single word is wider."""

SWATCH = 11.0
SHOWN = (*FAMILIES, "block")
"""Families in the order of the legend."""


@dataclass(frozen=True)
class Label:
    """The texts of a station: the sizes above its solid, with a badge behind them, and lines below, some bold."""

    above: str
    below: tuple[tuple[str, bool], ...]
    badge: str

    @property
    def above_width(self) -> float:
        return font.width(self.above, SIZE) + (badge_width(self.badge) + 5 if self.badge else 0)

    @property
    def width(self) -> float:
        return max([self.above_width, *(font.width(words, SMALL, bold=bold) for words, bold in self.below)])


def label_of(station: Station, width: float) -> Label:
    """What is told of a station, in lines that are no wider than its solid, or than a few words."""
    room = max(ROOM, width)
    details = [
        [station.told] if station.called and station.op != "input" else [],
        station.more,
        [f"after {station.behind[0]}", *station.behind[1:]] if station.behind else [],
        station.then,
        [f"output {station.output}"] if station.output else [],
    ]
    head = font.wrapped(station.head, SMALL, room, bold=True)
    lines = [line for words in details for line in listed(words, room)]
    return Label(
        "" if station.bare else sizes(station.shape),
        (*((line, True) for line in head), *((line, False) for line in lines)),
        f"×{station.count}" if station.count > 1 else "",
    )


def listed(words: Sequence[str], room: float) -> list[str]:
    """Words with commas between them, in lines: broken within one only where it is too long for a line."""
    held = ", ".join(word.replace(" ", "\u00a0") for word in words)
    lines = (line.replace("\u00a0", " ") for line in font.wrapped(held, SMALL, room)) if words else ()
    return [part for line in lines for part in font.wrapped(line, SMALL, room)]


def sizes(shape: Sequence[int]) -> str:
    """`55×55×96`."""
    return "×".join(map(str, shape)) or "1"


def badge_width(words: str) -> float:
    return font.width(words, SMALL, bold=True) + 8


def group_name(group: Group, room: float) -> str:
    """The name of a group, or of the block of which it is several, as much of it as fits."""
    name = group.block if group.count > 1 else group.name
    return font.fitted(name, SMALL, room, bold=True) if name else ""


def legend(
    stations: Sequence[Station], x: float, y: float, width: float, *, windows: bool, folds: bool
) -> Iterator[Part]:
    """The families that are there, and what the sizes mean, in lines of at most `width`."""
    families = {station.family for station in stations}
    left = x
    for family in (family for family in SHOWN if family in families):
        name = NAMES.get(family, "closed block")
        taken = SWATCH + 5 + font.width(name, SMALL)
        if left > x and left + taken > x + width:
            left, y = x, y + 18
        box = Rect(left, y - SWATCH + 2, SWATCH, SWATCH, family, "solid.line", 0.8)
        marks: tuple[Mark, ...] = (box, Text(left + SWATCH + 5, y, name, SMALL))
        yield Part("legend", marks, name)
        left += taken + 16
    y += 20
    for line in font.wrapped(" ".join(rules(stations, windows=windows, folds=folds)), SMALL, width):
        yield Part("note", (Text(x, y, line, SMALL, fill="soft"),))
        y += 14


def rules(stations: Sequence[Station], *, windows: bool, folds: bool) -> Iterator[str]:
    """What the sizes of the solids that are there mean, in sentences."""
    ranks = {len(station.shape) for station in stations if not station.bare}
    if ranks & {3, 4}:
        yield "Height and width (going back) of a solid ∝ √ of the map's, thickness ∝ 1 + log₂ of its channels."
    if 2 in ranks:
        yield "A sequence, length×channels, has no width: height ∝ √length, thickness ∝ 1 + log₂ of its channels."
    if max(ranks, default=0) > 3:
        yield "A volume, depth×height×width×channels, is √depth such solids, one behind the other."
    if ranks & {0, 1}:
        yield "A flat value of n numbers is a bar: height ∝ 1 + log₂ n."
    if windows:
        yield "Windows are drawn by the same rule, on the face over which they slide."
    if folds:
        yield "×N: N alike, one behind the other."
