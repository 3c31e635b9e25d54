"""The order in each row, so that few lines cross: barycentres, and exchanges of neighbours.

Sugiyama, Tagawa and Toda (1981); the exchanges are those of Gansner, Koutsofios, North and Vo, "A technique for
drawing directed graphs" (1993), section 3.
"""

from bisect import bisect_right, insort
from collections.abc import Sequence

from archc.draw.layered.rows import Rows

SWEEPS = 12
MANY = 4000
"""From so many items on, the first orders have to do."""


def ordered(rows: Rows) -> None:
    """Reorders rows in place. What has no crossings is left as it is."""
    best = crossings(rows)
    if not best or len(rows.rank) > MANY:
        return
    kept = [list(row) for row in rows.rows]
    idle = 0
    for sweep in range(SWEEPS):
        _sweep(rows, downwards=sweep % 2 == 0)
        _exchange(rows)
        count = crossings(rows)
        idle += 1
        if count < best:
            best, idle = count, 0
            kept = [list(row) for row in rows.rows]
        if not best or idle == 4:
            break
    rows.rows = kept


def crossings(rows: Rows) -> int:
    """How many pairs of lines between neighbouring rows cross."""
    position = rows.positions()
    return sum(_between(rows, row, position) for row in rows.rows)


def _between(rows: Rows, row: Sequence[int], position: Sequence[int]) -> int:
    count = 0
    seen: list[float] = []
    for item in row:
        ends = sorted(_end(rows, position, lower, slot) for lower, slot in rows.down[item])
        count += sum(len(seen) - bisect_right(seen, end) for end in ends)
        for end in ends:
            insort(seen, end)
    return count


def _end(rows: Rows, position: Sequence[int], item: int, slot: int) -> float:
    """Where a line enters an item: its place in the row, and of fixed inputs the place among them."""
    if slot < 0 or rows.is_lane(item) or rows.boxes[item].enters is None:
        return position[item]
    return position[item] + slot / (len(rows.boxes[item].enters or ()) + 1)


def _sweep(rows: Rows, *, downwards: bool) -> None:
    position: list[float] = [float(p) for p in rows.positions()]
    for row in rows.rows if downwards else reversed(rows.rows):
        keys = {}
        for index, item in enumerate(row):
            if downwards:
                ends = [position[upper] for upper, _ in rows.up[item]]
            else:
                ends = [_end(rows, position, lower, slot) for lower, slot in rows.down[item]]  # type: ignore[arg-type]
            keys[item] = sum(ends) / len(ends) if ends else float(index)
        row.sort(key=keys.__getitem__)
        for index, item in enumerate(row):
            position[item] = index


def _exchange(rows: Rows) -> None:
    """Swaps neighbours as long as that removes crossings."""
    position = rows.positions()
    for _ in range(8):
        better = False
        for row in rows.rows:
            for index in range(len(row) - 1):
                left, right = row[index], row[index + 1]
                if _pair(rows, position, left, right) > _pair(rows, position, right, left):
                    row[index], row[index + 1] = right, left
                    position[left], position[right] = index + 1, index
                    better = True
        if not better:
            return


def _pair(rows: Rows, position: Sequence[int], left: int, right: int) -> int:
    """Crossings between the lines of two neighbours, standing in this order."""
    count = 0
    for a in rows.up[left]:
        count += sum(position[a[0]] > position[b[0]] for b in rows.up[right])
    lower = [_end(rows, position, *b) for b in rows.down[right]]
    for a in rows.down[left]:
        end = _end(rows, position, *a)
        count += sum(end > other for other in lower)
    return count
