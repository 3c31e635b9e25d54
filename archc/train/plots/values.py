"""The values between the layers of a program, as the program itself computes them.

The program's `apply` is traced by JAX. Every operation of the trace says in which scope and on which
line of the program it stands, which tells whose value it is. A layer with weights has a scope of its
own; one without is the statement that takes what the layer before it gives.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal, jaxpr_as_fun

from archc.ir import Graph, Node
from archc.ops import OPS
from archc.train.loading import explained
from archc.train.plots.subject import Subject

_FOLLOWING = ("pool", "norm")
"""Kinds of layers that are taken along behind the layer that they follow."""


@dataclass(frozen=True)
class Traced:
    """`values` are the layers whose values the trace has, in the order of the network, with their nodes."""

    layers: Mapping[str, Node]
    _jaxpr: ClosedJaxpr
    _variables: Mapping[str, Any]

    def function(self, layers: list[str]) -> Callable[[Any, Any, Mapping[str, Any]], dict[str, Any]]:
        """The values [batch, …] of these layers, of (params, stats, inputs), in evaluation mode."""
        wanted = [self._variables[name] for name in layers]
        closed = ClosedJaxpr(self._jaxpr.jaxpr.replace(outvars=wanted), self._jaxpr.consts)
        evaluated = jaxpr_as_fun(closed)
        return lambda *arguments: dict(zip(layers, evaluated(*jax.tree.leaves(arguments)), strict=True))


def traced(subject: Subject, batch: int) -> Traced:
    """Traces a program for a batch of that size. Raises Failed."""
    program, state, origins = subject.as_written
    inputs = {port.name: np.zeros((batch, *port.shape), np.float32) for port in subject.module.graph.inputs}

    def forward(params: Any, stats: Any, inputs: Any) -> Any:
        return program.apply(params, stats, inputs, train=False, key=jax.random.key(0))[0]

    with explained(origins, "it is traced"):
        closed = jax.make_jaxpr(forward)(state.params, state.stats, inputs)
    layers = {scope: node for scope, node in subject.module.graph.layers() if node.op in OPS}
    search = _Search(subject, closed, batch)
    found: dict[str, Any] = {}
    for scope, node in layers.items():
        if (variable := search.in_scope(scope, node)) is not None:
            found[scope] = variable
    for scope, before in _followers(subject.module.graph):
        if scope not in found and before in found:
            variable = search.behind(found[before], layers[scope])
            found |= {scope: variable} if variable is not None else {}
    return Traced({scope: node for scope, node in layers.items() if scope in found}, closed, found)


def followed_by(graph: Graph) -> dict[str, str]:
    """By layer, the norm, activation or pooling that alone takes what it gives."""
    return {before: scope for scope, before in _followers(graph)}


def _followers(graph: Graph, scope: str = "") -> Iterator[tuple[str, str]]:
    """(layer, the one before it) where the second alone feeds the first, in one block."""
    nodes = [(name.removeprefix(scope), node) for name, node in graph.steps(scope)]
    names = {name for name, _ in nodes}
    taken = [value for _, node in nodes for value in node.inputs] + [port.value for port in graph.outputs]
    for name, node in nodes:
        if node.body is not None:
            yield from _followers(node.body, f"{scope}{name}.")
            continue
        alone = len(node.inputs) == 1 and node.inputs[0] in names and taken.count(node.inputs[0]) == 1
        if alone and (OPS[node.op].activation or OPS[node.op].drawing in _FOLLOWING):
            yield scope + name, scope + node.inputs[0]


class _Search:
    def __init__(self, subject: Subject, closed: Any, batch: int):
        program, _, self._origins = subject.as_written
        self._batch, self._file = batch, str(program.__file__)
        self._equations = closed.jaxpr.eqns
        self._scopes = [str(equation.source_info.name_stack).replace("/", ".") for equation in self._equations]
        self._owned = {scope for scope, node in subject.module.graph.layers() if node.weights}
        self._statements = [self._statement(equation) for equation in self._equations]

    def _statement(self, equation: Any) -> tuple[int, ...]:
        """The lines of the statements of the network that lead to an operation, those of kernels left out."""
        lines = [frame.line_num for frame in equation.source_info.traceback.frames if frame.file_name == self._file]
        return tuple(
            statement
            for line in lines
            if self._origins.of_line(line) is not None and (statement := self._origins.statement(line)) is not None
        )

    def in_scope(self, scope: str, node: Node) -> Any:
        """What a layer with weights gives where it is used first, None if that isn't in the trace."""
        if not node.weights or scope not in self._scopes:
            return None
        start = self._scopes.index(scope)
        end = start
        while end < len(self._scopes) and self._scopes[end] == scope:
            end += 1
        return self._last(range(start, end), node)

    def behind(self, variable: Any, node: Node) -> Any:
        """What the statement gives that takes a value first, None if it isn't of the node's shape."""
        takes = [at for at, equation in enumerate(self._equations) if variable in _read(equation)]
        if not takes or not self._statements[takes[0]] or self._scopes[takes[0]] in self._owned:
            return None
        statement, end = self._statements[takes[0]], takes[0]
        while end < len(self._equations) and self._statements[end] == statement:
            end += 1
        return self._last(range(takes[0], end), node)

    def _last(self, places: range, node: Node) -> Any:
        for at in reversed(places):
            for variable in self._equations[at].outvars:
                if variable.aval.shape == (self._batch, *node.output):
                    return variable
        return None


def _read(equation: Any) -> list[Any]:
    return [variable for variable in equation.invars if not isinstance(variable, Literal)]
