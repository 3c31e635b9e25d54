"""What became of one graph in another: layers added, removed, changed, renamed and moved."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property

from archc.ir.graph import Argument, Frozen, Graph, Item, Node, Port
from archc.ir.match import Alignment, Match, align, plain
from archc.ir.recipe import Module

Value = Argument | Frozen | Mapping[str, object] | tuple[object, ...]

DERIVED = {"links"}
"""Fields of a recipe that follow from the graph."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that has another value; None stands for what isn't there."""

    what: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Step:
    """A layer, block or repeat, under its full scope."""

    scope: str
    node: Node


@dataclass(frozen=True, slots=True)
class Pair:
    """A step that both graphs have.

    `changes` are what someone wrote otherwise: arguments, the count of a repeat, what is read.
    `shapes` are those of the output and the weights, which may merely follow from others, and
    `inits` how weights start.
    """

    before: Step
    after: Step
    moved: bool
    changes: tuple[Change, ...]
    shapes: tuple[Change, ...]
    inits: tuple[Change, ...]

    @property
    def renamed(self) -> bool:
        """Whether its own name is another, and not only that of a block around it."""
        return self.before.node.name != self.after.node.name


@dataclass(frozen=True, slots=True)
class PortChange:
    """An input or output that was added, removed, or has another shape; an output may also take another value."""

    before: Port | None
    after: Port | None


@dataclass(frozen=True)
class Comparison:
    """Two graphs. Steps are in the order of the second graph, what was removed in that of the first.

    What stands in an added or removed block is not listed by itself.
    """

    before: Graph
    after: Graph
    alignment: Alignment
    pairs: tuple[Pair, ...]
    added: tuple[Step, ...]
    removed: tuple[Step, ...]
    inputs: tuple[PortChange, ...]
    outputs: tuple[PortChange, ...]
    matched: Mapping[str, str]
    """Every layer that both have: its scope in the first graph and in the second, each copy of a repeat by itself."""

    @cached_property
    def only_before(self) -> tuple[str, ...]:
        """The scopes of layers that only the first graph has, each copy of a repeat by itself."""
        return tuple(scope for scope, _ in self.before.layers() if scope not in self.matched)

    @cached_property
    def only_after(self) -> tuple[str, ...]:
        """Likewise for the second graph."""
        known = set(self.matched.values())
        return tuple(scope for scope, _ in self.after.layers() if scope not in known)

    @property
    def changed(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.changes)

    @property
    def reshaped(self) -> tuple[Pair, ...]:
        """What has other shapes without being changed itself."""
        return tuple(pair for pair in self.pairs if pair.shapes and not pair.changes)

    @property
    def renamed(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.renamed)

    @property
    def moved(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.moved)

    @property
    def equal(self) -> bool:
        differing = any(p.changes or p.shapes or p.inits or p.renamed or p.moved for p in self.pairs)
        return not (differing or self.added or self.removed or self.inputs or self.outputs)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two modules: their graphs, the model's name and parameters, and their recipes."""

    graph: Comparison
    model: tuple[Change, ...]
    recipe: tuple[Change, ...]

    @property
    def equal(self) -> bool:
        return self.graph.equal and not self.model and not self.recipe


def compare_modules(before: Module, after: Module) -> Difference:
    """What differs between two files. Where things stand in them doesn't count."""
    model = [*differing("name", before.graph.name, after.graph.name)]
    model += differing("", before.arguments, after.arguments)
    recipe = [
        change
        for change in differing("recipe", before.recipe, after.recipe)
        if change.what.split(".")[0] not in DERIVED
    ]
    return Difference(compare(before.graph, after.graph), tuple(model), tuple(recipe))


def compare(before: Graph, after: Graph) -> Comparison:
    """What differs between two graphs. Where things stand in their files doesn't count."""
    alignment = align(before, after)
    wiring = _Wiring(alignment, by_name=True)
    pairs: list[Pair] = []
    added: list[Step] = []
    removed: list[Step] = []
    _walk(alignment, wiring, ("", ""), pairs, added, removed)
    return Comparison(
        before,
        after,
        alignment,
        tuple(pairs),
        tuple(added),
        tuple(removed),
        tuple(_inputs(before, after, wiring)),
        tuple(_outputs(alignment, wiring)),
        dict(_layers(alignment, "", "")),
    )


