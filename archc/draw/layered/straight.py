"""Where things stand in their rows, so that long and main lines are straight.

Brandes and Köpf, "Fast and simple horizontal coordinate assignment" (2001), with inputs and outputs anywhere
on a box, and with lines that go before others: lanes, and the one short line among long ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from archc.draw.layered.rows import Rows

BETWEEN_BOXES, BESIDE_LANE = 22.0, 11.0
"""Room between neighbours, in px."""

EDGE = 12.0
"""Of a box's top that no line enters, at either end."""

NEAR, APART = 8.0, 12.0
"""A line that ends so near below where it starts is straight, where its end keeps away from others by that much."""

NARROWER = 0.9
"""Beside what is usual, to be chosen for it."""


Mains: TypeAlias = Sequence[int | None]
"""For each item, the neighbour at the other end of its main line, if it has one."""


@dataclass(frozen=True)
class Aim:
    """What is to be straight: for each item the main line from above and the one to below; but frames may be
    `centred` below each other, though the lines between them bend."""

    above: Mains
    below: Mains
    centred: bool = False


@dataclass
class Stand:
    """What is known of each item before it is placed, from where lines leave it: how far it reaches left and right,
    and where its inputs are."""

    left: list[float]
    right: list[float]
    slots: list[dict[int, float]]


def standing(rows: Rows, above: Mains) -> Stand:
    """Gives free inputs their places: in the order of the lines, a main one in the middle."""
    position = rows.positions()
    left, right, slots = [], [], []
    for item in range(len(rows.rank)):
        if rows.is_lane(item):
            left.append(0.0)
            right.append(0.0)
            slots.append({-1: 0.0})
            continue
        box = rows.boxes[item]
        left.append(box.leaves)
        right.append(max(box.width - box.leaves, box.tail[0]))
        enters = box.enters if box.enters is not None else _spread(rows, item, position, above[item])
        slots.append({slot: x - box.leaves for slot, x in enumerate(enters)})
    return Stand(left, right, slots)


def _spread(rows: Rows, item: int, position: Sequence[int], main: int | None) -> tuple[float, ...]:
    box = rows.boxes[item]
    order = sorted(rows.up[item], key=lambda end: (position[end[0]], end[1]))
    if not order:
        return ()
    # below the middle of a card, which a stack behind it makes no wider
    middle = box.leaves
    room = min(middle, box.width - middle) - EDGE
    step = min(26.0, 2 * room / max(len(order) - 1, 1))
    first = -(len(order) - 1) / 2
    straight = [index for index, (upper, _) in enumerate(order) if upper == main]
    if len(straight) == 1 and len(order) > 1:
        first = float(-straight[0])
        reach = max(straight[0], len(order) - 1 - straight[0])
        step = min(26.0, room / reach)
    places = {slot: middle + (first + index) * step for index, (_, slot) in enumerate(order)}
    return tuple(places[slot] for slot in range(len(places)))


def aligned(rows: Rows) -> tuple[Aim, Stand, list[float]]:
    """What is straight, how items stand by that, and where: lines along the longest way; or if that makes a drawing
    much narrower, the first branch of each value, or frames that stand right below each other."""
    above, below = mains(rows)
    stand = standing(rows, above)
    position = rows.positions()
    first = [
        main if rows.is_lane(item) or len(ends) < 2 else min((end for end, _ in ends), key=position.__getitem__)
        for item, (main, ends) in enumerate(zip(below, rows.down, strict=True))
    ]
    ways = [below] if first == below else [below, first]
    aims = [Aim(above, way, centred) for centred in (False, True)[: 1 + _stacked(rows)] for way in ways]
    best = aims[0]
    xs = placed(rows, stand, best)
    for aim in aims[1:]:
        others = placed(rows, stand, aim)
        if _width(rows, stand, others) < NARROWER * _width(rows, stand, xs):
            best, xs = aim, others
    return best, stand, xs


def snap(rows: Rows, stand: Stand, xs: Sequence[float]) -> None:
    """Moves free inputs of boxes to right below what leads to them, if that is near."""
    for item, box in enumerate(rows.boxes):
        if box.enters is not None:
            continue
        slots = stand.slots[item]
        above = {slot: xs[upper] - xs[item] for upper, slot in rows.up[item]}
        for slot, x in above.items():
            others = [place for other, place in slots.items() if other != slot]
            if (
                0 < abs(x - slots[slot]) <= NEAR
                and -stand.left[item] + EDGE <= x <= box.width - stand.left[item] - EDGE
                and all((place < x) == (place < slots[slot]) and abs(place - x) >= APART for place in others)
            ):
                slots[slot] = x


def _framed(rows: Rows, item: int) -> bool:
    """Whether it is a box whose inputs have their places: those of what is in it."""
    return not rows.is_lane(item) and rows.boxes[item].enters is not None


