"""Builds a graph, a layer at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from archc.diagnostics import Related
from archc.ir import Graph, Node, Place, Port, Weight, made
from archc.ir.items import argument, item
from archc.ops import OPS, Op
from archc.parameters import FAMILIES, Described, Unfit
from archc.resolve.wrong import wrong
from archc.source import Span
from archc.types import TensorType

LARGEST_VALUE = 2**40
"""The most numbers that a value or a weight may hold."""


@dataclass(frozen=True)
class Tensor:
    """A value of the network: the node or input that gives it, its type, and where it is written."""

    name: str
    type: TensorType
    span: Span


class Builder:
    """The graph of one model, as it grows; `spans` are the places of its inputs and layers."""

    def __init__(self, model: str, init: Described, reserved: set[str]):
        self.model = model
        self.init = init
        self.reserved = reserved
        self.inputs: list[Port] = []
        self.nodes: dict[str, Node] = {}
        self.outputs: list[Port] = []
        self.spans: dict[str, Span] = {}
        self.count: dict[str, int] = {}

    def input(self, name: str, shape: tuple[int, ...], span: Span) -> Tensor:
        if TensorType(shape).size > LARGEST_VALUE:
            raise wrong("E0208", f"an input of {TensorType(shape)} is larger than archc builds", span)
        self.inputs.append(made(Port)(name=name, value=name, shape=shape, place=place(span)))
        self.spans[name] = span
        return Tensor(name, TensorType(shape), span)

    def layer(
        self, op: Op, it: Tensor, span: Span, name: str | None = None, spans: Mapping[str, Span] | None = None
    ) -> Tensor:
        """Puts `op` behind `it`; `spans` are the places of its arguments. Raises Wrong if the value cannot enter it."""
        if op.adapts:
            self.check_adapts(op, it, span)
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
        name = name or self.fresh(op.name)
        self.spans[name] = span
        self.nodes[name] = made(Node)(
            name=name,
            op=op.name,
            arguments={key: argument(value) for key, value in op.values().items()},
            inputs=(it.name,),
            output=output.shape,
            weights=tuple(
                made(Weight)(name=w.name, shape=w.shape, init=item(self.initialiser(w.init)), trainable=w.trainable)
                for w in specs
            ),
            macs=op.macs(it.type),
            place=place(span),
        )
        return Tensor(name, output, span)

    def check_adapts(self, op: Op, it: Tensor, span: Span) -> None:
        """Statistics that are taken before the first step can't depend on what is learnt or random."""
        for node in self.behind(it.name):
            if any(weight.trainable for weight in node.weights) or OPS[node.op].random:
                raise wrong(
                    "E0215",
                    f"`{op.name}` learns before training begins, and `{node.name}` stands before it",
                    span,
                    help=f"put `{op.name}` first, right behind the input; between layers use `batch_norm`",
                )

    def initialiser(self, init: Described | str | None) -> Described:
        if isinstance(init, str):
            return FAMILIES["initialiser"][init].build([], {})
        return self.init if init is None else init

    def fresh(self, op: str) -> str:
        """`conv1`, `conv2` …, passing over names that the file gives itself."""
        while True:
            self.count[op] = self.count.get(op, 0) + 1
            name = f"{op}{self.count[op]}"
            if name not in self.reserved:
                return name

    def unused(self) -> list[str]:
        """Inputs and layers that no layer and no output reads."""
        read = {port.value for port in self.outputs} | {value for node in self.nodes.values() for value in node.inputs}
        return [name for name in (*(port.name for port in self.inputs), *self.nodes) if name not in read]

    def behind(self, name: str) -> Iterator[Node]:
        """The layers that a value is computed by, the last first."""
        waiting, seen = [name], set()
        while waiting:
            node = self.nodes.get(waiting.pop())
            if node is not None and node.name not in seen:
                seen.add(node.name)
                yield node
                waiting.extend(node.inputs)

    def graph(self) -> Graph:
        return made(Graph)(
            name=self.model, inputs=tuple(self.inputs), nodes=tuple(self.nodes.values()), outputs=tuple(self.outputs)
        )


def place(span: Span) -> Place:
    return made(Place)(file=PurePath(span.source.name).name, line=span.line, column=span.column)


def parameters(nodes: Iterator[Node]) -> int:
    """Trainable numbers of some layers."""
    return sum(TensorType(w.shape).size for node in nodes for w in node.weights if w.trainable)
