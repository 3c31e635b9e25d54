"""Where stations stand: behind each other on a centre line, branches in rows beside it, ways past them in arcs above.

A network is taken apart at the stations that every way leads through. What lies between two of them
falls into branches, which are taken apart likewise; where nothing falls apart, its stations stand in one row, and
whatever doesn't lead from one to the next goes in an arc above.
"""

from bisect import bisect, bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import dist

from archc.draw.scene import Bounds, Point

Edge = tuple[str, str]

LANE = 11.0
"""Beside a station, the room in which lines go up and down."""

BETWEEN, APART = 14.0, 34.0
"""Least room between two stations with all their texts, and between their solids."""

ROWS, ARC = 16.0, 12.0
"""Between rows, and between an arc and what is below it."""

BRACKET = 24.0
"""What a bracket and its text take below the stations of a group."""

WORD = 10.0
"""How high words on an arc are."""

DEEPEST = 50
"""So many ways past each other, one within the other, are taken apart."""

START, END = "", "\0"
"""Before the inputs and behind the outputs."""


@dataclass(frozen=True)
class Room:
    """What a station takes with its texts, to each side of the left end of its solid, on the centre line."""

    left: float
    right: float
    up: float
    down: float
    solid: tuple[float, float]
    """Where its solid begins and ends, from the same edge."""


@dataclass(frozen=True)
class Branching:
    """What is to be placed."""

    order: tuple[str, ...]
    edges: tuple[Edge, ...]
    rooms: Mapping[str, Room]
    words: Mapping[str, float]
    """How wide the words are of stations that stand as words on an arc where they have one to themselves."""
    groups: tuple[tuple[frozenset[str], int], ...]
    """Stations that get a bracket, and which group they are."""
    counted: frozenset[int] = frozenset()
    """The groups whose brackets tell how many they are: without one, each of its stations would be taken for one."""


@dataclass(frozen=True)
class Way:
    """A line from one station to another through points between; with the `word` of a station on its highest piece."""

    start: str
    end: str
    through: tuple[Point, ...] = ()
    word: str = ""


@dataclass
class Box:
    """Some placed stations; the centre line is at y = 0, and the left end at x = 0.

    `taken` are boxes that nothing else may come into. `spans` are brackets: of which group, from where, to where,
    and how deep.
    """

    width: float = 0.0
    places: dict[str, Point] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    words: dict[str, Point] = field(default_factory=dict)
    taken: list[Bounds] = field(default_factory=list)
    spans: list[tuple[int, float, float, float]] = field(default_factory=list)

    def put(self, other: "Box", dx: float, dy: float) -> None:
        """Takes another box in, moved."""
        self.places |= {name: (x + dx, y + dy) for name, (x, y) in other.places.items()}
        self.words |= {name: (x + dx, y + dy) for name, (x, y) in other.words.items()}
        self.ways += [replace(way, through=moved(way.through, dx, dy)) for way in other.ways]
        self.taken += [(a + dx, b + dy, c + dx, d + dy) for a, b, c, d in other.taken]
        self.spans += [(group, a + dx, b + dx, y + dy) for group, a, b, y in other.spans]

    def highest(self, left: float, right: float) -> float:
        """The top of what stands between two places."""
        return min((box[1] for box in self.taken if box[0] < right and box[2] > left), default=0.0)

    def lowest(self, left: float, right: float) -> float:
        return max((box[3] for box in self.taken if box[0] < right and box[2] > left), default=0.0)


def placed(plan: Branching) -> Box:
    """All stations in their places, with the ways between them."""
    leaving, arrived = {a for a, _ in plan.edges}, {b for _, b in plan.edges}
    ends = [(START, name) for name in plan.order if name not in arrived]
    ends += [(name, END) for name in plan.order if name not in leaving]
    position = {name: i for i, name in enumerate((START, *plan.order, END))}
    layout = _Layout(plan, position, [*plan.edges, *ends])
    box = layout.between(START, list(plan.order), END)
    if apart := {group for _, group in plan.groups} - layout.gathered:
        box = _Layout(plan, position, layout.edges, apart).between(START, list(plan.order), END)
    return box


