"""What differs between two networks, in words: the same for texts and for figures."""

from collections.abc import Mapping

from archc.ir.compare import Change, Difference, Pair, Value
from archc.ir.graph import Frozen, Item, Node
from archc.ir.items import op_of, restored
from archc.ir.match import named
from archc.parameters import counted, show

WIDEST = 60
"""What a value may take before it is cut."""


def summary(difference: Difference, *, ordinals: bool = True) -> str:
    """How much of what differs, in a line. Without `ordinals`, layers that merely count otherwise aren't renamed."""
    graph = difference.graph
    renamed = tuple(p for p in graph.renamed if ordinals or named(p.before.node) or named(p.after.node))
    parts = []
    copies = [_more_copies(pair) for pair in graph.pairs]
    for word, steps, sign in (("added", graph.added, 1), ("removed", graph.removed, -1)):
        count = sum(step.node.layer_count for step in steps) + sum(max(sign * layers, 0) for layers in copies)
        if count:
            parts.append(f"{counted(count, 'layer')} {word}")
    for word, pairs in (("changed", graph.changed), ("moved", graph.moved), ("renamed", renamed)):
        kinds = {pair.after.node.op if pair.after.node.body is not None else "layer" for pair in pairs}
        if pairs:
            parts.append(f"{counted(len(pairs), kinds.pop() if len(kinds) == 1 else 'step')} {word}")
    if graph.inputs or graph.outputs:
        count = len(graph.inputs) + len(graph.outputs)
        parts.append("1 input or output changed" if count == 1 else f"{count} inputs or outputs changed")
    if graph.reshaped and not parts:
        parts.append(f"other shapes in {counted(len(graph.reshaped), 'layer')}")
    if difference.recipe:
        parts.append(f"{counted(len(difference.recipe), 'setting')} of the recipe changed")
    if difference.model:
        parts.append("the model's name or parameters changed")
    if not parts:
        parts.append("weights start otherwise")
    return ", ".join(parts)


def came_from(pair: Pair) -> str:
    """Where a step stood that was moved: `was behind relu1`; "" if it reads what is called as before."""
    read = pair.before.node.inputs
    if not read or read == pair.after.node.inputs:
        return ""
    return "was first" if read == ("it",) else f"was behind {', '.join(dict.fromkeys(read))}"


def _more_copies(pair: Pair) -> int:
    """How many layers more a repeat is for its count alone, or fewer, below 0."""
    before, after = pair.before.node, pair.after.node
    return (after.count - before.count) * (after.layer_count // after.count)


def call(node: Node) -> str:
    """A step as it stands in a file, or nearly."""
    if node.body is not None:
        return f"block {node.body.name}" if node.op == "block" else f"repeat {node.count}"
    try:
        return show(op_of(node))
    except (KeyError, ValueError, TypeError):  # of another version
        return node.op


def setting(what: str) -> str:
    """What a part of a recipe is called for a person: `loss` for `losses.loss`, `data.range`."""
    called = what.replace(".arguments.", ".")
    return (
        called.replace("losses.loss", "loss", 1).replace("losses", "loss", 1) if called.startswith("losses") else called
    )


def from_to(change: Change, arrow: str = "->", widest: int = WIDEST) -> str:
    """Both values of a change."""
    return f"{cut(shown(change.before), widest)} {arrow} {cut(shown(change.after), widest)}"


def cut(text: str, widest: int = WIDEST) -> str:
    return text if len(text) <= widest else f"{text[: widest - 2]} …"


def shown(value: Value) -> str:
    """A value of the IR as a person would write it."""
    match value:
        case Item():
            return _item(value)
        case tuple() if value and all(isinstance(v, int) for v in value):
            return str(list(value))
        case tuple():
            return "[" + ", ".join(map(shown, value)) + "]"  # type: ignore[arg-type]  # values hold values
        case Frozen():
            fields = ((name, getattr(value, name)) for name in type(value).model_fields)
            return " ".join(f"{name}={shown(inner)}" for name, inner in fields if inner not in (None, (), {}))
        case Mapping():
            return ", ".join(f"{name}={shown(inner)}" for name, inner in value.items())  # type: ignore[arg-type]
        case str():
            return value
        case _:
            return show(value)


def _item(item: Item) -> str:
    try:
        return show(restored(item))
    except (KeyError, ValueError, TypeError):  # of another version
        inside = ", ".join(f"{name} = {shown(value)}" for name, value in item.arguments.items())
        return f"{item.kind.partition(':')[2]}({inside})"
