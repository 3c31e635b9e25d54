"""How `archc diff` shows what differs: as a table for people, as JSON for scripts."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from archc.cli.terminal import Terminal
from archc.ir import Graph
from archc.ir.compare import Change, Comparison, Difference, Pair, PortChange, Step, Value
from archc.ir.telling import call, came_from, cut, from_to, setting, shown, summary
from archc.parameters import counted
from archc.types import TensorType

Sides = tuple[str, str]
Cells = tuple[str, ...]


def lines(difference: Difference, sides: Sides, terminal: Terminal) -> Iterator[str]:
    """A line that sums up, then what differs, in sections."""
    head = f"{sides[0]} -> {sides[1]}"
    if difference.equal:
        yield f"{head}: {terminal.bold('no difference')}"
        return
    yield f"{head}: {terminal.bold(summary(difference))}"
    for title, rows in sections(difference):
        table = list(rows)
        if table:
            yield ""
            yield terminal.bold(title)
            yield from map(terminal.difference, _columns(table))


def sections(difference: Difference) -> Iterator[tuple[str, Iterable[Cells]]]:
    """Titles, and the rows below them."""
    graph = difference.graph
    yield "model", (_change(change) for change in difference.model)
    yield "inputs", map(_port, graph.inputs)
    yield "layers", _steps(graph)
    yield "weights start", _inits(graph.pairs)
    yield "shapes that follow", _shapes(graph.reshaped)
    yield "outputs", map(_port, graph.outputs)
    yield "recipe", (_change(change) for change in difference.recipe)
    yield "totals", _totals(graph)


def _steps(graph: Comparison) -> Iterator[Cells]:
    """Removed, added, changed, moved and renamed steps."""
    yield from (("-", *_step(step)) for step in graph.removed)
    yield from (("+", *_step(step)) for step in graph.added)
    for pair in graph.pairs:
        name, rest = pair.after.scope, list(pair.changes)
        rest += pair.shapes if pair.changes else ()
        for change in rest:
            yield ("~", name, change.what, from_to(change))
            name = ""
    for pair in graph.moved:
        was = ", ".join(filter(None, (f"was {pair.before.scope}" if pair.renamed else "", came_from(pair))))
        yield (">", pair.after.scope, "moved", was or "to another place")
    for pair in graph.renamed:
        if not pair.moved:
            yield (">", pair.after.scope, "renamed", f"was {pair.before.scope}")


def _step(step: Step) -> Cells:
    parameters = _alone(step).parameters
    cost = f"  {counted(parameters, 'parameter')}" if parameters else ""
    return step.scope, cut(call(step.node)), f"{TensorType(step.node.output)}{cost}"


def _alone(step: Step) -> Graph:
    return Graph.model_construct(name=step.scope, inputs=(), nodes=(step.node,), outputs=())


def _inits(pairs: Sequence[Pair]) -> Iterator[Cells]:
    """One row a way to start, however many layers share it."""
    changes: dict[tuple[str, str], list[str]] = {}
    for pair in pairs:
        for change in pair.inits:
            changes.setdefault((change.what, from_to(change)), []).append(pair.after.scope)
    for (what, text), scopes in changes.items():
        yield ("~", what, text, scopes[0] if len(scopes) == 1 else f"in {counted(len(scopes), 'layer')}")


def _shapes(pairs: Sequence[Pair]) -> Iterator[Cells]:
    for pair in pairs:
        name = pair.after.scope
        for change in pair.shapes:
            yield ("~", name, change.what, from_to(change))
            name = ""


def _port(change: PortChange) -> Cells:
    old, new = (f"{p.name} {TensorType(p.shape)}" if p else "" for p in (change.before, change.after))
    if not old or not new:
        return ("+" if new else "-", new or old)
    if old == new and change.before and change.after:
        return ("~", old, f"{change.before.value} -> {change.after.value}")
    return ("~", f"{old} -> {new}")


def _change(change: Change) -> Cells:
    sign = "+" if change.before is None else "-" if change.after is None else "~"
    return (sign, setting(change.what), from_to(change))


def _totals(graph: Comparison) -> Iterator[Cells]:
    rows = {
        "parameters": (graph.before.parameters, graph.after.parameters),
        "state": (graph.before.state, graph.after.state),
        "MACs": (graph.before.macs, graph.after.macs),
    }
    if all(a == b for a, b in rows.values()):
        return
    table = [("", "before", "after", "difference")]
    table += [(name, f"{a:,}", f"{b:,}", f"{b - a:+,}" if a != b else "0") for name, (a, b) in rows.items() if a or b]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for name, *numbers in table:
        yield (
            " ",
            name.ljust(widths[0]) + "".join(f"  {n.rjust(w)}" for n, w in zip(numbers, widths[1:], strict=True)),
        )


def _columns(table: Sequence[Cells]) -> Iterator[str]:
    """Rows whose cells stand below each other; the first is a sign."""
    count = max(map(len, table))
    full = [(*row, *[""] * (count - len(row))) for row in table]
    widths = [max(map(len, column)) for column in zip(*full, strict=True)]
    for sign, *cells in full:
        yield f"{sign} " + "  ".join(c.ljust(w) for c, w in zip(cells, widths[1:], strict=True)).rstrip()


def json_text(difference: Difference, sides: Sides) -> str:
    """The difference for scripts; null stands for what one side doesn't have."""
    return json.dumps(as_json(difference, sides), indent=2, ensure_ascii=False)


def as_json(difference: Difference, sides: Sides) -> dict[str, Any]:
    """Scopes are full ones. `shapes` are those that merely follow; `matched` holds every layer that both have."""
    graph = difference.graph
    totals = {
        side: {"file": file, "model": g.name, "parameters": g.parameters, "state": g.state, "macs": g.macs}
        for side, file, g in zip(("before", "after"), sides, (graph.before, graph.after), strict=True)
    }
    return {
        "equal": difference.equal,
        **totals,
        "model": _changes(difference.model),
        "inputs": [_port_json(change) for change in graph.inputs],
        "outputs": [_port_json(change) for change in graph.outputs],
        "added": [_step_json(step) for step in graph.added],
        "removed": [_step_json(step) for step in graph.removed],
        "changed": [{**_names(pair), "changes": _changes((*pair.changes, *pair.shapes))} for pair in graph.changed],
        "renamed": [_names(pair) for pair in graph.renamed],
        "moved": [_names(pair) for pair in graph.moved],
        "shapes": [{**_names(pair), "changes": _changes(pair.shapes)} for pair in graph.reshaped],
        "init": [{**_names(pair), "changes": _changes(pair.inits)} for pair in graph.pairs if pair.inits],
        "recipe": _changes(difference.recipe),
        "matched": dict(graph.matched),
    }


def _names(pair: Pair) -> dict[str, str]:
    return {"before": pair.before.scope, "after": pair.after.scope}


def _changes(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [{"what": c.what, "before": _plain(c.before), "after": _plain(c.after)} for c in changes]


def _plain(value: Value) -> Any:
    if isinstance(value, bool | int | float | str | None):
        return value
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]  # type: ignore[arg-type]  # values hold values
    return shown(value)


def _step_json(step: Step) -> dict[str, Any]:
    node = step.node
    return {
        "scope": step.scope,
        "op": node.op,
        "arguments": {name: _plain(value) for name, value in node.arguments.items()},
        "output": list(node.output),
        "parameters": _alone(step).parameters,
    }


def _port_json(change: PortChange) -> dict[str, Any]:
    ports = {"before": change.before, "after": change.after}
    return {
        side: {"name": p.name, "value": p.value, "shape": list(p.shape)} if p else None for side, p in ports.items()
    }