@dataclass
class _Layout:
    plan: Branching
    position: dict[str, int]
    edges: list[Edge]
    apart: set[int] = field(default_factory=set)
    """Groups whose stations stand in several rows, or among others: each run of them gets a bracket."""
    gathered: set[int] = field(default_factory=set)
    level: int = 0

    def __post_init__(self) -> None:
        self.following: dict[str, list[str]] = {name: [] for name in self.position}
        for a, b in self.edges:
            self.following[a].append(b)

    def between(self, start: str, members: Sequence[str], end: str, *, past: bool = True) -> Box:
        """What lies between two stations, with a way `past` it if there is one.

        The two are placed by whoever asks: ways that start or end there lack these ends.
        """
        direct = past and end in self.following[start]
        within = {end, *members}
        edges = [(a, b) for a in (start, *members) for b in self.following[a] if b in within and (a, b) != (start, end)]
        if not direct and (through := self.spine(start, members, edges)):
            return self.sequence(start, members, through, end)
        branches = parts(members, [(a, b) for a, b in edges if a != start and b != end])
        if (not direct and len(branches) == 1) or self.level == DEEPEST:
            return self.tangle(start, members, end, [*edges, *([(start, end)] if direct else [])])
        self.level += 1
        box = self.rows(start, branches, end, direct=direct)
        self.level -= 1
        return box

    def spine(self, start: str, members: Sequence[str], edges: Sequence[Edge]) -> list[str]:
        """The stations that every way from `start` through the members leads through."""
        farthest: dict[str, int] = {}
        for a, b in edges:
            farthest[a] = max(farthest.get(a, 0), self.position[b])
        reach, found = farthest.get(start, 0), []
        for name in members:
            if reach <= self.position[name]:
                found.append(name)
            reach = max(reach, farthest.get(name, 0))
        return found

    def sequence(self, start: str, members: Sequence[str], spine: Sequence[str], end: str) -> Box:
        """Stations in a row, with whatever lies between two of them."""
        box, x, solid = Box(), 0.0, 0.0
        pieces: list[tuple[set[str], float, float]] = []
        places = [self.position[name] for name in members]
        for before, after in pairwise([start, *spine, end]):
            first = bisect(places, self.position[before])
            inner = members[first : bisect_left(places, self.position[after])]
            room = self.plan.rooms.get(after)
            if inner:
                piece = self.between(before, inner, after)
                box.put(piece, x, 0)
                pieces.append((set(inner), x, x + piece.width))
                x += piece.width
            else:
                if before != START and after != END:
                    box.ways.append(Way(before, after))
                if before != start and after != end and room:
                    x = max(x + BETWEEN, solid + APART - room.left - room.solid[0])
            if after == end or room is None:
                continue
            box.places[after] = (x + room.left, 0.0)
            right = x + room.left + room.right
            box.taken.append((x, -room.up, right, room.down))
            pieces.append(({after}, x, right))
            x, solid = right, x + room.left + room.solid[1]
        box.width = x
        self.bracket(box, pieces)
        return box

    def bracket(self, box: Box, pieces: Sequence[tuple[set[str], float, float]]) -> None:
        """Puts brackets under groups whose stations stand one behind the other here."""
        place = {name: i for i, (names, _, _) in enumerate(pieces) for name in names}
        for members, group in self.plan.groups:
            if group in self.apart:
                within = [names <= members for names, _, _ in pieces]
                for first, last in runs(within):
                    if first < last or group in self.plan.counted:
                        self.brace(box, group, pieces[first][1], pieces[last][2])
                continue
            if group in self.gathered or not members <= place.keys():
                continue
            touched = sorted({place[name] for name in members})
            run = pieces[touched[0] : touched[-1] + 1]
            if set().union(*(names for names, _, _ in run)) != members:
                continue
            self.brace(box, group, run[0][1], run[-1][2])
            self.gathered.add(group)

    def brace(self, box: Box, group: int, left: float, right: float) -> None:
        """A bracket below all that stands between two places, and none of the same group in there."""
        inner = [span for span in box.spans if span[0] == group and left <= span[1] and span[2] <= right]
        for span in inner:
            box.spans.remove(span)
            # moved along with it, and so equal but for rounding
            _, a, b, y = span
            box.taken.remove(min(box.taken, key=lambda each: dist(each, (a, y, b, y + BRACKET))))
        y = box.lowest(left, right) + 6
        box.spans.append((group, left, right, y))
        box.taken.append((left, y, right, y + BRACKET))

    def rows(self, start: str, branches: Sequence[Sequence[str]], end: str, *, direct: bool) -> Box:
        """Branches beside each other, and a way past them if there is one."""
        opens, closes = start != START, end != END
        ways = len(branches) + direct
        words = [branch[0] for branch in branches if opens and closes and ways > 1 and self.is_word(branch)]
        drawn = [branch for branch in branches if branch[0] not in words]
        inner = [self.between(start, branch, end, past=False) for branch in drawn]
        before, after = 2 * LANE if opens else 0.0, 2 * LANE if closes else 0.0
        widest = max([40.0, *(part.width for part in inner), *(self.plan.words[name] for name in words)])
        box = Box(width=before + widest + after)
        share = 0.5 if opens and closes else 0.0 if opens else 1.0
        lefts = [before + (widest - part.width) * share for part in inner]
        ends = (before / 2 if opens else None, box.width - after / 2 if closes else None)
        for part, left in zip(inner, lefts, strict=True):
            # the line that leads to it, and on from it
            part.taken.append(((ends[0] or left) - left, -2, (ends[1] or left + part.width) - left, 2))
        main = main_of([len(branch) for branch in drawn], opens=opens, closes=closes)
        for part, x, y in zip(inner, lefts, stacked(inner, lefts, main, below=not closes), strict=True):
            part.ways = [self.led(way, start, end, x, y, box.width) for way in part.ways]
            box.put(part, x, y)
        for word in [*words, *([""] if direct else [])]:
            self.arc(box, start, end, word)
        return box

    def led(self, way: Way, start: str, end: str, x: float, y: float, width: float) -> Way:
        """A way in a branch that is to stand at (x, y), led to it from the centre line, and back."""
        through = way.through
        if way.start == start and start != START and y:
            through = ((LANE - x, -y), (LANE - x, 0), *through)
        if way.end == end and end != END and y:
            through = (*through, (width - LANE - x, 0), (width - LANE - x, -y))
        return replace(way, through=through)

    def is_word(self, branch: Sequence[str]) -> bool:
        return len(branch) == 1 and branch[0] in self.plan.words

    def arc(self, box: Box, start: str, end: str, word: str) -> None:
        """A way above everything between two stations."""
        left, right = LANE, box.width - LANE
        y = min(box.highest(0, box.width) - ARC, -3 * ARC)
        box.ways.append(Way(start, end, ((left, 0), (left, y), (right, y), (right, 0)), word))
        # as far as the middle of the station where it comes down
        box.taken.append((left, y - 2, right + LANE + 14, y + 2))
        if word:
            middle, half = (left + right) / 2, self.plan.words[word] / 2
            box.words[word] = (middle, y - 5)
            box.taken.append((middle - half, y - 5 - WORD, middle + half, y))

    def tangle(self, start: str, members: Sequence[str], end: str, edges: Sequence[Edge]) -> Box:
        """Stations in one row, each way that leads past one of them in an arc of its own."""
        box, x = Box(), 0.0
        order = {name: i for i, name in enumerate((start, *members, end))}
        lanes: dict[str, tuple[float, float]] = {start: (0.0, LANE)}
        pieces: list[tuple[set[str], float, float]] = []
        if start != START:
            x += 2 * LANE
        for name in members:
            room = self.plan.rooms[name]
            arriving = x + LANE
            x += 2 * LANE
            box.places[name] = (x + room.left, 0.0)
            right = x + room.left + room.right
            box.taken.append((x, -room.up, right, room.down))
            pieces.append(({name}, x, right))
            x = right
            lanes[name] = (arriving, x + LANE)
            x += 2 * LANE
        lanes[end] = (x + LANE, 0.0)
        box.width = x + (2 * LANE if end != END else 0.0)
        real = [(a, b) for a, b in edges if a != START and b != END]
        for a, b in sorted(real, key=lambda edge: (order[edge[1]] - order[edge[0]], order[edge[0]])):
            if order[b] - order[a] == 1:
                box.ways.append(Way(a, b))
                continue
            left, right = lanes[a][1], lanes[b][0]
            y = min(box.highest(left, right) - ARC, -3 * ARC)
            box.ways.append(Way(a, b, ((left, 0), (left, y), (right, y), (right, 0))))
            box.taken.append((left, y - 2, right + LANE + 14, y + 2))
        self.bracket(box, pieces)
        return box


