"""The `neurons` style: circles for units and lines for weights, as textbooks draw an MLP."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from archc.draw.look import Look
from archc.draw.mlp import Column, columns
from archc.draw.scene import Circle, Line, Part, Scene, Text, framed
from archc.draw.text import fitted, width, wrapped
from archc.draw.units import Stand, circles, one, shown
from archc.draw.wires import DASH, DOTS, GAPS, THICK, THIN, band, banded, edges, least_gap, lines, numbered, numbers_on
from archc.ir import Module

MOST_COLUMNS, FIRST, LAST = 12, 5, 3
"""Of more columns so many at each end are shown."""

PITCH, PITCHES = 46.0, (58.0, 72.0, 88.0)
"""How far apart units stand, and units between which there are numbers."""

GAP = 130.0
NAME, NOTE = 12.0, 11.0
WIDEST_NAME, WIDEST_NOTE = 170.0, 120.0
MARGIN = 20.0

SAMPLE, APART = 30.0, 22.0
"""How long a line of the legend is, and how far apart its entries stand."""

SIGNS = (
    ("positive", "positive", (THIN + THICK) / 2, ""),
    ("negative", "negative", (THIN + THICK) / 2, DASH),
    ("zero", "rule", THIN, ""),
    ("not given", "rule", THIN, DOTS),
)
"""What the lines say of weights: word, stroke, width and dash."""


def scene(module: Module, look: Look) -> Scene:
    """Columns from left to right: the inputs, then each dense layer. Raises Failed for what is no chain of those."""
    chain = columns(module, look)
    learnt = look.weights is not None
    stands = stood(chain, look.full, learnt)
    known = any(column.kernel is not None or column.bias is not None for column in chain)
    parts = [part for left, right in pairwise(stands) for part in between(left, right, learnt, known)]
    for stand in stands:
        parts += circles(stand, learnt)
        if stand.plus:
            parts.append(one(stand, chain[stand.row + 1]))
    reach = max(stand.reach for stand in stands)
    parts += [part for stand in stands for part in written(stand, reach)]
    parts += [under(left, right, reach) for left, right in pairwise(stands) if right.row == left.row + 1]
    weights = [part for part in parts if part.kind == "edge"]
    if known and any(isinstance(mark, Line) for part in weights for mark in part.marks):
        parts.append(legend(parts, weights))
    return framed(parts, MARGIN, module.graph.name, described(module.graph.name, chain, learnt))


def stood(chain: Sequence[Column], full: bool, learnt: bool) -> list[Stand]:
    """The columns that are shown, each in its place: as near to each other as what is between them allows."""
    rows = list(range(len(chain)))
    if len(chain) > MOST_COLUMNS and not full:
        rows = [*rows[:FIRST], *rows[-LAST:]]
    units = [shown(chain[row].units, full) for row in rows]
    whole = all(None not in each for each in units)
    stands = [
        Stand(chain[row], row, each, whole and row + 1 in rows and has_one(chain[row + 1]), PITCH)
        for row, each in zip(rows, units, strict=True)
    ]
    wide: list[float] = [GAP] * (len(stands) - 1)
    if any(numbered(left, right) for left, right in pairwise(stands)):
        for pitch in PITCHES:
            stands = [replace(stand, pitch=pitch) for stand in stands]
            found = [room(left, right, learnt) for left, right in pairwise(stands)]
            wide = [gap or GAP for gap in found]
            if all(found):
                break
    gaps = [
        max(gap, least_gap(left, right), text_room(left, right))
        for gap, (left, right) in zip(wide, pairwise(stands), strict=True)
    ]
    xs = accumulate(gaps, initial=0.0)
    return [replace(stand, x=x) for stand, x in zip(stands, xs, strict=True)]


def has_one(column: Column) -> bool:
    """Whether the biases of a column are lines too."""
    return column.biased and not banded(column)


def room(left: Stand, right: Stand, learnt: bool) -> float:
    """How far apart two columns have to stand so that the numbers between them fit; 0 if none do."""
    if not numbered(left, right):
        return GAP
    for gap in GAPS:
        moved = replace(right, x=left.x + gap)
        if numbers_on(edges(left, moved), left, moved, learnt) is not None:
            return gap
    return 0


def text_room(left: Stand, right: Stand) -> float:
    """How far apart two columns have to stand so that what is written above and below them fits."""
    above, below = (
        [max(width(text, size, bold=bold) for text, size, bold in texts(stand.column)) / 2 for stand in (left, right)]
        for texts in (heading, footing)
    )
    label = max(width(text, NOTE) for text in shapes(right.column))
    return max(sum(above) + 20, 2 * max(below) + label + 28)


def heading(column: Column) -> list[tuple[str, float, bool]]:
    """What stands above a column: texts, their sizes, and whether they are bold."""
    kind = {"input": "input", "dense": "unit"}.get(column.op, f"{column.op} unit")
    count = f"{column.units:,} {kind}{'s' * (column.units != 1)}"
    return [(fitted(column.scope, NAME, WIDEST_NAME, bold=True), NAME, True), (count, NOTE, False)]


def footing(column: Column) -> list[tuple[str, float, bool]]:
    """What stands below a column: what happens to its values."""
    words = column.beside or (() if column.op == "input" else ("linear",))
    texts = [line for word in words for line in wrapped(word, NOTE, WIDEST_NOTE)]
    return [(text, NOTE, False) for text in texts] or [("", NOTE, False)]


def shapes(column: Column) -> list[str]:
    """What stands below the lines into a column."""
    letters = {"kernel": "W", "bias": "b"}
    return [f"{letters.get(name, name)}: {'×'.join(map(str, shape))}" for name, shape in column.shapes]


def between(left: Stand, right: Stand, learnt: bool, known: bool) -> Iterator[Part]:
    """Lines, a band, or dots for columns that are left out."""
    skipped = right.row - left.row - 1
    if skipped:
        middle = (left.x + right.x) / 2
        dots = tuple(Circle(middle + step, 0, 2, "ink") for step in (-10, 0, 10))
        text = Text(middle, 24, f"{skipped:,} more layers", NOTE, anchor="middle", fill="soft")
        yield Part("label", (*dots, text))
    elif banded(right.column):
        yield band(left, right)
    else:
        yield from lines(left, right, learnt, known)


def written(stand: Stand, reach: float) -> Iterator[Part]:
    """What stands above and below a column, in line with all others."""
    column = stand.column
    (name, *_), (count, *_) = heading(column)
    marks = (
        Text(stand.x, -reach - 28, name, NAME, True, "middle"),
        Text(stand.x, -reach - 13, count, NOTE, anchor="middle", fill="soft"),
    )
    facts = (("units", f"{column.units:,}"), *((name, "×".join(map(str, shape))) for name, shape in column.shapes))
    yield Part("label", marks, f"{column.scope}: {count}", column.scope, column.line, facts)
    below = tuple(
        Text(stand.x, reach + 22 + 15 * row, text, NOTE, anchor="middle")
        for row, (text, *_) in enumerate(footing(column))
        if text
    )
    if below:
        yield Part("label", below, f"{column.scope}: {', '.join(text.text for text in below)}", line=column.line)


def under(left: Stand, right: Stand, reach: float) -> Part:
    """The shapes of the weights between two columns."""
    middle = (left.x + right.x) / 2
    texts = tuple(
        Text(middle, reach + 22 + 15 * row, text, NOTE, anchor="middle", fill="soft")
        for row, text in enumerate(shapes(right.column))
    )
    return Part("label", texts, f"weights of {right.column.scope}", line=right.column.line)


def legend(parts: Sequence[Part], lines: Sequence[Part]) -> Part:
    """What colour, dash and width of the `lines` say, below the figure, in rows that make it no wider."""
    seen = [(part, mark) for part in lines for mark in part.marks if isinstance(mark, Line)]
    # a number on a line says of itself that it is 0
    pens = {(line.stroke, line.dash) for part, line in seen if line.stroke != "rule" or not numbers(part)}
    entries = [
        (text, [(0.0, Line((), stroke, thick, dash))]) for text, stroke, thick, dash in SIGNS if (stroke, dash) in pens
    ]
    if len({line.stroke_width for _, line in seen if line.stroke != "rule"}) > 1:
        widths = [(-3.0, Line((), "ink", THIN)), (3.0, Line((), "ink", THICK))]
        entries.append(("width: size, within its layer", widths))
    left, right = min(part.bounds[0] for part in parts), max(part.bounds[2] for part in parts)
    rows: list[list[tuple[str, list[tuple[float, Line]]]]] = [[]]
    for entry in entries:
        if rows[-1] and _wide([*rows[-1], entry]) > right - left:
            rows.append([])
        rows[-1].append(entry)
    y = max(part.bounds[3] for part in parts) + 26
    marks: list[Line | Text] = []
    for row in rows:
        x = (left + right - _wide(row)) / 2
        for text, samples in row:
            marks += [replace(line, points=((x, y - 4 + dy), (x + SAMPLE, y - 4 + dy))) for dy, line in samples]
            marks.append(Text(x + SAMPLE + 6, y, text, NOTE, fill="soft"))
            x += SAMPLE + 6 + width(text, NOTE) + APART
        y += 18
    return Part("legend", tuple(marks), "what the lines say")


def numbers(part: Part) -> bool:
    """Whether the number of a line stands on it."""
    return any(isinstance(mark, Text) for mark in part.marks)


def _wide(entries: Sequence[tuple[str, list[tuple[float, Line]]]]) -> float:
    """How wide entries of the legend are side by side."""
    return sum(SAMPLE + 6 + width(text, NOTE) for text, _ in entries) + APART * (len(entries) - 1)


def described(name: str, chain: Sequence[Column], learnt: bool) -> str:
    """The figure in a sentence or two, for those who don't see it."""
    layers = [
        f"{column.scope} of {column.units:,} unit{'s' * (column.units != 1)}"
        + f" ({', '.join(column.beside)})" * bool(column.beside)
        for column in chain[1:]
    ]
    first = chain[0]
    text = f"{name}: {first.units:,} input{'s' * (first.units != 1)}, then {', then '.join(layers)}."
    return text + " Lines show the learnt weights." * learnt
