"""Which nodes of one graph are those of another, although some were added, removed, changed or renamed.

A name that a person gave is taken at its word. Ordinals (`conv2`) move when a sibling is inserted,
so nodes without a name of their own are matched by what they are and where they stand.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from archc.ir.graph import Argument, Graph, Item, Node

LARGEST_TABLE = 1_000_000
"""How many pairs of nodes are weighed up, about; in longer rows those that stand too far from each other are not."""


@dataclass(frozen=True, slots=True)
class Match:
    """Two nodes that are one. `moved` tells that others stand before it now, `inner` what became of its body."""

    before: Node
    after: Node
    moved: bool
    inner: "Alignment | None"


@dataclass(frozen=True, slots=True)
class Alignment:
    """Two graphs, repeats of only one of them written out: what matches, in the second's order, and the rest."""

    before: Graph
    after: Graph
    matches: tuple[Match, ...]
    removed: tuple[Node, ...]
    added: tuple[Node, ...]


def align(before: Graph, after: Graph) -> Alignment:
    """Matches the nodes of two graphs, and those of their blocks and repeats."""
    pairs = _pairs(before.nodes, after.nodes)
    closed = [_lonely_repeats(before, {i for i, _, _ in pairs}), _lonely_repeats(after, {j for _, j, _ in pairs})]
    if any(closed):
        before, after = written_out(before, closed[0]), written_out(after, closed[1])
        pairs = _pairs(before.nodes, after.nodes)
    old, new = {i for i, _, _ in pairs}, {j for _, j, _ in pairs}
    return Alignment(
        before,
        after,
        tuple(_match(before.nodes[i], after.nodes[j], moved) for i, j, moved in pairs),
        tuple(node for i, node in enumerate(before.nodes) if i not in old),
        tuple(node for j, node in enumerate(after.nodes) if j not in new),
    )


def _pairs(before: Sequence[Node], after: Sequence[Node]) -> list[tuple[int, int, bool]]:
    """Positions of the nodes that match, and whether they moved, by the second; the same when the sides are swapped."""
    if _rank(before) <= _rank(after):
        return _Matching(before, after).pairs()
    return sorted(((i, j, moved) for j, i, moved in _Matching(after, before).pairs()), key=lambda pair: pair[1])


def _rank(nodes: Sequence[Node]) -> tuple[int, list[str], str]:
    return len(nodes), [node.name for node in nodes], repr([content(node) for node in nodes])


def _match(before: Node, after: Node, moved: bool) -> Match:
    both = before.body is not None and after.body is not None
    return Match(before, after, moved, align(before.body, after.body) if both else None)  # type: ignore[arg-type]


def _lonely_repeats(graph: Graph, matched: set[int]) -> set[str]:
    return {node.name for i, node in enumerate(graph.nodes) if node.op == "repeat" and i not in matched}


def written_out(graph: Graph, repeats: set[str]) -> Graph:
    """The graph with the copies of some repeats in their place."""
    values: dict[str, str] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        inputs = tuple(values.get(value, value) for value in node.inputs)
        if node.name not in repeats or node.body is None:
            nodes.append(node.model_copy(update={"inputs": inputs}))
            continue
        value = inputs[0]
        for copy in node.copies:
            inside = dict(zip((port.name for port in node.body.inputs), (value, *inputs[1:]), strict=True))
            for inner, name in zip(node.body.nodes, copy, strict=True):
                entering = tuple(inside[given] for given in inner.inputs)
                nodes.append(inner.model_copy(update={"name": name, "inputs": entering}))
                inside[inner.name] = name
            value = inside[node.body.outputs[0].value]
        values[node.name] = value
    outputs = tuple(
        port.model_copy(update={"value": values[port.value]}) if port.value in values else port
        for port in graph.outputs
    )
    return graph.model_copy(update={"nodes": tuple(nodes), "outputs": outputs})


def named(node: Node) -> bool:
    """Whether a person gave the node its name, and it isn't `conv2` or `stage2`, which count."""
    kind = node.body.name if node.op == "block" and node.body is not None else node.op
    return re.fullmatch(re.escape(kind) + r"_?\d*", node.name) is None