def moved(points: Iterable[Point], dx: float, dy: float) -> tuple[Point, ...]:
    return tuple((x + dx, y + dy) for x, y in points)


def runs(marked: Sequence[bool]) -> list[tuple[int, int]]:
    """Where the marked stand without a gap: the first and the last of each run."""
    starts = [i for i, there in enumerate(marked) if there and not (i and marked[i - 1])]
    ends = [i for i, there in enumerate(marked) if there and not (i + 1 < len(marked) and marked[i + 1])]
    return list(zip(starts, ends, strict=True))


def parts(members: Sequence[str], edges: Iterable[Edge]) -> list[list[str]]:
    """Stations that hang together, each part in the order of computation."""
    chief = {name: name for name in members}

    def of(name: str) -> str:
        while chief[name] != name:
            chief[name] = chief[chief[name]]
            name = chief[name]
        return name

    for a, b in edges:
        chief[of(b)] = of(a)
    found: dict[str, list[str]] = {}
    for name in members:
        found.setdefault(of(name), []).append(name)
    return list(found.values())


def main_of(sizes: Sequence[int], *, opens: bool, closes: bool) -> int | None:
    """Which branch stands on the centre line: the only long one, or with loose ends the longest; None for none."""
    if len(sizes) == 1:
        return 0
    longest = sizes.index(max(sizes, default=0)) if sizes else None
    if opens and not closes:
        return longest
    if len(sizes) == 2 and sizes[0] != sizes[1]:
        return longest
    return None