def _stacked(rows: Rows) -> bool:
    """Whether a line leads from a frame to a frame."""
    return any(
        _framed(rows, item) and any(_framed(rows, end) for end, _ in ends) for item, ends in enumerate(rows.down)
    )


def placed(rows: Rows, stand: Stand, aim: Aim) -> list[float]:
    """The x at which lines leave each item that stands in a row; the leftmost edge of all is at 0."""
    wanted = _wanted(rows, aim)
    crossing = _crossing_lanes(rows)
    four = []
    for downwards in (True, False):
        for mirrored in (False, True):
            four.append(_one_way(rows, stand, aim, wanted, crossing, downwards=downwards, mirrored=mirrored))
    widths = [_extent(rows, stand, xs) for xs in four]
    narrowest = min(range(4), key=lambda i: (widths[i][1] - widths[i][0], i))
    for index, xs in enumerate(four):
        side = index % 2
        shift = widths[narrowest][side] - widths[index][side]
        four[index] = [x + shift for x in xs]
    xs = [sum(sorted(each)[1:3]) / 2 for each in zip(*four, strict=True)]
    _straighten(rows, stand, xs)
    start = _extent(rows, stand, xs)[0]
    return [x - start for x in xs]


def _straighten(rows: Rows, stand: Stand, xs: list[float]) -> None:
    """Moves lanes that bend at both of their ends to where they do at one alone, if nothing stands there."""
    beside = {
        item: (left, right)
        for row in rows.rows
        for item, left, right in zip(row, [-1, *row[:-1]], [*row[1:], -1], strict=True)
    }
    for item in (item for row in rows.rows for item in row if rows.is_lane(item)):
        above = rows.up[item]
        if not above or (rows.is_lane(above[0][0]) and len(rows.down[above[0][0]]) == 1):
            continue
        lane = [item]
        while len(rows.down[lane[-1]]) == 1 and rows.is_lane(rows.down[lane[-1]][0][0]):
            lane.append(rows.down[lane[-1]][0][0])
        ends = [xs[above[0][0]], *(xs[low] + stand.slots[low][slot] for low, slot in rows.down[lane[-1]])]
        if len(ends) != 2 or any(abs(xs[piece] - end) < 1e-9 for piece in lane for end in ends):
            continue
        for x in sorted(ends, key=lambda end: abs(end - xs[item])):
            if all(_free(stand, xs, x, *beside[piece]) for piece in lane):
                for piece in lane:
                    xs[piece] = x
                break


def _free(stand: Stand, xs: Sequence[float], x: float, left: int, right: int) -> bool:
    """Whether a lane may be at x between its neighbours, of which -1 is none."""
    return (left < 0 or xs[left] + stand.right[left] + BESIDE_LANE <= x) and (
        right < 0 or x + BESIDE_LANE <= xs[right] - stand.left[right]
    )


def _extent(rows: Rows, stand: Stand, xs: Sequence[float]) -> tuple[float, float]:
    items = [item for row in rows.rows for item in row]
    return min(xs[item] - stand.left[item] for item in items), max(xs[item] + stand.right[item] for item in items)


def _width(rows: Rows, stand: Stand, xs: Sequence[float]) -> float:
    left, right = _extent(rows, stand, xs)
    return right - left


def _wanted(rows: Rows, aim: Aim) -> set[tuple[int, int]]:
    """The lines that may be straight: all, but where an item has a main line, that alone."""
    above, below = aim.above, aim.below
    return {
        (item, lower)
        for item, ends in enumerate(rows.down)
        for lower, _ in ends
        if below[item] in (None, lower) and above[lower] in (None, item)
    }


def mains(rows: Rows) -> tuple[Mains, Mains]:
    """The neighbour above and the one below to which each item's main line leads: on the longest way through the
    drawing, if there is but one, and in a frame on one that leads out of it. A lane that goes on is straight, and its
    forks leave it.
    """
    items = [item for row in rows.rows for item in row]
    from_top, to_bottom = [0] * len(rows.rank), [0] * len(rows.rank)
    counted = [0 if rows.is_lane(item) else 1 for item in range(len(rows.rank))]
    for item, box in enumerate(rows.boxes):
        if box.first or box.last:
            counted[item] = len(items)
    for item in items:
        from_top[item] = counted[item] + max((from_top[upper] for upper, _ in rows.up[item]), default=0)
    for item in reversed(items):
        to_bottom[item] = counted[item] + max((to_bottom[lower] for lower, _ in rows.down[item]), default=0)

    def main(item: int, ends: Sequence[tuple[int, int]], length: Sequence[int]) -> int | None:
        others = {end for end, _ in ends}
        lanes = [end for end in others if rows.is_lane(end)]
        if rows.is_lane(item) and lanes:
            return lanes[0]
        longest = max((length[end] for end in others), default=0)
        found = [end for end in others if length[end] == longest]
        return found[0] if len(found) == 1 else None

    above = [main(item, ends, from_top) for item, ends in enumerate(rows.up)]
    below = [main(item, ends, to_bottom) for item, ends in enumerate(rows.down)]
    return above, below


