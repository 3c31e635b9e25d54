"""Which layer of the file each line of its program computes.

A program's lines end in the line of the file that they come from, and several layers may stand on one. So the program
is emitted once more with a number, unlike any other, in the place of each layer's line: all else is the same, and
what ends in the number of a layer is the layer's.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from archc.ir import Graph, Module, Node, Place
from archc.passes import run
from archc.program.emit import lowered
from archc.program.lowering import Lowering
from archc.program.printer import harmless
from archc.train.profiling.hlo import Frame

_MARK = re.compile(r"#.*?\bn(\d{5,}):\d+")
"""`n00012:7`, as long as the name of the file that it stands for: `a.arch` is the shortest."""

Spot = tuple[Place, int]
"""A place, and which of the nodes there is meant."""

Key = tuple[str, ...]
"""A layer: the names of the blocks around it and its own. Copies of a repeat go by the name of the first."""


@dataclass(frozen=True)
class Owners:
    """The graph of a program, and for each of its lines the number of the node that it computes."""

    graph: Graph
    of_line: Mapping[int, int]
    gathering: range
    """The lines in which a step gathers its rows: those before what it differentiates."""

    def layer(self, stack: Sequence[Frame], file: str) -> Key | None:
        """The layer that the innermost of some lines of the program belongs to; None if they are in none.

        What a block or a repeat does beside its layers is its own.
        """
        graph = self.graph
        scope: Key = ()
        found: Key | None = None
        for frame in stack:
            number = self.of_line.get(frame.line) if frame.file == file else None
            node = None if number is None else next((n for n in _beside(graph) if _number(n) == number), None)
            if node is None:
                continue
            found = (*scope, node.name)
            if node.op == "block" and node.body is not None:
                graph, scope = node.body, found
        return found


def owners(module: Module, lowering: Lowering, program: str) -> Owners:
    """The owners of the lines of `program`, which is `lowered(module, lowering)`."""
    graph = run(module, plain=lowering.plain).graph
    # uses of a block share a function if they are written alike, so a node's number must be that of its place; nodes
    # at one place, the copies of a repeat that differ, are told apart as long as functions stay shared
    for apart in (True, False):
        marked = _marked(graph, {}, count(), Counter(), apart)
        text = lowered(module.model_copy(update={"graph": marked}), lowering)
        if text.count("\n") == program.count("\n"):
            break
    tree = ast.parse(text)
    return Owners(marked, dict(_lines(tree, text.splitlines())), _gathering(tree))


def _marked(graph: Graph, known: dict[Spot, int], numbers: "count[int]", seen: Counter[Place], apart: bool) -> Graph:
    """The graph with a number in the place of each node's file; `seen` are the places in its function so far."""
    nodes = []
    for node in graph.nodes:
        spot = (node.place, seen[node.place] if apart else 0)
        seen[node.place] += 1
        if spot not in known:
            known[spot] = next(numbers)
        file = f"n{known[spot]:0{len(harmless(node.place.file)) - 1}d}"
        inner = seen if node.op == "repeat" else Counter[Place]()
        body = node.body and _marked(node.body, known, numbers, inner, apart)
        changed = {"place": node.place.model_copy(update={"file": file}), "body": body}
        nodes.append(node.model_copy(update=changed))
    return graph.model_copy(update={"nodes": tuple(nodes)})


def _number(node: Node) -> int:
    return int(node.place.file[1:])


def _beside(graph: Graph) -> Iterator[Node]:
    """The nodes of a function: those of the graph, and those of its repeats."""
    for node in graph.nodes:
        yield node
        if node.op == "repeat" and node.body is not None:
            yield from _beside(node.body)


def _gathering(tree: ast.Module) -> range:
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.name == "train_step":
            inner = next(each for each in function.body if isinstance(each, ast.FunctionDef))
            return range(function.lineno, inner.lineno)
    return range(0)


def _lines(tree: ast.Module, written: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The lines of a marked program, each with its number."""
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            yield from _numbered(function.body, written, inside=False)


def _numbered(statements: Sequence[ast.stmt], written: Sequence[str], *, inside: bool) -> Iterator[tuple[int, int]]:
    """A layer's last statement bears its number; `inside` a scope, or behind a layer, those before are its too."""
    waiting: list[ast.stmt] = []
    for statement in statements:
        inner = [getattr(statement, part, []) for part in ("body", "orelse")]
        if any(inner):
            waiting.clear()
            for part in inner:
                yield from _numbered(part, written, inside=isinstance(statement, ast.With | ast.If))
            inside = True
            continue
        number = _mark(statement, written)
        waiting.append(statement)
        if number is not None:
            for each in waiting if inside else [statement]:
                yield from ((line, number) for line in range(each.lineno, (each.end_lineno or each.lineno) + 1))
            waiting.clear()
            inside = True


def _mark(statement: ast.stmt, written: Sequence[str]) -> int | None:
    """The number behind a statement, or on a line of its own before it."""
    lines = list(written[statement.lineno - 1 : statement.end_lineno])
    before = statement.lineno - 2
    if before >= 0 and written[before].lstrip().startswith("#"):
        lines.append(written[before])
    return next((int(mark[1]) for line in lines if (mark := _MARK.search(line))), None)
