"""What can stand, and was hardly meant: functions that undo each other, units that never learn."""

import re
from collections.abc import Iterator

from archc.diagnostics import Diagnostic, Related
from archc.ir import Graph, Item, Node
from archc.resolve.network import Builder
from archc.source import Span

SQUASHING = ("sigmoid", "softmax")
PASSING = ("flatten", "dropout")
"""Layers that change no number between two functions, or only in training."""
SAME = ("initialiser:zeros", "initialiser:ones", "initialiser:constant")
"""Initialisers that give every unit the same numbers."""


def doubts_of(builder: Builder) -> Iterator[Diagnostic]:
    """What is doubtful in one graph, whatever it is trained with."""
    for node in builder.nodes.values():
        before = builder.nodes.get(node.inputs[0]) if node.inputs else None
        if node.op == "batch_norm" and before is not None:
            yield from bias_before_norm(builder, node, before)
        if node.op not in SQUASHING:
            continue
        while before is not None and before.op in PASSING:
            before = builder.nodes.get(before.inputs[0])
        if before is not None and before.op in SQUASHING:
            yield Diagnostic(
                "W0202",
                f"this `{node.op}` reads what a `{before.op}` gives, which is between 0 and 1 already",
                builder.spans[node.name],
                related=(Related(builder.spans[before.name], "the first one"),),
                help="leave one of them out: together they learn slowly, and their results stay close together",
            )


def bias_before_norm(builder: Builder, norm: Node, before: Node) -> Iterator[Diagnostic]:
    if not any(weight.name == "bias" and weight.trainable for weight in before.weights):
        return
    span = builder.spans[before.name]
    if re.search(r"\bbias\s*=", span.text):
        # whoever writes it out means it
        return
    yield Diagnostic(
        "W0304",
        f"the bias of this `{before.op}` does nothing: the `batch_norm` behind it takes every mean away",
        span,
        related=(Related(builder.spans[norm.name], "has a shift of its own"),),
        help="write `bias = false`, or `bias = true` if it is meant",
    )


def doubts_in_training(builder: Builder, graph: Graph, init: Span | None) -> Iterator[Diagnostic]:
    """What is doubtful because the network is to be trained; `init` is where the recipe sets initial values."""
    seen: set[int] = set()
    yield from never_learns(builder, seen, behind_weights=False)
    hidden = [
        (scope, weight)
        for scope, node in graph.layers()
        for weight in node.weights
        # numbers of a `parameter` belong to no units
        if weight.trainable and len(weight.shape) > 1 and weight.name != "bias" and node.op != "parameter"
    ][:-1]
    for scope, weight in hidden:
        # a single unit has no others to be equal to
        if isinstance(weight.init, Item) and weight.init.kind in SAME and weight.shape[-1] > 1:
            yield Diagnostic(
                "W0305",
                f"the weights of the hidden layer `{scope}` all start equal, and so its units stay equal",
                init,
                help="break the tie: `init = glorot_uniform`, `init = he_normal` or `init = normal(0.01)`",
            )
            return


def never_learns(builder: Builder, seen: set[int], *, behind_weights: bool) -> Iterator[Diagnostic]:
    """`step` behind trainable weights: its slope is 0 everywhere, so they get no gradient."""
    if id(builder) in seen:
        return
    seen.add(id(builder))
    for node in builder.nodes.values():
        learning = behind_weights or any(
            weight.trainable for before in builder.behind(node.name) for weight in before.weights
        )
        if node.name in builder.inner:
            yield from never_learns(builder.inner[node.name].builder, seen, behind_weights=learning)
        if node.op in ("step", "sign") and learning:
            yield Diagnostic(
                "W0306",
                f"nothing before this `{node.op}` can learn: it is flat, so no gradient passes it",
                builder.spans[node.name],
                help="train with `sigmoid` or `tanh` in its place, or write the weights out",
            )
