"""What a graph figure shows: the network's steps as pieces, equal neighbours folded, repeats as one of their copies."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Literal, TypeAlias

from archc.ir.graph import Graph, Node, Place, Port, made
from archc.ops import OPS
from archc.types import Shape

LONGEST_PERIOD = 24
"""Of layers that follow each other again and again, this many are looked at as one group."""


Status: TypeAlias = Literal["added", "removed", "changed", "moved", "renamed", "same"]


@dataclass(frozen=True)
class Fate:
    """What became of a piece from one network to another.

    `words` tell how it changed, `earlier` is what it was, `inside` how many steps in it had which fate, but for those
    that are the same. Of what it reads, `before` it read only in the first network, `since` only in the second.
    """

    status: Status
    words: tuple[str, ...] = ()
    earlier: "Piece | None" = None
    inside: Mapping[Status, int] = field(default_factory=dict)
    before: frozenset[str] = frozenset()
    since: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Piece:
    """One thing to draw: a layer, a block, several layers that repeat, an input or an output.

    `value` is what others call what leaves it, `inputs` what enters. `count` is how many equal ones
    follow each other, of which it is the first. What opens has an `inside`, made when it is asked for. A `shared`
    one has its weights from elsewhere. Where two networks are compared, it has a `fate`.
    """

    kind: Literal["layer", "block", "group", "input", "output", "rest"]
    id: str
    value: str
    inputs: tuple[str, ...]
    output: Shape
    node: Node | None = None
    count: int = 1
    place: Place | None = None
    parts: "tuple[Piece, ...]" = ()
    open: "Callable[[], Inside] | None" = None
    shown: str = ""
    shared: bool = False
    fate: Fate | None = None

    @cached_property
    def parameters(self) -> int:
        """Trainable numbers, of all that it stands for; those of others don't count."""
        if self.shared:
            return 0
        if self.node is None:
            return self.count * sum(part.parameters for part in self.parts)
        return self.count * _alone(self.node).parameters

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates for one example, of all that it stands for."""
        if self.node is None:
            return self.count * sum(part.macs for part in self.parts)
        return self.count * _alone(self.node).macs

    @property
    def layers(self) -> int:
        """How many layers it stands for."""
        if self.node is None:
            return self.count * sum(part.layers for part in self.parts)
        return self.count * self.node.layer_count


@dataclass(frozen=True)
class Inside:
    """What is in a block or a network: `inputs` are the values that come in, with `shapes`, `value` what leaves.

    Of two networks, `former` are the shapes in the first.
    """

    inputs: tuple[str, ...]
    pieces: tuple[Piece, ...]
    value: str = ""
    shapes: tuple[Shape, ...] = ()
    former: tuple[Shape, ...] = ()


@dataclass
class Outline:
    """Makes pieces of a graph. With `full` nothing is folded, and every copy of a repeat stands for itself.

    Without `siblings` equal neighbours are not folded either, and repeats are.
    """

    full: bool = False
    siblings: bool = True
    seen: dict[int, int] = field(default_factory=dict)
    """Of each node that was looked at, the number of its kind: equal ones have the same."""

    kinds: dict[object, int] = field(default_factory=dict)

    def whole(self, graph: Graph) -> Inside:
        """The network, from its inputs to its outputs."""
        inputs = map(entering, graph.inputs)
        names: dict[str, str] = {}
        pieces = self._folded(self._pieces(graph, "", names), names)
        outputs = (leaving(port, names.get(port.value, port.value)) for port in graph.outputs)
        return Inside((), (*inputs, *pieces, *outputs))

    def _body(self, graph: Graph, scope: str, shared: bool) -> Inside:
        names: dict[str, str] = {}
        pieces = self._folded(self._pieces(graph, scope, names, shared), names)
        value = graph.outputs[0].value
        inputs, shapes = tuple(port.name for port in graph.inputs), tuple(port.shape for port in graph.inputs)
        return Inside(inputs, pieces, names.get(value, value), shapes)

    def _pieces(self, graph: Graph, scope: str, names: dict[str, str], shared: bool = False) -> list[Piece]:
        """The steps of a graph; `names` says, and learns, what values are called that its nodes call otherwise."""
        pieces: list[Piece] = []
        for node in graph.nodes:
            inputs = tuple(names.get(value, value) for value in read_by(node))
            if self.full and node.op == "repeat" and node.body is not None:
                pieces += self._copies(node, node.body, scope, inputs, names, shared)
            else:
                pieces.append(self.step(node, scope, inputs, shared))
        return pieces

    def step(self, node: Node, scope: str, inputs: tuple[str, ...], shared: bool) -> Piece:
        """One step of a graph."""
        if node.op != "repeat" or node.body is None:
            return self._piece(node, scope, inputs, shared)
        body = node.body
        if lone(node) is None:
            return self.group(node, body, scope, inputs, shared)
        inner = body.nodes[0]
        ports = dict(zip((port.name for port in body.inputs), inputs, strict=True))
        piece = self._piece(inner, scope, tuple(ports[value] for value in read_by(inner)), shared)
        return replace(piece, value=node.name, count=node.count)

    def _piece(self, node: Node, scope: str, inputs: tuple[str, ...], shared: bool) -> Piece:
        shared = shared or bool(node.shares)
        id = scope + node.name
        piece = Piece("layer", id, node.name, inputs, node.output, node, place=node.place, shared=shared)
        if node.body is None:
            return piece
        body, inner = node.body, f"{scope}{node.name}."
        return replace(piece, kind="block", open=cache(lambda: self._body(body, inner, shared)))

    def group(self, node: Node, body: Graph, scope: str, inputs: tuple[str, ...], shared: bool) -> Piece:
        """A repeat of several steps."""
        return Piece(
            "group",
            scope + node.name,
            node.name,
            inputs,
            node.output,
            count=node.count,
            place=node.place,
            parts=tuple(self._pieces(body, scope, {}, shared)),
            open=cache(lambda: self._body(body, scope, shared)),
            shared=shared,
        )

    def _copies(
        self, node: Node, body: Graph, scope: str, inputs: tuple[str, ...], outer: dict[str, str], shared: bool
    ) -> list[Piece]:
        """Every copy of a repeat, one behind the other."""
        found: list[Piece] = []
        flow = inputs
        for copy in node.copies:
            called = dict(zip((inner.name for inner in body.nodes), copy, strict=True))
            names = dict(zip((port.name for port in body.inputs), flow, strict=True)) | called
            nodes = tuple(inner.model_copy(update={"name": called[inner.name]}) for inner in body.nodes)
            found += self._pieces(body.model_copy(update={"nodes": nodes}), scope, names, shared)
            flow = (names[body.outputs[0].value], *flow[1:])
        outer[node.name] = flow[0]
        return found

    def _folded(self, pieces: Sequence[Piece], names: dict[str, str]) -> tuple[Piece, ...]:
        """Equal consecutive pieces as one, and groups of them; `names` learns whose value stands for others'."""
        if self.full or not self.siblings:
            return tuple(pieces)
        readers: dict[str, int] = {}
        for piece in pieces:
            for value in set(piece.inputs):
                readers[value] = readers.get(value, 0) + 1
        kinds = [self._kind(piece) for piece in pieces]
        follows = [
            index > 0 and piece.inputs == (pieces[index - 1].value,) and readers[pieces[index - 1].value] == 1
            for index, piece in enumerate(pieces)
        ]
        found: list[Piece] = []
        index = 0
        while index < len(pieces):
            period, count = _run(kinds, follows, index)
            first = pieces[index : index + period]
            last = pieces[index + period * count - 1]
            first = [replace(p, inputs=tuple(names.get(value, value) for value in p.inputs)) for p in first]
            if count == 1:
                found += first
            elif period == 1:
                found.append(replace(_alike(pieces[index : index + count], first[0]), count=count * first[0].count))
                names[last.value] = first[0].value
            else:
                found.append(_group(first, last, count))
            index += period * count
        return tuple(found)

    def _kind(self, piece: Piece) -> int:
        """Equal for pieces that do the same to what enters, with weights of the same shapes."""
        if piece.node is None:
            key: object = (piece.count, tuple(self._kind(part) for part in piece.parts), piece.output)
        else:
            key = (piece.count, self._node(piece.node))
        return self.kinds.setdefault(key, len(self.kinds))

    def _node(self, node: Node) -> int:
        if id(node) in self.seen:
            return self.seen[id(node)]
        weights = tuple((weight.name, weight.shape, weight.trainable) for weight in node.weights)
        # a block's arguments are in its body
        arguments = repr(sorted(node.arguments.items(), key=lambda item: item[0])) if node.body is None else ""
        body = tuple((self._node(inner), inner.inputs) for inner in node.body.nodes) if node.body else ()
        name = node.body.name if node.body else ""
        key = (node.op, name, node.count, node.output, weights, arguments, bool(node.shares), body)
        found = self.seen[id(node)] = self.kinds.setdefault(key, len(self.kinds))
        return found


