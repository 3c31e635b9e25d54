"""Which lines of a program's `apply` are which layer's, and the program with a line put behind each of them."""

import ast
from dataclasses import dataclass

from archc.code import Name
from archc.ir import Module
from archc.program.body import BF16, Frame, Writer
from archc.program.lowering import Lowering
from archc.program.network import Network

WATCH = "archc_watch"
"""What the lines call: a function of a layer's name and its value, which gives the value that goes on."""


@dataclass(frozen=True)
class Passage:
    """How many statements of `apply` a layer takes, and the variable that holds its value behind them."""

    layer: str
    variable: str
    statements: int


def passages(module: Module) -> list[Passage]:
    """The layers of a module without blocks, in the order of its plain program's `apply`."""
    network = Network(module, Lowering(unroll=True, plain=True))
    # what a random layer's key is called makes no difference to how many lines it has
    frame = Frame(
        network.plan,
        network.variables,
        tuple(Name("key") for _ in network.plan.keys),
        {},
        BF16 if network.bf16 else "",
        network.wide,
    )
    return [
        Passage(step.node.name, network.variables.of[step.node.name], len(Writer(network.called).layer(frame, step)))
        for step in network.plan.steps
    ]


def watched(text: str, module: Module) -> str:
    """The plain program of a module without blocks, in which `apply` shows the value of every layer to `archc_watch`.

    Not a letter of it is changed: there is one line more behind the lines of each layer.
    """
    found = passages(module)
    apply = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == "apply")
    # what enters stands before the layers, and what is returned behind them
    behind = 2 if len(module.graph.outputs) > 1 else 1
    at = len(apply.body) - behind - sum(passage.statements for passage in found)
    lines = text.splitlines()
    more: list[tuple[int, str]] = []
    for passage in found:
        at += passage.statements
        more.append((apply.body[at - 1].end_lineno or 0, f"    {_line(passage)}"))
    for number, line in reversed(more):
        lines.insert(number, line)
    return "\n".join(lines) + "\n"


def _line(passage: Passage) -> str:
    return f"{passage.variable} = {WATCH}({passage.layer!r}, {passage.variable})"
