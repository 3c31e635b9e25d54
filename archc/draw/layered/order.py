"""The order in each row, so that few lines cross: barycentres, and exchanges of neighbours.

Sugiyama, Tagawa and Toda (1981); the exchanges are those of Gansner, Koutsofios, North and Vo, "A technique for
drawing directed graphs" (1993), section 3, as are the two starts and the medians.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from archc.draw.layered.rows import Rows

Order: TypeAlias = list[list[int]]
Key: TypeAlias = Callable[[Sequence[float]], float]

SWEEPS, IDLE = 24, 8
"""How often the rows are gone through, and after how many times without gain that ends."""

FEW, MIXED = 200, 4
"""Up to so many items, and from how many shuffled orders, it is tried again."""

MANY = 4000
"""From so many items on, the first order has to do."""


@dataclass(frozen=True, slots=True)
class Near:
    """The neighbours of each item in the row before, and those in the next one with how far behind its place a line
    enters, of a place: more for each input that is fixed."""

    above: list[list[int]]
    below: list[list[tuple[int, float]]]


def _near(rows: Rows) -> Near:
    def behind(item: int, slot: int) -> float:
        if slot < 0 or rows.is_lane(item) or rows.boxes[item].enters is None:
            return 0
        return slot / (len(rows.boxes[item].enters or ()) + 1)

    above = [[upper for upper, _ in ends] for ends in rows.up]
    return Near(above, [[(lower, behind(lower, slot)) for lower, slot in ends] for ends in rows.down])


def ordered(rows: Rows) -> int:
    """Reorders rows in place; how many lines cross. What has no crossings is left as it is."""
    near = _near(rows)
    best, kept = _crossings(rows, near), _copy(rows)
    if len(rows.rank) > MANY:
        return best
    starts = [kept, _from_below(rows)]
    if len(rows.rank) <= FEW:
        starts += [_mixed(kept, seed) for seed in range(MIXED)]
    for start in starts:
        for key in (_barycentre, _median):
            if best:
                rows.rows = [list(row) for row in start]
                best, kept = _improved(rows, near, best, kept, key)
    rows.rows = kept
    return best


def _mixed(order: Order, seed: int) -> Order:
    """The rows shuffled, the same way everywhere: by the generator of Park and Miller (1988)."""
    state = seed + 1
    found = [list(row) for row in order]
    for row in found:
        for index in range(len(row) - 1, 0, -1):
            state = state * 48271 % 2147483647
            other = state % (index + 1)
            row[index], row[other] = row[other], row[index]
    return found


def _improved(rows: Rows, near: Near, best: int, kept: Order, key: Key) -> tuple[int, Order]:
    """Sweeps down and up; the fewest crossings so far, and the order that has them."""
    idle = 0
    for sweep in range(SWEEPS):
        _sweep(rows, near, key, downwards=sweep % 2 == 0)
        _exchange(rows, near, equal=sweep % 4 > 1)
        count = _crossings(rows, near)
        idle += 1
        if count < best:
            best, kept, idle = count, _copy(rows), 0
        if not best or idle == IDLE:
            break
    return best, kept


def _copy(rows: Rows) -> Order:
    return [list(row) for row in rows.rows]


def _from_below(rows: Rows) -> Order:
    """The order in which a walk from the bottom meets the items."""
    found: Order = [[] for _ in rows.rows]
    seen: set[int] = set()
    for start in [item for row in reversed(rows.rows) for item in row if not rows.down[item]]:
        waiting = [start]
        while waiting:
            item = waiting.pop()
            if item in seen:
                continue
            seen.add(item)
            found[rows.rank[item]].append(item)
            waiting += reversed([upper for upper, _ in rows.up[item]])
    return found


def _barycentre(ends: Sequence[float]) -> float:
    return sum(ends) / len(ends)


def _median(ends: Sequence[float]) -> float:
    """The middle; of an even number that of both, nearer to the side that is closer together."""
    ordered = sorted(ends)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    if len(ordered) == 2:
        return (ordered[0] + ordered[1]) / 2
    left, right = ordered[half - 1] - ordered[0], ordered[-1] - ordered[half]
    if not left + right:
        return (ordered[half - 1] + ordered[half]) / 2
    return (ordered[half - 1] * right + ordered[half] * left) / (left + right)


def crossings(rows: Rows) -> int:
    """How many pairs of lines between neighbouring rows cross."""
    return _crossings(rows, _near(rows))


def _crossings(rows: Rows, near: Near) -> int:
    position = rows.positions()
    # lines of one item don't cross each other
    return sum(_between(near, row, position) for row in rows.rows if len(row) > 1)


def _between(near: Near, row: Sequence[int], position: Sequence[int]) -> int:
    count = 0
    seen: list[float] = []
    for item in row:
        ends = [position[lower] + behind for lower, behind in near.below[item]]
        for end in ends:
            count += len(seen) - bisect_right(seen, end)
        for end in ends:
            insort(seen, end)
    return count


def _sweep(rows: Rows, near: Near, key: Key, *, downwards: bool) -> None:
    position = rows.positions()
    for row in rows.rows if downwards else reversed(rows.rows):
        if len(row) < 2:
            continue
        keys = {}
        for index, item in enumerate(row):
            if downwards:
                ends: list[float] = [position[upper] for upper in near.above[item]]
            else:
                ends = [position[lower] + behind for lower, behind in near.below[item]]
            keys[item] = key(ends) if ends else float(index)
        row.sort(key=keys.__getitem__)
        for index, item in enumerate(row):
            position[item] = index


def _exchange(rows: Rows, near: Near, *, equal: bool) -> None:
    """Swaps neighbours as long as that removes crossings; once also where it neither adds nor removes any."""
    position = rows.positions()
    open = [True] * (len(rows.rows) + 2)
    for turn in range(8):
        again = [False] * len(open)
        for index, row in enumerate(rows.rows):
            # a row can gain where it or one beside it has changed
            near_open = open[index] or open[index + 1] or open[index + 2]
            if near_open and len(row) > 1 and _exchange_row(near, row, position, equal=equal and not turn):
                again[index + 1] = open[index + 1] = True
        open = again
        if not any(open):
            return


def _exchange_row(near: Near, row: list[int], position: list[int], *, equal: bool) -> bool:
    """Goes through a row once; whether crossings were removed."""
    above = [[position[upper] for upper in near.above[item]] for item in row]
    below = [[position[lower] + behind for lower, behind in near.below[item]] for item in row]
    better = False
    for index in range(len(row) - 1):
        gain = _gain(above[index], above[index + 1]) + _gain(below[index], below[index + 1])
        if gain > 0 or (equal and not gain):
            row[index], row[index + 1] = row[index + 1], row[index]
            above[index], above[index + 1] = above[index + 1], above[index]
            below[index], below[index + 1] = below[index + 1], below[index]
            better = better or gain > 0
    for index, item in enumerate(row):
        position[item] = index
    return better


def _gain(left: Sequence[float], right: Sequence[float]) -> int:
    """How many crossings of lines with these ends are removed by a swap."""
    gain = 0
    for a in left:
        for b in right:
            if a > b:
                gain += 1
            elif a < b:
                gain -= 1
    return gain