def former(piece: Piece) -> Piece:
    """What a piece was in the first of two networks, or as it is."""
    return (piece.fate.earlier if piece.fate else None) or piece


def entering(port: Port) -> Piece:
    """An input of the network."""
    return Piece("input", port.name, port.name, (), port.shape, place=port.place, shown=port.name)


def leaving(port: Port, value: str) -> Piece:
    """An output of the network, which takes `value`."""
    name = f"output {port.name}"
    return Piece("output", name, name, (value,), port.shape, place=port.place, shown=port.name)


def lone(node: Node) -> Node | None:
    """The one layer or block that a repeat repeats, if it is but one."""
    nodes = node.body.nodes if node.op == "repeat" and node.body is not None else ()
    return nodes[0] if len(nodes) == 1 and nodes[0].op != "repeat" else None


def _alike(pieces: Sequence[Piece], first: Piece) -> Piece:
    """The first of equal ones, without arguments that others were given otherwise: nothing in them depends on those."""
    node = first.node
    if node is None or node.body is None:
        return first
    others = [piece.node.arguments for piece in pieces if piece.node is not None]
    kept = {name: value for name, value in node.arguments.items() if all(each.get(name) == value for each in others)}
    return replace(first, node=node.model_copy(update={"arguments": kept}))


def _group(first: Sequence[Piece], last: Piece, count: int) -> Piece:
    """Several layers that follow each other `count` times."""
    entering = first[0].inputs
    return Piece(
        "group",
        f"{first[0].id} and on",
        last.value,
        entering,
        last.output,
        count=count,
        place=first[0].place,
        parts=tuple(first),
        # each but the first is entered by what leaves the one before
        open=lambda: Inside(entering, tuple(first), first[-1].value, (last.output,) * len(entering)),
    )