def _crossing_lanes(rows: Rows) -> set[tuple[int, int]]:
    """Lines that cross a piece of a lane, or another piece that comes first: they can't be straight as well."""
    position = rows.positions()
    found = set()
    for row in rows.rows:
        inner = [(item, end) for item in row if rows.is_lane(item) for end, _ in rows.down[item] if rows.is_lane(end)]
        if not inner:
            continue
        for item in row:
            for end, _ in rows.down[item]:
                for a, b in inner:
                    if (position[item] - position[a]) * (position[end] - position[b]) < 0 and (
                        (item, end) not in inner or position[item] > position[a]
                    ):
                        found.add((item, end))
    return found


def _one_way(
    rows: Rows,
    stand: Stand,
    aim: Aim,
    wanted: set[tuple[int, int]],
    crossing: set[tuple[int, int]],
    *,
    downwards: bool,
    mirrored: bool,
) -> list[float]:
    """One of the four assignments: aligned with the row above or below, packed to the left or right."""
    ordered = [list(reversed(row)) if mirrored else list(row) for row in rows.rows]
    position = [0] * len(rows.rank)
    for row in ordered:
        for index, item in enumerate(row):
            position[item] = index
    root = list(range(len(rows.rank)))
    shift = [0.0] * len(rows.rank)
    taken = [False] * len(rows.rank)
    for row in ordered[1:] if downwards else list(reversed(ordered))[1:]:
        last = -1
        for item in row:
            for other, off in _medians(rows, stand, aim, wanted, crossing, item, position, downwards=downwards):
                if last < position[other] and not taken[other]:
                    root[item] = root[other]
                    shift[item] = shift[other] + off
                    taken[other] = True
                    last = position[other]
                    break
    return _packed(rows, stand, ordered, root, shift, mirrored=mirrored)


def _medians(
    rows: Rows,
    stand: Stand,
    aim: Aim,
    wanted: set[tuple[int, int]],
    crossing: set[tuple[int, int]],
    item: int,
    position: Sequence[int],
    *,
    downwards: bool,
) -> Iterator[tuple[int, float]]:
    """The neighbours that an item would stand under (or over), the better first, and how far beside them."""
    found: dict[int, float] = {}
    for other, slot in rows.up[item] if downwards else rows.down[item]:
        pair = (other, item) if downwards else (item, other)
        if pair in wanted and pair not in crossing:
            into = stand.slots[pair[1]][slot]
            if aim.centred and all(_framed(rows, end) for end in pair):
                into = _middle(stand, pair[1]) - _middle(stand, pair[0])
            found.setdefault(other, -into if downwards else into)
    several = sorted(found, key=position.__getitem__)
    if several:
        low, high = (len(several) - 1) // 2, len(several) // 2
        yield from ((several[index], found[several[index]]) for index in sorted({low, high}))


def _middle(stand: Stand, item: int) -> float:
    """Of a box, beside where lines leave it."""
    return (stand.right[item] - stand.left[item]) / 2


def _packed(
    rows: Rows, stand: Stand, ordered: Sequence[list[int]], root: list[int], shift: list[float], *, mirrored: bool
) -> list[float]:
    """Every column of aligned items as far to the left as its neighbours let it, or to the right if `mirrored`."""
    sign = -1.0 if mirrored else 1.0
    before, behind = (stand.right, stand.left) if mirrored else (stand.left, stand.right)
    room: dict[int, dict[int, float]] = {}
    items = [item for row in ordered for item in row]
    blocked: dict[int, int] = dict.fromkeys((root[item] for item in items), 0)
    for row in ordered:
        for a, b in pairwise(row):
            gap = BESIDE_LANE if rows.is_lane(a) or rows.is_lane(b) else BETWEEN_BOXES
            distance = behind[a] + gap + before[b] + sign * (shift[a] - shift[b])
            limits = room.setdefault(root[a], {})
            if root[b] not in limits:
                blocked[root[b]] += 1
            limits[root[b]] = max(limits.get(root[b], distance), distance)
    xs = dict.fromkeys(blocked, 0.0)
    for item in items:
        xs[root[item]] = max(xs[root[item]], before[item] - sign * shift[item])
    ready = [r for r, count in blocked.items() if not count]
    for r in ready:
        for other, distance in room.get(r, {}).items():
            xs[other] = max(xs[other], xs[r] + distance)
            blocked[other] -= 1
            if not blocked[other]:
                ready.append(other)
    for r in reversed(ready):
        limits = room.get(r, {})
        if limits:
            xs[r] = max(xs[r], min(xs[other] - distance for other, distance in limits.items()))
    found = [0.0] * len(root)
    for item in items:
        found[item] = sign * xs[root[item]] + shift[item]
    return found
