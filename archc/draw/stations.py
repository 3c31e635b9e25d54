"""From a network to what a figure of solids shows of it: its maps behind each other, blocks opened or closed.

A station is drawn as one solid. What changes no shape (a norm, an activation, dropout) is none: it is
told beside the station whose value it takes, or, where others take that value too, beside the next.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import prod
from typing import Any

from archc.draw.flows import Flow, Group, Station, around, folded
from archc.draw.outline import read_by
from archc.draw.text import fitted
from archc.ir import Graph, Module, Node
from archc.ir.items import op_of
from archc.ops import Op
from archc.types import Shape, TensorType

QUIET = {"norm", "activation", "noise", "layout"}
"""Families whose layers are no stations of their own where they leave the shape as it is."""

UNNAMED = "output"
"""What the only output is called that nobody gave a name."""

LONGEST_TOLD = 420
"""How wide a layer may be in a title, in px of a text of 12."""


def flow_of(module: Module, depth: int | None, *, full: bool = False) -> Flow:
    """The stations of a model; `depth` levels of blocks are open, all unless said; `full` folds nothing."""
    walk = _Walk(module.source, depth, full)
    graph = module.graph
    values: dict[str, _Value] = {}
    for port in graph.inputs:
        line = port.place.line
        told = Station(
            port.name,
            "input",
            "input",
            port.name,
            port.shape,
            port.shape,
            (),
            line,
            f"{module.source}:{line}",
            "input",
            layers=0,
        )
        values[port.value] = _Value(walk.add(told))
    found = walk.through(graph, values, "", 0, 0)
    for port in graph.outputs if len(graph.outputs) > 1 or graph.outputs[0].name != UNNAMED else ():
        name = walk.stood(found[port.value])
        walk.change(name, output=", ".join(filter(None, (walk.stations[name].output, port.name))))
    flow = Flow(tuple(walk.stations.values()), tuple(walk.groups))
    return flow if full else folded(flow)


def levels(graph: Graph) -> int:
    """How many blocks are open at most, one in the other."""
    return max(
        ((node.op == "block") + levels(node.body) for node in graph.nodes if node.body is not None),
        default=0,
    )


@dataclass(frozen=True)
class _Value:
    """What flows: the station that it comes from, and the quiet layers since, that couldn't be told there.

    It is `alone` as long as nothing else takes it, so that a quiet layer can be told beside its station; that of
    a folded one is not, for what follows all of them is no part of each.
    """

    station: str
    behind: tuple["_Quiet", ...] = ()
    alone: bool = True


@dataclass(frozen=True)
class _Quiet:
    node: Node
    id: str
    before: Shape
    line: int
    parameters: int


@dataclass
class _Walk:
    """A walk through a graph and what is in it."""

    source: str
    depth: int | None
    full: bool
    stations: dict[str, Station] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    sharing: bool = False
    """Whether the weights around here belong to an earlier use of a block."""

    def add(self, station: Station) -> str:
        self.stations[station.id] = station
        return station.id

    def change(self, station: str, **fields: Any) -> None:
        self.stations[station] = replace(self.stations[station], **fields)

    def through(
        self, graph: Graph, entering: Mapping[str, _Value], scope: str, level: int, line: int, names: Sequence[str] = ()
    ) -> dict[str, _Value]:
        """The values of a graph, by name; `names` are those of its nodes in this copy of it."""
        uses = uses_in(graph)
        values, shapes = dict(entering), {port.value: port.shape for port in graph.inputs}

        def taken(name: str) -> _Value:
            return replace(values[name], alone=values[name].alone and uses[name] == 1)

        skip = 0
        for index, node in enumerate(graph.nodes):
            shapes[node.name] = node.output
            if skip:
                skip -= 1
                values[node.name] = values[graph.nodes[index - 1].name]
                continue
            here = node.place.line if node.place.file == self.source else line
            id = scope + (names[index] if names else node.name)
            inputs = [taken(value) for value in node.inputs]
            if node.body is None:
                value = self._layer(node, id, inputs[: len(read_by(node))], shapes[node.inputs[0]], here)
            elif node.op == "repeat":
                value = self._repeat(node, scope, inputs, level, here)
            else:
                skip = 0 if self.full else alike(graph.nodes[index:], uses) - 1
                value = self._block(node, id, inputs, shapes, level, here, 1 + skip)
            values[node.name] = self._settled(value, uses[node.name])
        return values

    def _settled(self, value: _Value, uses: int) -> _Value:
        """A value that several take, at a station: what it went through on the way is told once."""
        return _Value(self.stood(value)) if value.behind and uses > 1 else value

    def _entered(self, body: Graph, inputs: Sequence[_Value], *, alone: bool) -> dict[str, _Value]:
        """What flows into a block or repeat, by the names it has there; `alone` tells that it is drawn once for one."""
        found, uses = {}, uses_in(body)
        for port, value in zip(body.inputs, inputs, strict=True):
            # what is told with the first of several is told of each of them
            settled = self._settled(value, uses[port.value] if alone else 2)
            found[port.value] = replace(settled, alone=settled.alone and alone)
        return found

    def _layer(self, node: Node, id: str, inputs: Sequence[_Value], before: Shape, line: int) -> _Value:
        op = op_of(node)
        if not inputs:
            return _Value(self.add(self._station(node, op, id, (), before, line)))
        first = inputs[0]
        flat = op.view and len(node.output) == 1
        if len(inputs) == 1 and op.drawing in QUIET and (flat or node.output == before):
            quiet = _Quiet(node, id, before, line, self._owned(node))
            if not first.alone or first.behind:
                return _Value(first.station, (*first.behind, quiet))
            self._attach(first.station, quiet)
            return _Value(first.station)
        behind = first.behind if len(inputs) == 1 else ()
        sources = (first.station,) if behind else tuple(dict.fromkeys(self.stood(value) for value in inputs))
        station = self._station(node, op, id, sources, before, line)
        return _Value(self.add(with_quiet(replace(station, behind=tuple(map(said, behind))), behind)))

    def _station(self, node: Node, op: Op, id: str, inputs: tuple[str, ...], before: Shape, line: int) -> Station:
        x = TensorType(before)
        window = seen(op, x)
        told = node.op.replace("_", " ")
        if written := getattr(op, "window", None):
            lengths = written if isinstance(written, tuple) else (written,) * max(len(before) - 1, 1)
            told += f" {'×'.join(map(str, lengths))}"
        return Station(
            id,
            node.op,
            op.drawing,
            told,
            node.output,
            before,
            inputs,
            line,
            f"{node.place.file}:{node.place.line}",
            fitted(op.written()[:200], 12, LONGEST_TOLD),
            called=given(id, node.op),
            more=(*settings(op), *shared(node)),
            window=window if op.drawing in ("conv", "pool") and node.op != "conv_transpose" else (),
            parameters=self._owned(node),
            macs=node.macs,
            make=make_of(node),
        )

    def _repeat(self, node: Node, scope: str, inputs: Sequence[_Value], level: int, line: int) -> _Value:
        assert node.body is not None
        # a quiet layer at the start of each copy is told with what follows, not with what stands before all of them
        alone = self.full or node.count == 1
        entering = self._entered(node.body, inputs, alone=alone)
        first = node.body.inputs[0].value
        end, uses = entering[first], uses_in(node.body)
        before = set(self.stations)
        for copy in node.copies if self.full else node.copies[:1]:
            entering = entering | {first: self._settled(end, uses[first])}
            values = self.through(node.body, entering, scope, level, line, copy)
            end = values[node.body.outputs[0].value]
        if not self.full:
            end = _Value(self.stood(end), alone=node.count == 1)
            self._gather(before, node.count)
        return end

    def _block(
        self,
        node: Node,
        id: str,
        inputs: Sequence[_Value],
        shapes: Mapping[str, Shape],
        level: int,
        line: int,
        count: int,
    ) -> _Value:
        assert node.body is not None
        if self.depth is not None and level >= self.depth:
            sources = tuple(dict.fromkeys(self.stood(value) for value in inputs))
            closed = self._closed(node, id, sources, shapes[node.inputs[0]], line, count)
            return _Value(self.add(closed), alone=count == 1)
        entering = self._entered(node.body, inputs, alone=count == 1)
        before, sharing = set(self.stations), self.sharing
        self.sharing = sharing or bool(node.shares)
        values = self.through(node.body, entering, f"{id}.", level + 1, line)
        self.sharing = sharing
        end = values[node.body.outputs[0].value]
        if count > 1:
            end = _Value(self.stood(end), alone=False)
        mine = [name for name in self.stations if name not in before]
        if node.shares and len(mine) == 1:
            self.change(mine[0], more=(*self.stations[mine[0]].more, *shared(node)))
        name = id.rpartition(".")[2]
        self._gather(before, count, name, node.body.name)
        if node.shares and len(mine) > 1:
            self.groups[-1] = replace(self.groups[-1], name=f"{name}, {shared(node)[0]}")
        return end

    def _closed(self, node: Node, id: str, inputs: tuple[str, ...], before: Shape, line: int, count: int) -> Station:
        assert node.body is not None
        layers = sum(1 for _ in node.body.layers())
        return Station(
            id,
            "block",
            "block",
            id.rpartition(".")[2],
            node.output,
            before,
            inputs,
            line,
            f"{node.place.file}:{node.place.line}",
            f"{node.body.name}, a block of {layers} layer{'s' * (layers > 1)}",
            block=node.body.name,
            more=(f"{layers} layer{'s' * (layers > 1)}", *shared(node)),
            count=count,
            parameters=0 if node.shares or self.sharing else node.body.parameters,
            macs=node.body.macs,
            layers=layers,
        )

    def _owned(self, node: Node) -> int:
        return 0 if self.sharing else trained(node)

    def _gather(self, before: set[str], count: int, name: str = "", block: str = "") -> None:
        """Notes that the stations since `before` belong together."""
        members = [station for station in self.stations if station not in before]
        if len(members) == 1:
            alone = self.stations[members[0]]
            self.change(members[0], count=alone.count * count, called=given(name, block) or alone.called)
        elif self.groups and self.groups[-1].members == set(members):
            there = self.groups.pop()
            self.groups.append(around(there, name, block, count))
        elif members:
            self.groups.append(Group(name, block, frozenset(members), count))

    def _attach(self, station: str, quiet: _Quiet) -> None:
        there = self.stations[station]
        self.stations[station] = with_quiet(replace(there, then=(*there.then, said(quiet))), (quiet,))

    def stood(self, value: _Value) -> str:
        """The station that a value comes from; quiet layers that are told nowhere else become one."""
        if not value.behind:
            return value.station
        *earlier, last = value.behind
        name = last.id
        if name not in self.stations:
            node = last.node
            station = self._station(node, op_of(node), name, (value.station,), last.before, last.line)
            station = replace(station, parameters=last.parameters)
            self.add(with_quiet(replace(station, behind=tuple(map(said, earlier))), earlier))
        return name


def uses_in(graph: Graph) -> Counter[str]:
    """How many layers, blocks and outputs read each value of a graph."""
    uses = Counter(value for node in graph.nodes for value in dict.fromkeys(read_by(node)))
    uses.update(port.value for port in graph.outputs)
    return uses


def with_quiet(station: Station, quiet: Sequence[_Quiet]) -> Station:
    """A station that owns the weights of quiet layers too."""
    more = sum(one.parameters for one in quiet)
    make = "".join(make_of(one.node) for one in quiet)
    layers = station.layers + len(quiet)
    return replace(station, parameters=station.parameters + more, make=station.make + make, layers=layers)


def said(quiet: _Quiet) -> str:
    """A quiet layer in words."""
    words = quiet.node.op.replace("_", " ")
    return words if quiet.node.output == quiet.before else f"{words} to {prod(quiet.node.output)}"


def given(scope: str, op: str) -> str:
    """The name that someone gave a layer; "" for one that is called by what it is."""
    name = scope.rpartition(".")[2]
    return "" if re.fullmatch(rf"{re.escape(op)}\d+", name) else name


def seen(op: Op, x: TensorType) -> Shape:
    """How far a cell of what leaves sees in each direction; () if that is nowhere in particular."""
    sight = op.sight(x) if x.rank > 1 else None
    return tuple(span for span, _ in sight) if sight else ()


def settings(op: Op) -> Iterator[str]:
    """What else is to be said of a window, in words."""
    for name in ("stride", "dilation"):
        if name not in op.parameters:
            continue
        value, plain = getattr(op, name), op.parameters[name].default
        if value not in (None, plain) and not (isinstance(value, tuple) and set(value) == {plain}):
            yield f"{name} {'×'.join(map(str, value)) if isinstance(value, tuple) else value}"
    groups = getattr(op, "groups", 1)
    if isinstance(groups, int) and groups > 1:
        yield f"{groups} groups"


def shared(node: Node) -> tuple[str, ...]:
    """Whose weights it uses, in words."""
    return (f"weights of {node.shares}",) if node.shares else ()


def trained(node: Node) -> int:
    """How many numbers of a layer are trained."""
    return sum(TensorType(weight.shape).size for weight in node.weights if weight.trainable)


def make_of(node: Node) -> str:
    """Equal for two layers or blocks that are built alike, whatever they are called."""
    inside = ""
    if node.body is not None:
        places = {port.value: f"in{i}" for i, port in enumerate(node.body.inputs)}
        places |= {inner.name: str(i) for i, inner in enumerate(node.body.nodes)}
        parts = [f"{make_of(inner)}<{','.join(places[value] for value in inner.inputs)}" for inner in node.body.nodes]
        inside = f"{node.body.name}[{';'.join(parts)}]{','.join(places[port.value] for port in node.body.outputs)}"
    weights = [(weight.name, weight.shape, weight.trainable) for weight in node.weights]
    return f"{node.op}{node.arguments}{node.output}{weights}{node.count}{inside}{bool(node.shares)}"


def alike(nodes: Sequence[Node], uses: Mapping[str, int]) -> int:
    """How many blocks of the same make follow each other, the first counted, each of which feeds only the next."""
    first, count = nodes[0], 1
    if len(first.inputs) != 1 or first.shares or given(first.name, first.body.name if first.body else ""):
        return 1
    make = make_of(first)
    for before, node in pairwise(nodes):
        named = node.body is None or given(node.name, node.body.name)
        if named or node.inputs != (before.name,) or uses[before.name] != 1 or make_of(node) != make:
            break
        count += 1
    return count