def read_by(node: Node) -> tuple[str, ...]:
    """The values that a step computes with: none if all it takes of them is how many examples there are."""
    return () if node.body is None and OPS[node.op].alone else node.inputs


def _run(kinds: Sequence[int], follows: Sequence[bool], start: int) -> tuple[int, int]:
    """How many pieces from `start` on come again at once, and how often; (1, 1) if they don't."""
    best = (1, 1)
    for period in range(1, LONGEST_PERIOD + 1):
        if start + 2 * period > len(kinds) or not all(follows[start + 1 : start + period]):
            break
        end = start + period
        while end < len(kinds) and follows[end] and kinds[end] == kinds[end - period]:
            end += 1
        count = (end - start) // period
        if count >= (2 if period == 1 else 3) and period * count > best[0] * best[1]:
            best = (period, count)
    return best


def _alone(node: Node) -> Graph:
    return made(Graph)(name=node.name, inputs=(), nodes=(node,), outputs=())


def walk(inside: Inside, opened: Callable[[Piece, int], bool], depth: int = 0) -> Iterator[Piece]:
    """Every piece that is seen, where `opened` says what is open at which depth."""
    for piece in inside.pieces:
        if piece.open is not None and opened(piece, depth):
            yield from walk(piece.open(), opened, depth + (piece.kind == "block"))
        else:
            yield piece