def _walk(
    alignment: Alignment,
    wiring: "_Wiring",
    scopes: tuple[str, str],
    pairs: list[Pair],
    added: list[Step],
    removed: list[Step],
) -> None:
    old, new = scopes
    removed += [Step(old + node.name, node) for node in alignment.removed]
    added += [Step(new + node.name, node) for node in alignment.added]
    for match in alignment.matches:
        a, b = match.before, match.after
        changes = (*_written(match), *wiring.changes(match))
        shapes, inits = tuple(_shapes(a, b)), tuple(_inits(a, b))
        pairs.append(Pair(Step(old + a.name, a), Step(new + b.name, b), match.moved, changes, shapes, inits))
        # the body of what is shared is told where it stands first
        if match.inner is not None and not (a.shares and b.shares):
            inside = scopes if a.op == "repeat" else (f"{old}{a.name}.", f"{new}{b.name}.")
            _walk(match.inner, _Wiring(match.inner, by_name=False), inside, pairs, added, removed)


def _written(match: Match) -> Iterator[Change]:
    a, b = match.before, match.after
    yield from differing("op", a.op, b.op)
    # a block is given the same values whatever its parameters are called
    same = a.op == b.op == "block" and list(a.arguments.values()) == list(b.arguments.values())
    if a.op == b.op and not same:
        shortest = plain(a), plain(b)
        alike = {name for name in shortest[0] if name in shortest[1] and shortest[0][name] == shortest[1][name]}
        yield from differing("", _own(a, alike), _own(b, alike))
    yield from differing("count", a.count, b.count)
    # a flow that is shared is called like its first use, where it is told
    told = (a.shares and b.shares) or (a.body and a.body.name, b.body and b.body.name) == (a.name, b.name)
    if a.body is not None and b.body is not None and a.op == "block" and not told:
        yield from differing("block", a.body.name, b.body.name)
    trainable = [{weight.name: weight.trainable for weight in node.weights} for node in (a, b)]
    for name in trainable[0]:
        if name in trainable[1]:
            yield from differing(f"{name}.trainable", trainable[0][name], trainable[1][name])


def _own(node: Node, alike: Set[str]) -> dict[str, Argument]:
    """The arguments, but for those that are `alike`, and what flows into a block, which is compared by itself."""
    flows = {port.name for port in node.body.inputs} if node.body is not None else ()
    return {name: value for name, value in node.arguments.items() if name not in flows and name not in alike}


def _shapes(a: Node, b: Node) -> Iterator[Change]:
    yield from differing("output", a.output, b.output)
    weights = [{f"{weight.name}.shape": weight.shape for weight in node.weights} for node in (a, b)]
    if bool(a.shares) == bool(b.shares):
        yield from differing("", *weights)


def _inits(a: Node, b: Node) -> Iterator[Change]:
    inits = [{weight.name: weight.init for weight in node.weights} for node in (a, b)]
    for name in inits[0]:
        if name in inits[1] and inits[0][name] != inits[1][name]:
            yield Change(f"{name}.init", inits[0][name], inits[1][name])


def differing(what: str, before: object, after: object) -> Iterator[Change]:
    """Where two values differ, as deep as they have the same form; `what` is the way to them, with dots."""
    lead = f"{what}." if what and what != "recipe" else ""
    match before, after:
        case Item(), Item() if before.kind == after.kind:
            yield from differing(what, before.arguments, after.arguments)
        case Item(), Item():
            yield Change(what, before, after)
        case Frozen(), Frozen() if type(before) is type(after):
            for field in type(before).model_fields:
                yield from differing(lead + field, getattr(before, field), getattr(after, field))
        case Mapping(), Mapping():
            for name in dict.fromkeys([*before, *after]):
                yield from differing(f"{lead}{name}" if name else what, before.get(name), after.get(name))
        case (Frozen() as a,), (Frozen() as b,):
            yield from differing(what, a, b)
        case _ if before != after:
            yield Change(what, before, after)  # type: ignore[arg-type]  # fields of the IR are values of it


def _layers(alignment: Alignment, old: str, new: str) -> Iterator[tuple[str, str]]:
    for match in alignment.matches:
        yield from _layers_of(match, old + match.before.name, new + match.after.name, old, new)