def key(value: Argument) -> Hashable:
    """By which equal arguments are known."""
    if isinstance(value, Item):
        return (value.kind, *((name, key(inner)) for name, inner in sorted(value.arguments.items())))
    return (tuple, *map(key, value)) if isinstance(value, tuple) else value


LENGTHS = ("window", "stride", "padding", "dilation", "factor", "size")
"""Arguments of layers of which one number stands for every direction."""


def plain(node: Node) -> dict[str, Argument]:
    """The arguments of a layer as if written in the shortest way: a window of 2 where it says 2x2."""
    if node.body is not None:
        return node.arguments
    directions = len(node.output) - 1
    return {name: _short(value, directions) if name in LENGTHS else value for name, value in node.arguments.items()}


def _short(value: Argument, directions: int) -> Argument:
    """One number for every direction, and for both sides of it, where they are the same."""
    if not isinstance(value, tuple) or len(value) != directions:
        return value
    sides = [part[0] if isinstance(part, tuple) and len(set(map(key, part))) == 1 else part for part in value]
    return sides[0] if isinstance(sides[0], int) and all(side == sides[0] for side in sides) else value


def content(node: Node) -> Hashable:
    """What a node is, whatever it is called and whatever shapes enter it; of a block, whatever its parameters are
    called."""
    body = tuple(map(content, node.body.nodes)) if node.body is not None else ()
    if node.op == "block":
        arguments: Hashable = tuple(map(key, node.arguments.values()))
    else:
        arguments = tuple((name, key(value)) for name, value in sorted(plain(node).items()))
    return (node.op, arguments, bool(node.shares), node.count, body)


