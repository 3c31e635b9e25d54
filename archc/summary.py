"""What a network is made of and what it costs: a row a layer, as a table for people or as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archc.ir import Graph, Module, Node, made
from archc.ir.sight import Reach, by_layer, field_of, port_reach, reaches
from archc.memory import Estimate, estimate
from archc.types import Shape, TensorType

BYTES = 4
"""What a float32 takes."""

HEADINGS = ("layer", "op", "output", "sees", "parameters", "MACs", "activations")


@dataclass(frozen=True)
class Row:
    """A layer, block or repeat: the shape that leaves it, its trainable numbers, and what one example costs.

    `field` is how many cells of the input a cell of its output sees in each direction: one number if they
    are equal, none for a value that has no cells or sees everything.
    `memory` are the bytes that the outputs of its layers take for one example, in float32. A block's
    numbers are those of all its layers, a repeat's those of all its copies; the rows below them,
    one deeper, are those of one copy.
    """

    name: str
    op: str
    output: Shape
    field: int | Shape | None
    parameters: int
    macs: int
    memory: int
    depth: int = 0


@dataclass(frozen=True)
class Summary:
    """A model: its layers with blocks opened and repeats written out, the rows of its table, and the totals.

    `memory` are the bytes of all layers' outputs for one example, `step` what a training step needs.
    """

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
    step: Estimate


def summarize(module: Module, depth: int | None = None, batch: int | None = None) -> Summary:
    """The summary of a module's model.

    `depth` is how many levels of blocks its table opens; all unless said. `batch` is for how many
    examples a training step is looked at; the recipe's unless said.
    """
    graph = module.graph
    entering = [port_reach(port) for port in graph.inputs]
    return Summary(
        model=graph.name,
        source=module.source,
        inputs={port.name: port.shape for port in graph.inputs},
        outputs={port.name: port.shape for port in graph.outputs},
        parameters=graph.parameters,
        state=graph.state,
        macs=graph.macs,
        memory=_memory(graph),
        layers=tuple(
            _row(name, node, reach)
            for (name, node), reach in zip(graph.layers(), by_layer(graph, entering), strict=True)
        ),
        rows=tuple(_rows(graph, entering, 0, depth)),
        step=estimate(module, batch),
    )


def _rows(graph: Graph, entering: Sequence[Reach], level: int, depth: int | None) -> Iterator[Row]:
    seen = reaches(graph.inputs, entering, graph.nodes)
    for node in graph.nodes:
        name = f"repeat ×{node.count:,}" if node.op == "repeat" else node.name
        yield replace(_row(name, node, seen[node.name]), depth=level)
        if node.body is not None and (depth is None or level < depth):
            for row in _rows(node.body, [seen[value] for value in node.inputs], level + 1, depth):
                # what a shared block owns is shown where it stands first
                yield replace(row, parameters=0) if node.shares else row


def _row(name: str, node: Node, reach: Reach) -> Row:
    alone = made(Graph)(name=name, inputs=(), nodes=(node,), outputs=())
    op = node.body.name if node.op == "block" and node.body is not None else node.op
    return Row(name, op, node.output, field_of(reach), alone.parameters, alone.macs, _memory(alone))


def _memory(graph: Graph) -> int:
    return sum(
        node.count * _memory(node.body) if node.body is not None else BYTES * TensorType(node.output).size
        for node in graph.nodes
    )


def as_json(summary: Summary) -> dict[str, Any]:
    """The summary for machines.

    `parameters` are the trainable ones, costs are those of one example, memory is in bytes.
    """
    return {
        "model": summary.model,
        "inputs": {name: list(shape) for name, shape in summary.inputs.items()},
        "outputs": {name: list(shape) for name, shape in summary.outputs.items()},
        "parameters": summary.parameters,
        "state": summary.state,
        "macs": summary.macs,
        "activations": summary.memory,
        "training_step": {
            "batch": summary.step.batch,
            "optimizer": summary.step.optimizer or None,
            "total": summary.step.total,
            **{part: getattr(summary.step, part) for part in ("weights", "state", "batch_rows", "kept", "workspace")},
        },
        "layers": [
            {
                "name": row.name,
                "op": row.op,
                "output": list(row.output),
                "receptive_field": list(row.field) if isinstance(row.field, tuple) else row.field,
                "parameters": row.parameters,
                "macs": row.macs,
            }
            for row in summary.layers
        ],
    }


def as_text(summary: Summary) -> str:
    """The summary as a table, without a newline at its end."""
    table = [HEADINGS, *cells(summary)]
    total = ("total", "", "", "", f"{summary.parameters:,}", f"{summary.macs:,}", f"{summary.memory:,} B")
    widths = [max(map(len, column)) for column in zip(*table, total, strict=True)]
    head, *body, last = (_line(row, widths) for row in (*table, total))
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    state = f"state        {summary.state:,} numbers that are kept and not trained"
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
            *([state] if summary.state else []),
            *_memory_lines(summary),
        ]
    )


def _memory_lines(summary: Summary) -> list[str]:
    """The outputs of all layers, and what a training step is made of."""
    step = summary.step
    lines = [f"activations  {_size(summary.memory)} for one example, in float32: the outputs of all layers"]
    if step.batch > 1:
        lines.append(f"             {_size(summary.memory * step.batch)} for a batch of {step.batch:,}")
    if not summary.parameters:
        return lines
    examples = f"{step.batch:,} example{'s' * (step.batch != 1)}"
    optimizer = step.optimizer or "plain sgd (no recipe)"
    there = [f"{_size(step.weights)} weights", f"{_size(step.batch_rows)} batch"]
    if step.state:
        there.insert(1, f"{_size(step.state)} state of {step.optimizer}")
    return [
        *lines,
        f"training     {_size(step.total)} for a step of {examples} by {optimizer}, estimated:",
        f"             {', '.join(there)},",
        f"             {_size(step.kept)} kept for the backward pass, {_size(step.workspace)} workspace",
    ]


def cells(summary: Summary) -> list[tuple[str, ...]]:
    """The table's rows under HEADINGS; what is in a block or repeat stands below it, further in."""
    return [
        (
            "  " * row.depth + row.name,
            row.op,
            str(TensorType(row.output)),
            _field(row.field),
            _count(row.parameters),
            _count(row.macs),
            f"{row.memory:,} B",
        )
        for row in summary.rows
    ]


def _field(field: int | Shape | None) -> str:
    return "x".join(map(str, field)) if isinstance(field, tuple) else str(field or "")


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
