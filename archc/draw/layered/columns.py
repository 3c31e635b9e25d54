"""Rows that are too many for one column: where they are cut, and which lines leave a column beside its boxes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from archc.draw.layered.channels import Net
from archc.draw.layered.rows import Rows

MOST_JOINED = 6
"""So many lines may pass from one column to the next."""


@dataclass
class Cutting:
    """Cuts rows into columns. Rows down to one reach to its `lowest`, and those from it on begin at its `highest`."""

    rows: Rows
    nets: Sequence[Mapping[int, Net]]
    highest: Sequence[float]
    lowest: Sequence[float]
    most: int = 1

    def columns(self, tallest: float) -> list[list[int]]:
        """Rows by column: as few as `tallest` lets, and as even as can be.

        They are cut where one line alone passes, or where few do if that isn't enough.
        """
        total = self.lowest[-1]
        uncut = self._uncut()
        highest = self._highest(uncut, total)
        if highest > tallest:
            self.most = MOST_JOINED
            uncut = self._uncut()
            highest = self._highest(uncut, total)
        if total <= tallest or highest > total / 2:
            return [list(range(len(self.lowest)))]
        count = len(self._filled(uncut, tallest))
        low, high = 0.0, total
        for _ in range(30):
            middle = (low + high) / 2
            if len(self._filled(uncut, middle)) <= count:
                high = middle
            else:
                low = middle
        return self._filled(uncut, high)

    def _filled(self, uncut: Sequence[Sequence[int]], tallest: float) -> list[list[int]]:
        """Rows by column, each filled up to `tallest` px, and higher only where it can't be cut."""
        columns: list[list[int]] = [[0]]
        for index, piece in enumerate(uncut):
            # the first may belong to the row above
            if self._height(columns[-1][0], piece[-1]) > tallest and (index or self._may_cut(0)):
                columns.append([])
            columns[-1] += piece
        return columns

    def _height(self, first: int, last: int) -> float:
        """How high a column of these rows is at most."""
        return self.lowest[last] - self.highest[first]

    def _highest(self, uncut: Sequence[Sequence[int]], total: float) -> float:
        return max((self._height(piece[0], piece[-1]) for piece in uncut), default=total)

    def _uncut(self) -> list[list[int]]:
        """The rows behind the first, those together that no cut can part."""
        pieces: list[list[int]] = []
        for index in range(1, len(self.lowest)):
            if not pieces or self._may_cut(index - 1):
                pieces.append([])
            pieces[-1].append(index)
        return pieces

    def _may_cut(self, row: int) -> bool:
        nets = self.nets[row]
        framed = any(self.rows.boxes[i].first for i in self.rows.rows[row] if not self.rows.is_lane(i)) or any(
            self.rows.boxes[i].last for i in self.rows.rows[row + 1] if not self.rows.is_lane(i)
        )
        return not framed and 1 <= len(nets) <= self.most and all(len(net.bottoms) == 1 for net in nets.values())


@dataclass
class Join:
    """The lines from one column to the next, by the item that each of them leaves in the column's last row.

    `places` counts them from the right. Of these, `over` come from columns before and pass above this one; `beside`
    turn out of the column as soon as nothing is in their way; the others leave it below its last row.
    """

    places: dict[int, int] = field(default_factory=dict)
    over: set[int] = field(default_factory=set)
    beside: set[int] = field(default_factory=set)

    @property
    def rising(self) -> int:
        """How many go up between the two columns."""
        return len(self.places) - len(self.over)

    @property
    def below(self) -> int:
        """How many of them come from below."""
        return self.rising - len(self.beside)


def joins(rows: Rows, columns: Sequence[Sequence[int]]) -> tuple[list[Join], set[int]]:
    """What joins the columns, and the lanes that it makes needless."""
    found: list[Join] = []
    gone: set[int] = set()
    for column in columns[:-1]:
        last = rows.rows[column[-1]]
        join = Join({item: place for place, item in enumerate(item for item in reversed(last) if rows.down[item])})
        for item in join.places:
            lane = _lane(rows, item, column[0])
            if not lane or not _rightmost(rows, lane, gone):
                break
            if rows.rank[lane[0]] > column[0]:
                join.beside.add(item)
            elif not join.beside and _passes(rows, lane[0], join.places[item], found[-1]):
                join.over.add(item)
            else:
                break
            gone.update(lane)
        found.append(join)
    return found, gone


def _lane(rows: Rows, item: int, first: int) -> list[int]:
    """The pieces of the lane that ends with an item, from below the last box or fork in its column on."""
    found: list[int] = []
    while rows.is_lane(item) and rows.rank[item] >= first and len(rows.down[item]) == 1:
        found.append(item)
        (item, _), *_ = rows.up[item]
    return found[::-1]


def _rightmost(rows: Rows, lane: Sequence[int], gone: set[int]) -> bool:
    """Whether nothing is right of a lane but what doesn't stay there."""
    return all(
        next(other for other in reversed(rows.rows[rows.rank[item]]) if other not in gone) == item for item in lane
    )


def _passes(rows: Rows, item: int, place: int, before: Join) -> bool:
    """Whether the line of the first piece of a lane is as far out above this column as above the next."""
    return before.places[rows.up[item][0][0]] == place


def apart(rows: Rows, column_of: Sequence[int], gone: set[int]) -> Rows:
    """The same rows without some lanes, and without what joins columns; the ways still tell of both."""

    def kept(item: int, ends: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        here = column_of[rows.rank[item]]
        return [end for end in ends if end[0] not in gone and column_of[rows.rank[end[0]]] == here]

    return replace(
        rows,
        rows=[[item for item in row if item not in gone] for row in rows.rows],
        down=[[] if item in gone else kept(item, ends) for item, ends in enumerate(rows.down)],
        up=[[] if item in gone else kept(item, ends) for item, ends in enumerate(rows.up)],
    )