class _Matching:
    """Matches two rows of nodes; works with their positions."""

    def __init__(self, before: Sequence[Node], after: Sequence[Node]):
        self._before, self._after = before, after
        self._contents = [content(node) for node in before], [content(node) for node in after]
        old, new = ({node.name for node in nodes if named(node)} for nodes in (before, after))
        self._kept = old & new
        self._kept_blocks = _blocks(before) & _blocks(after)
        self._likeness: dict[tuple[Hashable, Hashable], float] = {}

    def pairs(self) -> list[tuple[int, int, bool]]:
        """Positions of what matches, by the second, and whether the order is another."""
        start, ends = self._edges()
        rows = range(start, ends[0]), range(start, ends[1])
        last = len(self._before) - ends[0]
        ordered = [(i, i) for i in range(start)]
        ordered += self._in_order(*rows)
        ordered += [(ends[0] + k, ends[1] + k) for k in range(last)]
        known = {i for i, _ in ordered}, {j for _, j in ordered}
        crossing = self._elsewhere([i for i in rows[0] if i not in known[0]], [j for j in rows[1] if j not in known[1]])
        places = [i for i, _ in ordered], [j for _, j in ordered]
        found = [(i, j, False) for i, j in ordered]
        found += [(i, j, bisect_left(places[0], i) != bisect_left(places[1], j)) for i, j in crossing]
        return sorted(found, key=lambda pair: pair[1])

    def _edges(self) -> tuple[int, tuple[int, int]]:
        """How far both rows are the same from the start, and where what is the same at their ends begins."""
        start, ends = 0, (len(self._before), len(self._after))
        while start < min(ends) and self._same(start, start) and self._same_name(start, start):
            start += 1
        while min(ends) > start and self._same(ends[0] - 1, ends[1] - 1) and self._allowed(ends[0] - 1, ends[1] - 1):
            ends = ends[0] - 1, ends[1] - 1
        return start, ends

    def _same(self, i: int, j: int) -> bool:
        return self._contents[0][i] == self._contents[1][j]

    def _same_name(self, i: int, j: int) -> bool:
        return self._before[i].name == self._after[j].name

    def _in_order(self, old: range, new: range) -> list[tuple[int, int]]:
        """The matches that don't cross and together are the likeliest.

        `best[a][k]` is how likely the best ones are from place `a` of the first row and place
        `a + first + k` of the second on. Of long rows only places near each other are weighed up.
        """
        further = len(new) - len(old)
        reach = max(LARGEST_TABLE // (2 * len(old) + 1) - abs(further), 10)
        first, last = max(min(0, further) - reach, -len(old)), min(max(0, further) + reach, len(new))
        width = last - first + 1
        best = [[0.0] * (width + 1) for _ in range(len(old) + 1)]
        for a in reversed(range(len(old))):
            row, below, shift = best[a], best[a + 1], a + first
            for k in reversed(range(max(0, -shift), min(width, len(new) - shift))):
                score = self._score(old[a], new[shift + k])
                row[k] = max(below[k - 1] if k else 0.0, row[k + 1], below[k] + score if score else 0.0)
        pairs: list[tuple[int, int]] = []
        a, b = 0, 0
        while a < len(old) and b < len(new):
            k = b - a - first
            if not best[a][k]:
                break
            score = self._score(old[a], new[b])
            if score and best[a][k] == best[a + 1][k] + score:
                pairs.append((old[a], new[b]))
                a, b = a + 1, b + 1
            elif best[a][k] == (best[a + 1][k - 1] if k else 0.0):
                a += 1
            else:
                b += 1
        return pairs

    def _elsewhere(self, old: list[int], new: list[int]) -> list[tuple[int, int]]:
        """What matches across the order: by name, and what has weights by what it is."""
        names = {self._after[j].name: j for j in new}
        pairs = {i: names[self._before[i].name] for i in old if self._before[i].name in names}
        pairs = {i: j for i, j in pairs.items() if self._allowed(i, j)}
        taken = set(pairs.values())
        alike: dict[Hashable, list[int]] = {}
        for j in new:
            if j not in taken:
                alike.setdefault(self._contents[1][j], []).append(j)
        for i in old:
            candidates = alike.get(self._contents[0][i], [])
            if i not in pairs and candidates and _weighs(self._before[i]) and self._allowed(i, candidates[0]):
                pairs[i] = candidates.pop(0)
        return list(pairs.items())

    def _allowed(self, i: int, j: int) -> bool:
        a, b = self._before[i], self._after[j]
        if (a.body is None) != (b.body is None) or (a.op == "repeat") != (b.op == "repeat"):
            return False
        if a.name in self._kept or b.name in self._kept:
            return a.name == b.name
        if a.op != b.op:
            return False
        if a.op == "block" and a.body is not None and b.body is not None:
            kinds = {a.body.name, b.body.name}
            # a definition that is the same under another name, if neither name is in use on both sides
            return len(kinds) == 1 or (self._same(i, j) and not kinds & self._kept_blocks)
        return a.op != "repeat" or self._alike(i, j) >= 0.5

    def _score(self, i: int, j: int) -> float:
        """How likely two nodes are one; 0 if they can't be."""
        if not self._allowed(i, j):
            return 0.0
        a, b = self._before[i], self._after[j]
        same_name = self._same_name(i, j)
        shapes = a.output == b.output and [w.shape for w in a.weights] == [w.shape for w in b.weights]
        likeness = 8 if self._same(i, j) else 2 * self._alike(i, j)
        return 2 + likeness + same_name + shapes + 100 * (same_name and a.name in self._kept)

    def _alike(self, i: int, j: int) -> float:
        """The share of arguments, or of the body's nodes, that are equal."""
        pair = self._contents[0][i], self._contents[1][j]
        if pair not in self._likeness:
            self._likeness[pair] = _likeness(self._before[i], self._after[j])
        return self._likeness[pair]


def _blocks(nodes: Sequence[Node]) -> set[str]:
    """The names of the blocks that are used."""
    return {node.body.name for node in nodes if node.op == "block" and node.body is not None}


def _weighs(node: Node) -> bool:
    return bool(node.weights) or node.body is not None


def _likeness(a: Node, b: Node) -> float:
    if a.body is not None and b.body is not None:
        parts = Counter(map(content, a.body.nodes)), Counter(map(content, b.body.nodes))
        return (parts[0] & parts[1]).total() / max(parts[0].total(), parts[1].total(), 1)
    ours, theirs = plain(a), plain(b)
    names = {*ours, *theirs}
    equal = sum(name in ours and name in theirs and ours[name] == theirs[name] for name in names)
    return equal / len(names) if names else 1.0
