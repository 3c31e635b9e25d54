"""What a network is made of and what it costs: a row a layer, as a table for people or as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archc.ir import Graph, Module, Node, made
from archc.types import Shape, TensorType

BYTES = 4
"""What a float32 takes."""

HEADINGS = ("layer", "op", "output", "parameters", "MACs", "activations")


@dataclass(frozen=True)
class Row:
    """A layer, block or repeat: the shape that leaves it, its trainable numbers, and what one example costs.

    `memory` are the bytes that the outputs of its layers take for one example, in float32. A block's
    numbers are those of all its layers, a repeat's those of all its copies; the rows below them,
    one deeper, are those of one copy.
    """

    name: str
    op: str
    output: Shape
    parameters: int
    macs: int
    memory: int
    depth: int = 0


@dataclass(frozen=True)
class Summary:
    """A model: its layers with blocks opened and repeats written out, the rows of its table, and the totals."""

    model: str
    source: str
    inputs: dict[str, Shape]
    outputs: dict[str, Shape]
    parameters: int
    state: int
    macs: int
    memory: int
    layers: tuple[Row, ...]
    rows: tuple[Row, ...]


def summarize(module: Module, depth: int | None = None) -> Summary:
    """The summary of a module's model. `depth` is how many levels of blocks its table opens; all unless said."""
    graph = module.graph
    return Summary(
        model=graph.name,
        source=module.source,
        inputs={port.name: port.shape for port in graph.inputs},
        outputs={port.name: port.shape for port in graph.outputs},
        parameters=graph.parameters,
        state=graph.state,
        macs=graph.macs,
        memory=_memory(graph),
        layers=tuple(_row(name, node) for name, node in graph.layers()),
        rows=tuple(_rows(graph, 0, depth)),
    )


def _rows(graph: Graph, level: int, depth: int | None) -> Iterator[Row]:
    for node in graph.nodes:
        name = f"repeat ×{node.count:,}" if node.op == "repeat" else node.name
        yield replace(_row(name, node), depth=level)
        if node.body is not None and (depth is None or level < depth):
            for row in _rows(node.body, level + 1, depth):
                # what a shared block owns is shown where it stands first
                yield replace(row, parameters=0) if node.shares else row


def _row(name: str, node: Node) -> Row:
    alone = made(Graph)(name=name, inputs=(), nodes=(node,), outputs=())
    op = node.body.name if node.op == "block" and node.body is not None else node.op
    return Row(name, op, node.output, alone.parameters, alone.macs, _memory(alone))


def _memory(graph: Graph) -> int:
    return sum(
        node.count * _memory(node.body) if node.body is not None else BYTES * TensorType(node.output).size
        for node in graph.nodes
    )


def as_json(summary: Summary) -> dict[str, Any]:
    """The summary for machines. `parameters` are the trainable ones, costs are those of one example."""
    return {
        "model": summary.model,
        "inputs": {name: list(shape) for name, shape in summary.inputs.items()},
        "outputs": {name: list(shape) for name, shape in summary.outputs.items()},
        "parameters": summary.parameters,
        "state": summary.state,
        "macs": summary.macs,
        "layers": [
            {
                "name": row.name,
                "op": row.op,
                "output": list(row.output),
                "parameters": row.parameters,
                "macs": row.macs,
            }
            for row in summary.layers
        ],
    }


def as_text(summary: Summary) -> str:
    """The summary as a table, without a newline at its end."""
    table = [HEADINGS, *cells(summary)]
    total = ("total", "", "", f"{summary.parameters:,}", f"{summary.macs:,}", f"{summary.memory:,} B")
    widths = [max(map(len, column)) for column in zip(*table, total, strict=True)]
    head, *body, last = (_line(row, widths) for row in (*table, total))
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    below = [
        f"state        {summary.state:,} numbers that are kept and not trained",
        f"activations  {_size(summary.memory)} for one example, in float32: the outputs of all layers",
    ]
    return "\n".join(
        [
            f"{summary.model} ({summary.source})",
            f"input   {_ports(summary.inputs)}",
            f"output  {_ports(summary.outputs)}",
            "",
            head,
            rule,
            *body,
            rule,
            last,
            "",
            *(below if summary.state else below[1:]),
        ]
    )


def cells(summary: Summary) -> list[tuple[str, ...]]:
    """The table's rows under HEADINGS; what is in a block or repeat stands below it, further in."""
    return [
        (
            "  " * row.depth + row.name,
            row.op,
            str(TensorType(row.output)),
            _count(row.parameters),
            _count(row.macs),
            f"{row.memory:,} B",
        )
        for row in summary.rows
    ]


def _count(count: int) -> str:
    return f"{count:,}" if count else ""


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Words stand left, numbers right."""
    pairs = list(zip(cells, widths, strict=True))
    words = [cell.ljust(width) for cell, width in pairs[:3]]
    return "  ".join(words + [cell.rjust(width) for cell, width in pairs[3:]]).rstrip()


def _ports(ports: dict[str, Shape]) -> str:
    return ", ".join(f"{name} {TensorType(shape)}" for name, shape in ports.items())


def _size(count: int) -> str:
    """Bytes in the unit that keeps the number short."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"
