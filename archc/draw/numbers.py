"""Numbers on crossing lines: each stands in a gap of its own line, and no other line or number comes near it."""

from collections.abc import Sequence
from dataclasses import dataclass

from archc.draw import text as font
from archc.draw.scene import Bounds, Point

SIZE = 11
CLEAR = 3.5
"""What stays free around a number, in px."""

STEP = 3
"""How far apart the places are that are tried, in px."""

FAVOURITES = ((0.22,), (0.3,), (0.78,), (0.7,), (0.5,), (0.25, 0.75))
"""Where along a line numbers would like to stand: all near the one end, all near the other, or each near either."""

UNTIDY = 0.06
"""What it counts, as a share of a line, that a number isn't in a row with the others."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A line and what stands on it; "" for nothing."""

    start: Point
    end: Point
    text: str

    def at(self, share: float) -> Point:
        (x0, y0), (x1, y1) = self.start, self.end
        return (x0 + share * (x1 - x0), y0 + share * (y1 - y0))

    def box(self, share: float) -> Bounds:
        """What the number takes there, with what stays free around it."""
        x, y = self.at(share)
        width, height = font.width(self.text, SIZE) / 2 + CLEAR, SIZE * 0.38 + CLEAR
        return (x - width, y - height, x + width, y + height)


def places(wires: Sequence[Wire], left: float, right: float) -> list[float] | None:
    """How far along its line each number stands, from 0 to 1; None if there is no room for all.

    Lines go from left to right, and numbers stand between `left` and `right`, where nothing else is.
    """
    free = [_free(wire, wires, left, right) for wire in wires]
    found = [placed for favourite in FAVOURITES if (placed := _placed(wires, free, favourite)) is not None]
    return min(found, key=lambda each: each[0])[1] if found else None


def _free(wire: Wire, wires: Sequence[Wire], left: float, right: float) -> list[float]:
    """The places on a line that are clear of all other lines."""
    if not wire.text:
        return []
    count = max(2, int((wire.end[0] - wire.start[0]) / STEP))
    found = []
    for step in range(count + 1):
        share = step / count
        box = wire.box(share)
        inside = box[0] >= left and box[2] <= right
        if inside and not any(other is not wire and crossed(other.start, other.end, box) for other in wires):
            found.append(share)
    return found


def _placed(
    wires: Sequence[Wire], free: Sequence[Sequence[float]], favourites: Sequence[float]
) -> tuple[float, list[float]] | None:
    """How far numbers are from their favourite places in all, and where they are. Those with little choice go first."""

    def far(share: float) -> float:
        return min(abs(share - favourite) for favourite in favourites)

    taken: list[Bounds] = []
    shares = [0.5] * len(wires)
    cost = 0.0
    for row in sorted(range(len(wires)), key=lambda row: len(free[row])):
        if not wires[row].text:
            continue
        for share in sorted(free[row], key=far):
            box = wires[row].box(share)
            if not any(overlap(box, other) for other in taken):
                break
        else:
            return None
        taken.append(box)
        shares[row] = share
        cost += far(share) + UNTIDY * (len(favourites) - 1)
    return cost, shares


def overlap(one: Bounds, other: Bounds) -> bool:
    """Whether two boxes have a point in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def crossed(start: Point, end: Point, box: Bounds) -> tuple[float, float] | None:
    """From where to where a straight line is in a box, as shares of its length; None if it isn't."""
    enters, leaves = 0.0, 1.0
    for axis in (0, 1):
        length = end[axis] - start[axis]
        if not length:
            if not box[axis] < start[axis] < box[axis + 2]:
                return None
            continue
        ends = sorted(((box[axis] - start[axis]) / length, (box[axis + 2] - start[axis]) / length))
        enters, leaves = max(enters, ends[0]), min(leaves, ends[1])
    return (enters, leaves) if enters < leaves else None
