"""What a network is made of and what it costs: a row a layer, as a table for people or as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archc.ir import Graph, Module, Node, made
from archc.types import Shape, TensorType

BYTES = 4
"""What a float32 takes."""

HEADINGS = ("layer", "op", "output", "parameters", "MACs", "activations")


@dataclass(frozen=True)
class Row:
    """A layer: the shape that leaves it, its trainable numbers, and what one example costs."""

    name: str
    op: str
    output: Shape
    parameters: int
    macs: int

    @property
    def memory(self) -> int:
        """Bytes that its output takes for one example, in float32."""
        return BYTES * TensorType(self.output).size


@dataclass(frozen=True)
class Summary:
    """A model: its layers, blocks opened, and their totals."""

    model: str
    source: str
    inputs: dict[str, Shape]
    outputs: dict[str, Shape]
    parameters: int
    state: int
    macs: int
    rows: tuple[Row, ...]

    @property
    def memory(self) -> int:
        """Bytes that the outputs of all layers take for one example, in float32."""
        return sum(row.memory for row in self.rows)


def summarize(module: Module) -> Summary:
    """The summary of a module's model."""
    graph = module.graph
    return Summary(
        model=graph.name,
        source=module.source,
        inputs={port.name: port.shape for port in graph.inputs},
        outputs={port.name: port.shape for port in graph.outputs},
        parameters=graph.parameters,
        state=graph.state,
        macs=graph.macs,
        rows=tuple(_row(name, node) for name, node in graph.layers()),
    )


def _row(name: str, node: Node) -> Row:
    alone = made(Graph)(name=name, inputs=(), nodes=(node,), outputs=())
    return Row(name, node.op, node.output, alone.parameters, node.macs)


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
            for row in summary.rows
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
    """The table's rows under HEADINGS, a layer each."""
    return [
        (row.name, row.op, str(TensorType(row.output)), _count(row.parameters), _count(row.macs), f"{row.memory:,} B")
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
