"""Builds a graph, a step at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from archc.diagnostics import Related
from archc.ir import Graph, Node, Place, Port, Weight, made
from archc.ir.items import argument, item
from archc.ops import OPS, Op, WeightSpec
from archc.parameters import FAMILIES, Described, Unfit
from archc.resolve.files import Files
from archc.resolve.fold import Group, folded
from archc.resolve.values import Layer, Tensor
from archc.resolve.wrong import wrong
from archc.source import Span
from archc.types import TensorType

LARGEST_VALUE = 2**40
"""The most numbers that a value or a weight may hold."""
LARGEST_NETWORK = 100_000
"""The most layers that a model may have, blocks and repeats opened."""


@dataclass(frozen=True)
class Expanded:
    """A block's body: its graph, how many layers it holds, and where everything in it is written."""

    graph: Graph
    size: int
    builder: "Builder"

    @property
    def output(self) -> TensorType:
        return TensorType(self.graph.outputs[0].shape)


def taken(node: Node) -> tuple[str, ...]:
    """The values that a layer or block computes with: none if all it takes of them is how many examples there are."""
    if node.body is None:
        return () if OPS[node.op].alone else node.inputs
    body = node.body
    read = {port.value for port in body.outputs} | {value for inner in body.nodes for value in taken(inner)}
    return tuple(value for value, port in zip(node.inputs, body.inputs, strict=True) if port.name in read)


