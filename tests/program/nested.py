"""Models of blocks and repeats, and the same written out flat."""

import random
from typing import Any

import numpy as np

from archc.ir import Graph, Module, Node
from tests.models import module_of

BLOCKS = """
block unit(n, stride = 1) { conv(n, 3x3, stride = stride, padding = same, bias = false) -> batch_norm -> relu }

block residual(n) {
    add(
        unit(n) -> conv(n, 1x1),
        if it.channels == n { it } else { conv(n, 1x1) },
    )
    relu
}

block stage(n, count, stride) {
    unit(n, stride)
    repeat count { residual(n) }
}

block tall(n, count) {
    repeat count { dense(n) -> tanh -> DROP dense(n) }
}

block gated(n) { multiply(dense(n) -> sigmoid, DROP dense(n)) }
"""


def text(seed: int, *, dropout: bool, convolutions: bool = True) -> str:
    """A random model of blocks within blocks, repeats, merges and shared layers."""
    rng = random.Random(seed)
    lines = ["input image[6, 6, 2]"]
    for i in range(rng.randint(1, 2) if convolutions else 0):
        n = rng.choice([2, 3, 4])
        lines.append(
            rng.choice(
                [
                    f"stage({n}, {rng.randint(1, 4)}, {rng.randint(1, 2)})",
                    f"residual({n})",
                    f"unit({n})",
                    f"repeat {rng.randint(2, 5)} {{ conv(it.channels, 3x3, padding = same) -> batch_norm -> relu }}",
                    f"repeat {rng.randint(2, 5)} {{ residual(it.channels) -> DROP relu }}",
                    f"share again{i} = conv(it.channels, 3x3, padding = same)\n    again{i} -> relu -> again{i}",
                ]
            )
        )
    n = rng.choice([3, 4])
    lines.append(f"flatten -> dense({n})")
    for i in range(rng.randint(1, 3)):
        lines.append(
            rng.choice(
                [
                    f"tall({n}, {rng.randint(1, 6)})",
                    f"gated({n})",
                    f"repeat {rng.randint(1, 6)} {{ add(it, gated({n})) }}",
                    f"repeat {rng.randint(2, 6)} {{ dense({n}) -> tanh -> dense({n}) -> batch_norm }}",
                    f"repeat {rng.randint(2, 5)} {{ tall({n}, {rng.randint(2, 5)}) }}",
                    f"repeat {rng.randint(2, 6)} {{ tanh }}",
                    f"let kept{i} = it\n    repeat {rng.randint(2, 6)} {{ dense({n}) -> tanh }}\n    add(it, kept{i})",
                    f"share twice{i} = gated({n})\n    twice{i} -> tanh -> twice{i}",
                ]
            )
        )
    lines.append("dense(2)")
    model = BLOCKS + "\nmodel Nested {\n    " + "\n    ".join(lines) + "\n}\n"
    used = BLOCKS
    for name in ("unit", "residual", "stage", "tall", "gated"):
        if not any(f"{name}(" in line for line in lines) and name not in ("unit", "residual"):
            used = without(used, name)
    model = used + model[len(BLOCKS) :]
    return model.replace("DROP", "dropout(30%) ->" if dropout else "")


def without(blocks: str, name: str) -> str:
    """The text of blocks less one that nothing uses."""
    return "\n\n".join(block for block in blocks.split("\n\n") if f"block {name}(" not in block)


def module(seed: int, *, dropout: bool, convolutions: bool = True) -> Module:
    return module_of(text(seed, dropout=dropout, convolutions=convolutions))


def inlined(module: Module) -> Module:
    """The module with blocks opened and repeats written out; `__` stands where names had a dot."""
    graph = module.graph
    nodes, renamed = opened(graph, "", {port.name: port.name for port in graph.inputs})
    outputs = tuple(port.model_copy(update={"value": renamed[port.value]}) for port in graph.outputs)
    flat = graph.model_copy(update={"nodes": tuple(nodes), "outputs": outputs})
    return module.model_copy(update={"graph": flat})


def opened(graph: Graph, scope: str, given: dict[str, str], owner: str = "") -> tuple[list[Node], dict[str, str]]:
    """The layers of a graph, and what each value is called; a shared graph's use the weights of those in `owner`."""
    nodes: list[Node] = []
    names = dict(given)
    for node in graph.nodes:
        inputs = [names[value] for value in node.inputs]
        if node.body is None:
            shares = f"{owner or scope}{node.shares or node.name}" if owner or node.shares else ""
            weights = () if shares else node.weights
            own = {"name": scope + node.name, "inputs": tuple(inputs), "shares": shares, "weights": weights}
            nodes.append(
                node.model_copy(update=own if shares == "" or node.weights or node.shares else own | {"shares": ""})
            )
            names[node.name] = scope + node.name
            continue
        if node.op == "repeat":
            value, rest = inputs[0], inputs[1:]
            for copy in node.copies:
                body = renamed(node.body, copy)
                entering = dict(zip((port.name for port in body.inputs), [value, *rest], strict=True))
                inner, known = opened(body, scope, entering, owner)
                nodes += inner
                value = known[body.outputs[0].value]
            names[node.name] = value
            continue
        entering = dict(zip((port.name for port in node.body.inputs), inputs, strict=True))
        first = f"{owner or scope}{node.shares or node.name}__" if owner or node.shares else ""
        inner, known = opened(node.body, f"{scope}{node.name}__", entering, first)
        nodes += inner
        names[node.name] = known[node.body.outputs[0].value]
    return nodes, names


def renamed(body: Graph, copy: tuple[str, ...]) -> Graph:
    """A repeat's body as one of its copies is called."""
    became = dict(zip((node.name for node in body.nodes), copy, strict=True))
    nodes = tuple(
        node.model_copy(
            update={"name": became[node.name], "inputs": tuple(became.get(value, value) for value in node.inputs)}
        )
        for node in body.nodes
    )
    outputs = tuple(port.model_copy(update={"value": became[port.value]}) for port in body.outputs)
    return body.model_copy(update={"nodes": nodes, "outputs": outputs})


def tree_of(weights: dict[str, np.ndarray], like: Any) -> Any:
    """A flat program's params or stats, of arrays by dotted name."""
    return {
        scope: {name: weights[f"{scope.replace('__', '.')}.{name}"] for name in arrays}
        for scope, arrays in like.items()
    }
