"""Columns of circles: which units of a layer are shown, where they stand, and what is written in and beside them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from archc.draw.mlp import LOWERED, Column
from archc.draw.scene import Circle, Part, Point, Text
from archc.draw.text import fitted, width

RADIUS = 17
WHOLE, FIRST, LAST = 10, 5, 3
"""Up to `WHOLE` units all are shown; of more, so many at each end."""

CAPTION = 150
"""What the name of an input or a class may take, in px."""

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Stand:
    """A column where it stands: the `row`-th of the network, centred on y = 0.

    `shown` are its units from 0 on, None where some are left out. `plus` tells that below them a
    unit stands that is always 1, for the biases of the next column.
    """

    column: Column
    row: int
    shown: tuple[int | None, ...]
    plus: bool
    pitch: float
    x: float = 0

    def y(self, place: int) -> float:
        return self.pitch * (place - (len(self.shown) + self.plus - 1) / 2)

    def units(self) -> Iterator[tuple[int, Point]]:
        """Each unit that is shown, and its centre."""
        for place, unit in enumerate(self.shown):
            if unit is not None:
                yield unit, (self.x, self.y(place))

    @property
    def one(self) -> Point:
        """The centre of the unit that is always 1."""
        return (self.x, self.y(len(self.shown)))

    @property
    def reach(self) -> float:
        """How far its circles reach above and below the middle."""
        return abs(self.y(0)) + RADIUS


SIZES = (13, 12, 11, 10, 9, 8)
"""Of a unit's name in px: the largest that has room in its circle."""


def shown(units: int, full: bool) -> tuple[int | None, ...]:
    """Which units are shown of so many."""
    if full or units <= WHOLE:
        return tuple(range(units))
    return (*range(FIRST), None, *range(units - LAST, units))


def symbol(column: Column, unit: int) -> str:
    """What a unit is called: `x₁`, a single one `ŷ`, and `h₁⁽²⁾` in the second of several hidden layers."""
    above = f"⁽{column.above}⁾".translate(_RAISED) if column.above else ""
    below = str(unit + 1).translate(LOWERED) if column.units > 1 else ""
    return column.symbol + below + above


def number(value: float, learnt: bool) -> str:
    """A weight as it is shown: what was learnt to two decimals, what is written out as it is written."""
    if not math.isfinite(value):
        return str(value)
    text = f"{value:.2f}" if learnt else f"{value:.4g}"
    return (text.removeprefix("-") if float(text) == 0 else text).replace("-", "−")


def circles(stand: Stand, learnt: bool) -> Iterator[Part]:
    """The units of a column, and the dots for those that are left out."""
    column = stand.column
    family = "input" if column.op == "input" else "dense"
    for unit, (x, y) in stand.units():
        names = (symbol(column, unit), symbol(replace(column, above=0), unit))
        fits = ((name, size) for name in names for size in SIZES if width(name, size) <= 2 * RADIUS - 6)
        name, size = next(fits, ("", 0))
        marks: list[Circle | Text] = [Circle(x, y, RADIUS, family, "ink", 1.2)]
        if size:
            marks.append(Text(x, y + 0.34 * size, name, size, anchor="middle", fill=f"{family}.text"))
        if column.names:
            marks.append(caption(column, unit, x, y))
        title, facts = told(column, unit, learnt)
        yield Part("node", tuple(marks), title, f"{column.scope}[{unit + 1}]", column.line, facts)
    if None in stand.shown:
        y = stand.y(stand.shown.index(None))
        dots = tuple(Circle(stand.x, y + step, 2, "ink") for step in (-8, 0, 8))
        title = f"{column.units - FIRST - LAST:,} more units of {column.scope}"
        yield Part("label", dots, title, line=column.line)


def caption(column: Column, unit: int, x: float, y: float) -> Text:
    """What the data calls an input, to its left, or a class, to its right."""
    text = fitted(column.names[unit], 11, CAPTION)
    if column.op == "input":
        return Text(x - RADIUS - 8, y + 4, text, 11, anchor="end", fill="soft")
    return Text(x + RADIUS + 8, y + 4, text, 11, fill="soft")


def one(stand: Stand, following: Column) -> Part:
    """The unit that is always 1, whose lines are the biases of the `following` column."""
    x, y = stand.one
    marks = (
        Circle(x, y, RADIUS, "norm", "ink", 1.2),
        Text(x, y + 4, "+1", 12, anchor="middle", fill="norm.text"),
    )
    return Part("node", marks, f"always 1: its lines are the biases of {following.scope}", f"{following.scope}.bias")


def told(column: Column, unit: int, learnt: bool) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What a pointer on a unit is told, and the facts of it."""
    called = f" ({column.names[unit]})" if column.names else ""
    if column.op == "input":
        return f"input {symbol(column, unit)}{called}", (("input", column.scope), ("number", of(column, unit)))
    facts = [("layer", column.scope), ("unit", of(column, unit))]
    title = f"{'output' if column.symbol == 'ŷ' else 'hidden'} unit {unit + 1} of {column.scope}{called}"
    if column.bias is not None:
        bias = number(float(column.bias[unit]), learnt)
        title += f", bias {bias}"
        facts.append(("bias", bias))
    if column.beside:
        facts.append(("then", ", ".join(column.beside)))
    return title, tuple(facts)


def of(column: Column, unit: int) -> str:
    return f"{unit + 1:,} of {column.units:,}"
