"""Which stored weights belong to which layers of a network: by name, and by order where names have shifted."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archc.ir import Graph

MOST_COMPARED = 4_000_000
"""Pairs of layers that are compared to find an order; in larger networks names alone decide."""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Stored:
    """A layer that owns arrays: its scope, its kind ("" where that isn't known), and their shapes by name."""

    scope: str
    op: str
    weights: Mapping[str, Shape]

    def like(self, other: "Stored") -> bool:
        """Whether the weights of one can be those of the other."""
        return (not self.op or not other.op or self.op == other.op) and self.weights == other.weights

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.scope}.{name}" for name in self.weights)

    @property
    def size(self) -> int:
        total = 0
        for shape in self.weights.values():
            count = 1
            for length in shape:
                count *= length
            total += count
        return total


Outline = tuple[Stored, ...]
"""The layers of a network that own arrays, in their order."""


def outline(graph: Graph) -> Outline:
    """That of a graph."""
    return tuple(
        Stored(scope, node.op, {weight.name: weight.shape for weight in node.weights})
        for scope, node in graph.layers()
        if node.weights
    )


def guessed(shapes: Mapping[str, Shape]) -> Outline:
    """That of arrays by dotted name, whose network isn't known."""
    layers: dict[str, dict[str, Shape]] = {}
    for name, shape in shapes.items():
        scope, _, weight = name.rpartition(".")
        layers.setdefault(scope, {})[weight] = shape
    return tuple(Stored(scope, "", weights) for scope, weights in layers.items())


def as_json(layers: Outline) -> list[dict[str, Any]]:
    """As it is stored beside weights."""
    return [{"scope": layer.scope, "op": layer.op, "weights": layer.weights} for layer in layers]


def from_json(value: Any) -> Outline:
    """The other way round. Raises ValueError for what is none."""
    layers = []
    for entry in value if isinstance(value, list) else [None]:
        match entry:
            case {"scope": str() as scope, "op": str() as op, "weights": dict() as weights}:
                if not all(
                    isinstance(shape, list) and all(type(n) is int for n in shape) for shape in weights.values()
                ):
                    raise ValueError("a shape is a list of whole numbers")
                layers.append(Stored(scope, op, {str(name): tuple(shape) for name, shape in weights.items()}))
            case _:
                raise ValueError("a layer has a scope, an op and weights")
    return tuple(layers)


@dataclass(frozen=True)
class Match:
    """What belongs to what: layers here with the stored ones that they take their weights from.

    `differing` have a namesake that doesn't fit, `new` have none, `unused` are stored and have no place here.
    """

    pairs: tuple[tuple[Stored, Stored], ...]
    differing: tuple[tuple[Stored, Stored], ...]
    new: Outline
    unused: Outline

    @property
    def moved(self) -> list[tuple[Stored, Stored]]:
        return [(here, there) for here, there in self.pairs if here.scope != there.scope]


def match(here: Outline, there: Outline, *, ordered: bool) -> Match:
    """Finds for each layer `here` its weights `there`: under its own name, if they all fit.

    Where a name doesn't fit and `there` is `ordered` as its network is, layers have moved: those in
    between got other numbers. Then like layers in the same order are the same, if their names
    differ in no more than numbers.
    """
    by_name = {layer.scope: layer for layer in there}
    fits = {layer.scope: by_name[layer.scope] for layer in here if layer.like(by_name.get(layer.scope, NONE))}
    shifted = any(layer.scope in by_name and layer.scope not in fits for layer in here)
    if shifted and ordered:
        moved = {a.scope: b for a, b in in_order(here, there)}
        taken = {layer.scope for layer in moved.values()}
        fits = moved | {
            scope: layer for scope, layer in fits.items() if scope not in moved and layer.scope not in taken
        }
    used = {layer.scope for layer in fits.values()}
    free = {scope: layer for scope, layer in by_name.items() if scope not in used}
    left = [layer for layer in here if layer.scope not in fits]
    return Match(
        pairs=tuple((layer, fits[layer.scope]) for layer in here if layer.scope in fits),
        differing=tuple((layer, free[layer.scope]) for layer in left if layer.scope in free),
        new=tuple(layer for layer in left if layer.scope not in free),
        unused=tuple(layer for scope, layer in free.items() if all(scope != other.scope for other in left)),
    )


NONE = Stored("", "none", {})


def stem(scope: str) -> str:
    """A scope without the numbers at the ends of its names."""
    return re.sub(r"\d+(?=\.|$)", "", scope)


def in_order(here: Sequence[Stored], there: Sequence[Stored]) -> list[tuple[Stored, Stored]]:
    """Like layers in the same order, as many as there are; of equally many, those of the same names."""
    start, n, m = 0, len(here), len(there)
    while start < min(n, m) and worth(here[start], there[start]) == SAME:
        start += 1
    while min(n, m) > start and worth(here[n - 1], there[m - 1]) == SAME:
        n, m = n - 1, m - 1
    outer = [*zip(here[:start], there[:start], strict=True), *zip(here[n:], there[m:], strict=True)]
    if (n - start) * (m - start) > MOST_COMPARED:
        return outer
    return outer + between(here[start:n], there[start:m])


def between(here: Sequence[Stored], there: Sequence[Stored]) -> list[tuple[Stored, Stored]]:
    """The longest common subsequence, by what pairs are worth."""
    best = [[0] * (len(there) + 1) for _ in range(len(here) + 1)]
    for i in reversed(range(len(here))):
        for j in reversed(range(len(there))):
            value = worth(here[i], there[j])
            paired = best[i + 1][j + 1] + value if value else 0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(here) and j < len(there):
        value = worth(here[i], there[j])
        if value and best[i][j] == best[i + 1][j + 1] + value:
            pairs.append((here[i], there[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


SAME, MOVED = 3, 2
"""What a pair is worth: two that have moved outweigh one that hasn't."""


def worth(here: Stored, there: Stored) -> int:
    if not here.like(there):
        return 0
    if here.scope == there.scope:
        return SAME
    return MOVED if stem(here.scope) == stem(there.scope) else 0


def together(layers: Iterable[Stored], whole: Outline) -> list[str]:
    """Their scopes; a block all of whose layers are among them stands for them."""
    scopes = {layer.scope for layer in layers}
    blocks: dict[str, list[str]] = {}
    for layer in whole:
        blocks.setdefault(layer.scope.split(".")[0], []).append(layer.scope)
    shown: list[str] = []
    for block, inside in blocks.items():
        there = [scope for scope in inside if scope in scopes]
        shown += [block] if len(there) == len(inside) else there
    return shown