@dataclass
class Builder:
    """The graph of one model or block, as it grows.

    `reserved` are names that the file gives itself. `spans` are the places of inputs and nodes,
    `inner` the bodies of its blocks, `size` the number of its layers with blocks opened.
    """

    model: str
    init: Described
    reserved: set[str]
    inputs: list[Port] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    outputs: list[Port] = field(default_factory=list)
    spans: dict[str, Span] = field(default_factory=dict)
    inner: dict[str, Expanded] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    count: dict[str, int] = field(default_factory=dict)
    uses: dict[str, int] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    size: int = 0
    written: Span | None = None
    """Where the model or block is written."""
    files: Files | None = None
    """Of numbers that the file names."""

    def input(self, name: str, shape: tuple[int, ...], span: Span) -> Tensor:
        if TensorType(shape).size > LARGEST_VALUE:
            raise wrong("E0208", f"an input of {TensorType(shape)} is larger than archc builds", span)
        self.inputs.append(made(Port)(name=name, value=name, shape=shape, place=place(span)))
        self.spans[name] = span
        return Tensor(name, TensorType(shape), span)

    def layer(
        self,
        op: Op,
        it: Tensor,
        span: Span,
        name: str | None = None,
        spans: Mapping[str, Span] | None = None,
        owner: str = "",
    ) -> Tensor:
        """Puts `op` behind `it`; `spans` are the places of its arguments, `owner` the node whose weights it uses.

        Raises Wrong if the value cannot enter it.
        """
        if op.adapts:
            self.check_adapts(op, it, span)
        if self.files is not None:
            op = self.files.filled(op, spans or {}, span)
        try:
            output, specs = op.output(it.type), op.weights(it.type)
        except Unfit as unfit:
            related = (Related(it.span, f"gives {it.type}"),) if it.span != span else ()
            at = (spans or {}).get(unfit.parameter, span)
            fix = f"{unfit.before} -> {span.text}" if unfit.before else unfit.fix
            raise wrong(
                unfit.code or "E0203", unfit.problem, at, unfit.label, help=unfit.help, related=related, fix=fix
            ) from None
        if max(output.size, *(TensorType(w.shape).size for w in specs), 0) > LARGEST_VALUE:
            raise wrong("E0208", f"`{op.name}` would be larger than archc builds", span, f"gives {output}")
        if owner:
            self.check_shared(owner, [(w.name, w.shape) for w in specs], it, span)
        return self.add(op, (it,), output, specs, op.macs(it.type), span, name, owner)

    def merge(self, op: Op, branches: Sequence[Tensor], span: Span, name: str | None = None) -> Tensor:
        """Puts a merge behind its branches. Raises Wrong if they don't go together."""
        try:
            output = op.joined([branch.type for branch in branches])
        except Unfit as unfit:
            each = [Related(branch.span, f"gives {branch.type}") for branch in branches]
            related = tuple(dict.fromkeys(place for place in each if place.span != span))
            raise wrong(
                unfit.code or "E0218", unfit.problem, span, unfit.label, help=unfit.help, related=related
            ) from None
        if output.size > LARGEST_VALUE:
            raise wrong("E0208", f"`{op.name}` would be larger than archc builds", span, f"gives {output}")
        return self.add(op, branches, output, (), 0, span, name)

    def add(
        self,
        op: Op,
        entering: Sequence[Tensor],
        output: TensorType,
        specs: Iterable[WeightSpec],
        cost: int,
        span: Span,
        name: str | None,
        owner: str = "",
    ) -> Tensor:
        weights = tuple(
            made(Weight)(
                name=w.name, shape=w.shape, init=item(self.initialiser(w.init)), trainable=w.trainable, fans=w.fans
            )
            for w in specs
        )
        return self.put(
            made(Node)(
                name=name or self.fresh(op.name),
                op=op.name,
                arguments={key: argument(value) for key, value in op.values().items()},
                inputs=tuple(tensor.name for tensor in entering),
                output=output.shape,
                weights=() if owner else weights,
                macs=cost,
                place=place(span),
                shares=owner,
            ),
            span,
            1,
        )

    def block(
        self,
        expanded: Expanded,
        entering: Sequence[Tensor],
        values: Mapping[str, Any],
        span: Span,
        name: str | None = None,
        owner: str = "",
    ) -> Tensor:
        """Puts a block behind what enters it."""
        name = name or self.fresh(expanded.graph.name)
        if owner:
            self.check_shared(owner, owned(expanded.graph), entering[0], span)
        self.inner[name] = expanded
        node = made(Node)(
            name=name,
            op="block",
            arguments={key: shown(value) for key, value in values.items()},
            inputs=tuple(tensor.name for tensor in entering),
            output=expanded.graph.outputs[0].shape,
            place=place(span),
            body=expanded.graph,
            shares=owner,
        )
        return self.put(node, span, expanded.size)

    def put(self, node: Node, span: Span, size: int) -> Tensor:
        self.grow(size, span)
        self.spans[node.name] = span
        self.nodes[node.name] = node
        self.order.append(node.name)
        return Tensor(node.name, TensorType(node.output), span)

    def grow(self, size: int, span: Span) -> None:
        """Counts layers. Raises Wrong if there are too many."""
        self.size += size
        if self.size > LARGEST_NETWORK:
            help = "fewer repeats, or fewer blocks within blocks"
            raise wrong("E0317", f"`{self.model}` would have more than {LARGEST_NETWORK:,} layers", span, help=help)

    def again(self, group: Group, span: Span) -> dict[str, str]:
        """One more copy of a repeat, like its last one; returns the new names by the old ones."""
        last = len(group.copies) - 1
        renamed = {group.entering(last): group.ends[last]}
        for old in group.copies[last]:
            node = self.nodes[old]
            name = self.fresh(self.bases[old])
            renamed[old] = name
            self.grow(self.inner[old].size if old in self.inner else 1, span)
            self.spans[name] = self.spans[old]
            if old in self.inner:
                self.inner[name] = self.inner[old]
            inputs = tuple(renamed.get(value, value) for value in node.inputs)
            self.order.append(name)
            self.nodes[name] = node.model_copy(update={"name": name, "inputs": inputs})
        group.copies.append([renamed[old] for old in group.copies[last]])
        group.ends.append(renamed[group.ends[last]])
        return renamed

    def check_adapts(self, op: Op, it: Tensor, span: Span) -> None:
        """Statistics that are taken before the first step can't depend on what is learnt or random."""
        if not self.outputs and self.inputs and self.inputs[0].name == BLOCK_INPUT:
            help = f"put `{op.name}` in the model itself, right behind the input"
            raise wrong(
                "E0215", f"`{op.name}` learns before training begins, and can't do so in a block", span, help=help
            )
        for node in self.behind(it.name):
            if node.body is not None or any(weight.trainable for weight in node.weights) or OPS[node.op].random:
                raise wrong(
                    "E0215",
                    f"`{op.name}` learns before training begins, and `{node.name}` stands before it",
                    span,
                    help=f"put `{op.name}` first, right behind the input; between layers use `batch_norm`",
                )

    def check_shared(self, owner: str, specs: list[tuple[str, tuple[int, ...]]], it: Tensor, span: Span) -> None:
        """Raises Wrong unless a layer would own the same weights as the one that it shares them with."""
        first = self.nodes[owner]
        own = owned(first.body) if first.body is not None else [(w.name, w.shape) for w in first.weights]
        entered = next((port.shape for port in self.inputs if port.name == first.inputs[0]), None)
        before = TensorType(entered if entered is not None else self.nodes[first.inputs[0]].output)
        # a block is one function of the program, whose shapes are fixed
        if own == specs and (first.body is None or before == it.type):
            return
        odd = next((pair for pair in own if pair not in specs), None)
        title = f"`{owner}` can't share its weights with this use, which {it.type} enters"
        label = f"{before} enters its first use"
        if odd is not None:
            label += f", and makes `{odd[0]}` {TensorType(odd[1])}"
        help = "let the same shape enter, or write the layers once more, with weights of their own"
        raise wrong("E0325", title, span, related=(Related(self.spans[owner], label),), help=help)

    def initialiser(self, init: Described | str | None) -> Described:
        if isinstance(init, str):
            return FAMILIES["initialiser"][init].build([], {})
        return self.init if init is None else init

    def fresh(self, op: str) -> str:
        """`conv1`, `conv2` …, passing over names that the file gives itself."""
        while True:
            self.count[op] = self.count.get(op, 0) + 1
            name = f"{op}{self.count[op]}"
            if name not in self.reserved and name not in self.nodes:
                self.bases[name] = op
                return name

    def sharing(self, name: str) -> str:
        """The name of one more use of a shared layer: its own for the first, then `tower_2`."""
        self.uses[name] = self.uses.get(name, 0) + 1
        label = name if self.uses[name] == 1 else f"{name}_{self.uses[name]}"
        return label if label == name or label not in self.reserved else self.sharing(name)

    def unused(self) -> dict[str, Node | None]:
        """Inputs and layers that no output and no layer computes with; and what they enter in vain."""
        nodes = self.nodes.values()
        read = {port.value for port in self.outputs} | {value for node in nodes for value in taken(node)}
        entered = {value: node for node in nodes for value in node.inputs}
        names = (*(port.name for port in self.inputs), *self.nodes)
        return {name: entered.get(name) for name in names if name not in read}

    def behind(self, name: str) -> Iterator[Node]:
        """The layers and blocks that a value is computed by, the last first."""
        waiting, seen = [name], set()
        while waiting:
            node = self.nodes.get(waiting.pop())
            if node is not None and node.name not in seen:
                seen.add(node.name)
                yield node
                waiting.extend([*node.inputs, *([node.shares] if node.shares else [])])

    def graph(self) -> Graph:
        nodes, outputs = folded(self.nodes, self.inputs, self.outputs, self.groups, self.spans, self.fresh)
        return made(Graph)(
            name=self.model,
            inputs=tuple(self.inputs),
            nodes=nodes,
            outputs=outputs,
            place=place(self.written) if self.written else None,
        )


BLOCK_INPUT = "it"
"""What flows into a block is called so in its graph."""


def place(span: Span) -> Place:
    return made(Place)(file=PurePath(span.source.name).name, line=span.line, column=span.column)


def shown(value: Any) -> Any:
    """A block's argument in the IR: layers and values of the network by their text."""
    if isinstance(value, Layer | Tensor):
        return value.span.text
    if isinstance(value, list | tuple):
        return tuple(shown(entry) for entry in value)
    return argument(value)


def owned(graph: Graph) -> list[tuple[str, tuple[int, ...]]]:
    """The weights of a block: dotted names and shapes."""
    return [(f"{scope}.{weight.name}", weight.shape) for scope, node in graph.layers() for weight in node.weights]


def parameters(nodes: Iterable[Node]) -> int:
    """Trainable numbers of some layers and blocks."""
    return alone(nodes).parameters


def macs(nodes: Iterable[Node]) -> int:
    """Multiply-accumulates of some layers and blocks."""
    return alone(nodes).macs


def alone(nodes: Iterable[Node]) -> Graph:
    return made(Graph)(name="", inputs=(), nodes=tuple(nodes), outputs=())