def stacked(parts: Sequence[Box], lefts: Sequence[float], main: int | None, *, below: bool) -> list[float]:
    """How far below the line each branch stands, the first on top.

    With a `main` one on the line the others stand above it, or, if so asked, below.
    """
    boxes = [[(a + x, b, c + x, d) for a, b, c, d in part.taken] for part, x in zip(parts, lefts, strict=True)]
    found = [0.0] * len(boxes)
    order = list(range(len(boxes))) if main is None else [main, *(i for i in range(len(boxes)) if i != main)]
    there: list[Bounds] = []
    for i in order:
        if there:
            upwards = main is not None and not below
            found[i] = -drop(flipped(there), flipped(boxes[i])) if upwards else drop(there, boxes[i])
        there += [(a, b + found[i], c, d + found[i]) for a, b, c, d in boxes[i]]
    middle = (found[0] + found[-1]) / 2 if main is None and found else 0.0
    return [y - middle for y in found]


def drop(there: Sequence[Bounds], boxes: Sequence[Bounds]) -> float:
    """How far boxes go down so that they touch nothing of what is there."""
    return max(
        (
            below + ROWS - top
            for left, top, right, _ in boxes
            for a, _, c, below in there
            if left < c + ROWS and a < right + ROWS
        ),
        default=0.0,
    )


def flipped(boxes: Sequence[Bounds]) -> list[Bounds]:
    return [(left, -bottom, right, -top) for left, top, right, bottom in boxes]