def _layers_of(match: Match, before: str, after: str, old: str, new: str) -> Iterator[tuple[str, str]]:
    """`before` and `after` are the scopes of the two nodes, `old` and `new` those around them."""
    a, b, inner = match.before, match.after, match.inner
    if inner is None or a.body is None or b.body is None:
        yield before, after
    elif a.op != "repeat":
        yield from _layers(inner, f"{before}.", f"{after}.")
    else:
        for names in zip(a.copies, b.copies, strict=False):
            first = dict(zip((node.name for node in a.body.nodes), names[0], strict=True))
            second = dict(zip((node.name for node in b.body.nodes), names[1], strict=True))
            for part in inner.matches:
                here, there = old + first[part.before.name], new + second[part.after.name]
                yield from _layers_of(part, here, there, old, new)


class _Wiring:
    """What reads what, seen past steps that were added, removed or moved."""

    def __init__(self, alignment: Alignment, *, by_name: bool):
        before, after = alignment.before, alignment.after
        self._ports = dict(_same_ports(before, after, by_name))
        still = [match for match in alignment.matches if not match.moved]
        self._partner = {match.before.name: match.after.name for match in alignment.matches}
        self._anchors = {
            **self._ports,
            **{match.before.name: match.after.name for match in still},
        }
        self._nodes = tuple({node.name: node for node in graph.nodes} for graph in (before, after))
        self._stops = set(self._anchors), set(self._anchors.values())

    @property
    def ports(self) -> Mapping[str, str]:
        """Inputs of the first graph and what they are called in the second."""
        return self._ports

    def changes(self, match: Match) -> Iterator[Change]:
        """Whether a step that wasn't moved reads something else, or shares other weights."""
        a, b = match.before, match.after
        if self._partner.get(a.shares, "") != b.shares:
            yield Change("shares", a.shares or None, b.shares or None)
        if match.moved:
            return
        same = len(a.inputs) == len(b.inputs) and all(map(self.same, a.inputs, b.inputs))
        if not same:
            yield Change("inputs", a.inputs, b.inputs)

    def same(self, before: str, after: str) -> bool:
        """Whether two values come from the same place."""
        origins = {self._anchors[value] for value in self._origins(before, 0) if value in self._anchors}
        found = self._origins(after, 1)
        return bool(origins & found) or not (origins or found & self._stops[1])

    def _origins(self, value: str, side: int) -> set[str]:
        """The values behind a value that the other graph has too."""
        waiting, seen, found = [value], {value}, set()
        while waiting:
            value = waiting.pop()
            if value in self._stops[side] or value not in self._nodes[side]:
                found.add(value)
                continue
            fresh = set(self._nodes[side][value].inputs) - seen
            seen |= fresh
            waiting += fresh
        return found


def _same_ports(before: Graph, after: Graph, by_name: bool) -> Iterator[tuple[str, str]]:
    """Inputs that are one: by name, and what is left in order; those of bodies in order alone."""
    old, new = [port.name for port in before.inputs], [port.name for port in after.inputs]
    if by_name:
        yield from ((name, name) for name in old if name in new)
        old, new = [name for name in old if name not in new], [name for name in new if name not in old]
    yield from zip(old, new, strict=False)


def _inputs(before: Graph, after: Graph, wiring: _Wiring) -> Iterator[PortChange]:
    new = {port.name: port for port in after.inputs}
    for port in before.inputs:
        partner = new.pop(wiring.ports.get(port.name, ""), None)
        if partner is None or (partner.name, partner.shape) != (port.name, port.shape):
            yield PortChange(port, partner)
    yield from (PortChange(None, port) for port in new.values())


def _outputs(alignment: Alignment, wiring: _Wiring) -> Iterator[PortChange]:
    old, new = alignment.before.outputs, {port.name: port for port in alignment.after.outputs}
    spare = [port for port in new.values() if port.name not in {port.name for port in old}]
    for port in old:
        partner = new.get(port.name) or next((other for other in spare if wiring.same(port.value, other.value)), None)
        if partner is None:
            yield PortChange(port, None)
            continue
        del new[partner.name]
        spare = [other for other in spare if other is not partner]
        same_value = wiring.same(port.value, partner.value)
        if (partner.name, partner.shape) != (port.name, port.shape) or not same_value:
            yield PortChange(port, partner)
    yield from (PortChange(None, port) for port in new.values())
