"""Levels made up for tests: chains and branches of cards, blocks in blocks, and very many nodes."""

from itertools import pairwise
from random import Random

from archc.draw.levels import Level
from archc.draw.scene import Line, Part, Point, Rect, Scene, Text
from archc.draw.text import width

FAMILIES = ("conv", "dense", "norm", "activation", "pool", "merge", "other")
GAP, ROW = 36.0, 44.0
"""Between cards of a row, and between rows."""


def card(key: str, x: float, y: float, family: str, opens: bool = False, line: int = 1) -> Part:
    """A card of 44 px around (x, y + 22): a coloured header over two lines."""
    name = key.rsplit(".", 1)[-1]
    header, settings = f"{name} 64", "3×3, stride 1" if not opens else "3 layers"
    wide = max(96.0, width(header, 12, bold=True) + 24, width(settings, 10) + 24)
    left = x - wide / 2
    marks = (
        Rect(left, y, wide, 44, "card", "rule", radius=4),
        Rect(left, y, wide, 20, family, radius=4),
        Text(x, y + 14, header, 12, True, "middle", f"{family}.text"),
        Text(x, y + 35, settings, 10, False, "middle", "soft"),
    )
    facts = (("output", "56×56×64"), ("weights", "kernel 3×3×64×64"), ("parameters", "36,928"), ("MACs", "115,605,504"))
    return Part("node", marks, f"{key}: {family}", key, line, facts)


def edge(points: tuple[Point, ...], source: str, target: str) -> Part:
    return Part("edge", (Line(points, radius=6, arrow=True),), ends=(source, target))


def level(random: Random, scope: str, depth: int, opened: bool = False) -> list[Level]:
    """A level of two to five rows with one to three cards each, and those of the blocks in it."""
    rows: list[list[tuple[str, bool]]] = []
    for row in range(random.randint(2, 5)):
        names = [f"{scope}.n{row}{column}".lstrip(".") for column in range(random.choice((1, 1, 2, 3)))]
        rows.append([(name, depth > 0 and random.random() < 0.5) for name in names])
    made = [[card(name, 0, 0, random.choice(FAMILIES), opens) for name, opens in row] for row in rows]
    wides = [sum(_wide(part) for part in row) + GAP * (len(row) - 1) for row in made]
    total = max(wides) + 80
    middle = total / 2
    places: dict[str, tuple[float, float, Part]] = {}
    for y, (row, wide) in enumerate(zip(made, wides, strict=True)):
        x = middle - wide / 2 + random.uniform(-30, 30) * (len(row) > 1)
        for part in row:
            here = x + _wide(part) / 2
            places[part.id] = (here, ROW + y * (44 + ROW), part)
            x += _wide(part) + GAP
    parts = [card(key, x, y, _family(part), _opens(part)) for key, (x, y, part) in places.items()]
    height = ROW + len(rows) * (44 + ROW)
    for above, below in pairwise(rows):
        for source, _ in above:
            for target, _ in below:
                parts.append(_joined(places, source, target))
    for number, (first, _) in enumerate(rows[0]):
        x, y, _ = places[first]
        parts.append(edge(((x, 0), (x, y)), "", first))
        parts.append(Part("label", (Text(x + 6, y - 10, "56×56", 9, fill="soft"),))) if not number else None
    last, *_ = places[rows[-1][0][0]]
    bottom = places[rows[-1][0][0]][1] + 44
    turn = bottom + 20
    way = ((last, bottom), (last, turn), (middle, turn), (middle, height))
    parts.append(edge(way if last != middle else ((last, bottom), (last, height)), rows[-1][0][0], ""))
    scene = Scene(total, height, tuple(parts), scope or "made up", "a made-up network")
    inside = [
        found
        for row in rows
        for name, opens in row
        if opens
        for found in level(random, name, depth - 1, random.random() < 0.3)
    ]
    title = f"{scope.rsplit('.', 1)[-1]}  ×3" if scope else "made up"
    return [
        Level(scope, title, scene, tuple(places[name][0] for name, _ in rows[0]), middle, opened or not scope),
        *inside,
    ]


def _wide(part: Part) -> float:
    left, _, right, _ = part.bounds
    return right - left


def _family(part: Part) -> str:
    return part.title.rsplit(" ", 1)[-1]


def _opens(part: Part) -> bool:
    return any(isinstance(mark, Text) and mark.text == "3 layers" for mark in part.marks)


def _joined(places: dict[str, tuple[float, float, Part]], source: str, target: str) -> Part:
    sx, sy, _ = places[source]
    tx, ty, _ = places[target]
    half = (sy + 44 + ty) / 2
    if sx == tx:
        return edge(((sx, sy + 44), (tx, ty)), source, target)
    return edge(((sx, sy + 44), (sx, half), (tx, half), (tx, ty)), source, target)


def nested(seed: int, depth: int = 3) -> tuple[Level, ...]:
    """A network of blocks in blocks, the same for the same seed."""
    return tuple(level(Random(seed), "", depth))


def flat(count: int, columns: int = 100) -> tuple[Level, ...]:
    """A network of `count` cards, one after another, in rows."""
    random = Random(count)
    parts = []
    for number in range(count):
        row, column = divmod(number, columns)
        x, y = 70 + column * 150.0, 20 + row * 90.0
        parts.append(card(f"node{number}", x, y, random.choice(FAMILIES), line=number % 40 + 1))
        if column:
            parts.append(edge(((x - 48, y + 22), (x - 102, y + 22)), f"node{number}", f"node{number - 1}"))
        if row:
            parts.append(edge(((x, y - 46), (x, y)), f"node{number - columns}", f"node{number}"))
    rows = -(-count // columns)
    scene = Scene(columns * 150.0 + 20, rows * 90.0 + 20, tuple(parts), "flat", f"{count} nodes in rows")
    return (Level("", "flat", scene, (), 70, True),)


def blocks(side: int) -> tuple[Level, ...]:
    """`side` columns of as many blocks below each other, all open, with four cards in each."""
    outer: list[Part] = []
    inner = []
    for row in range(side):
        for column in range(side):
            key, x, y = f"b{row}x{column}", 70 + column * 150.0, 20 + row * 90.0
            outer.append(card(key, x, y, "conv", True))
            if row:
                outer.append(edge(((x, y - 46), (x, y)), f"b{row - 1}x{column}", key))
            inside = [card(f"{key}.n{number}", 70, 30 + number * 80.0, "dense") for number in range(4)]
            stops = [0.0, *(y for number in range(4) for y in (30 + number * 80.0, 74 + number * 80.0)), 330.0]
            names = ["", *(part.id for part in inside), ""]
            for at in range(0, 10, 2):
                ends = ((70.0, stops[at]), (70.0, stops[at + 1]))
                inside.append(edge(ends, names[at // 2], names[at // 2 + 1]))
            inner.append(Level(key, key, Scene(140, 330, tuple(inside), key), (70,), 70, True))
    scene = Scene(side * 150.0 + 20, side * 90.0 + 20, tuple(outer), "blocks")
    return (Level("", "blocks", scene, (), 70, True), *inner)
