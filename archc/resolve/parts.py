"""Settings that differ from part to part: `rates = [fc8 = 10, stage4.unit1 = 0.1]`, `freeze = [stage1]`.

A part is a scope (a layer, or a block and all in it) or a kind of layer. The most exact holds: the
longest scope, then the kind, then what is said of the whole network.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archc.diagnostics import Diagnostic, Related
from archc.diagnostics.suggest import closest
from archc.ir import Graph, Node
from archc.ir.items import op_of
from archc.ops import OPS
from archc.resolve.wrong import Unknown, Wrong, wrong
from archc.source import Span
from archc.syntax import tree
from archc.types import TensorType


@dataclass(frozen=True)
class Part:
    """A part as written, and what is said of it."""

    path: str
    span: Span
    value: Any


@dataclass(frozen=True)
class Parts:
    """What a setting says: `general` of the whole network, None where it says nothing of it, and of parts."""

    general: Any = None
    parts: tuple[Part, ...] = ()

    @property
    def values(self) -> list[Any]:
        return [value for value in (self.general, *(part.value for part in self.parts)) if value is not None]


Tell = Callable[[Wrong], None]
"""Reports what is wrong, and lets the phase go on."""


def path_of(expression: tree.Expression) -> str:
    """`stage4.unit1` as a text. Raises Wrong if it names no part."""
    match expression:
        case tree.Name():
            return expression.value
        case tree.Member():
            return f"{path_of(expression.value)}.{expression.name.value}"
        case tree.Text():
            help = "write it without quotes"
            raise wrong("E0431", "a part is a name", expression.span, help=help, fix=expression.value)
        case tree.Item():
            # no part of any network, which is told once the names of its copies are known
            return f"{path_of(expression.value)}[{expression.index.span.text}]"
        case _:
            help = "layers and blocks are named as in `fc8` or `stage4.unit1`, kinds of layers as in `dense`"
            raise wrong("E0431", "this is no part of a network", expression.span, help=help)


def read(expression: tree.Expression, accepted: Callable[[tree.Expression], Any], tell: Tell) -> Parts:
    """`5e-4` or `[5e-4, fc8 = 0]`; `accepted` gives the value of an expression.

    What is wrong with an entry is told. Raises Wrong, or Unknown if anything was.
    """
    if not isinstance(expression, tree.Listing):
        return Parts(accepted(expression))
    general, span, sound = None, None, True
    parts: list[Part] = []
    for entry in expression.items:
        try:
            if entry.name is not None:
                parts.append(Part(path_of(entry.name), entry.name.span, accepted(entry.value)))
                continue
            if span is not None:
                related = (Related(span, "the first one"),)
                help = "one value holds for the whole network; others name the part they are for: `fc8 = …`"
                raise wrong("E0431", "two values for the whole network", entry.span, related=related, help=help)
            general, span = accepted(entry.value), entry.span
        except Wrong as error:
            tell(error)
            sound = False
        except Unknown:
            sound = False
    if not sound:
        raise Unknown
    return Parts(general, distinct(parts))


def named(expression: tree.Expression) -> tuple[Part, ...]:
    """`[conv1, stage1]`, or one alone. Raises Wrong."""
    entries = expression.items if isinstance(expression, tree.Listing) else ()
    for entry in entries:
        if entry.name is not None:
            title, path = "parts alone stand here, without values", entry.name.span.text
            raise wrong("E0431", title, entry.span, help=f"write `{path}`", fix=path)
    values = [entry.value for entry in entries] if isinstance(expression, tree.Listing) else [expression]
    return distinct([Part(path_of(value), value.span, True) for value in values])


def distinct(parts: list[Part]) -> tuple[Part, ...]:
    """Raises Wrong if a part is named twice."""
    seen: dict[str, Span] = {}
    for part in parts:
        if part.path in seen:
            related = (Related(seen[part.path], "first here"),)
            raise wrong("E0431", f"the part `{part.path}` is named twice", part.span, related=related)
        seen[part.path] = part.span
    return tuple(parts)


@dataclass(frozen=True)
class Layer:
    """A layer with its full scope, and the shape of the value that enters it."""

    scope: str
    node: Node
    enters: tuple[int, ...]

    @property
    def trainable(self) -> bool:
        return any(weight.trainable for weight in self.node.weights)

    @property
    def decays(self) -> bool:
        return any(weight.name.endswith("kernel") and weight.trainable for weight in self.node.weights)

    @property
    def starts(self) -> bool:
        """Whether the recipe says how one of its weights starts."""
        return bool(self.node.weights) and bool(left_to_recipe(self.node, self.enters))


def left_to_recipe(node: Node, enters: tuple[int, ...]) -> set[str]:
    """The weights of a layer for which it names no first values itself."""
    return {spec.name for spec in op_of(node).weights(TensorType(enters)) if spec.init is None}


def layers(graph: Graph, scope: str = "") -> Iterator[Layer]:
    """Every layer, as `Graph.layers` gives them."""
    shapes = {port.name: port.shape for port in graph.inputs}
    for node in graph.nodes:
        shapes[node.name] = node.output
        if node.body is None:
            yield Layer(scope + node.name, node, shapes[node.inputs[0]])
        elif node.op != "repeat":
            yield from (owned(layer, node) for layer in layers(node.body, f"{scope}{node.name}."))
        else:
            for copy in node.copies:
                yield from layers(renamed(node.body, copy), scope)


def owned(layer: Layer, block: Node) -> Layer:
    """What a shared block holds is owned where it stands first."""
    return Layer(layer.scope, layer.node.model_copy(update={"weights": ()}), layer.enters) if block.shares else layer


def renamed(body: Graph, names: tuple[str, ...]) -> Graph:
    """The body of a repeat as the copy whose nodes bear these names."""
    new = {node.name: name for node, name in zip(body.nodes, names, strict=True)}
    nodes = tuple(
        node.model_copy(update={"name": new[node.name], "inputs": tuple(new.get(v, v) for v in node.inputs)})
        for node in body.nodes
    )
    outputs = tuple(port.model_copy(update={"value": new.get(port.value, port.value)}) for port in body.outputs)
    return body.model_copy(update={"nodes": nodes, "outputs": outputs})


@dataclass(frozen=True)
class Acts:
    """What a setting acts on, in words and as a test of layers."""

    on: Callable[[Layer], bool]
    none: str
    """Why a part with weights may have none that it acts on."""


ACTS = {
    "weight_decay": Acts(lambda layer: layer.decays, "only kernels decay, and there is none in it"),
    "l1": Acts(lambda layer: layer.decays, "only kernels are made small, and there is none in it"),
    "init": Acts(lambda layer: layer.starts, "its layers name their own first values"),
    "rates": Acts(lambda layer: layer.trainable, ""),
    "freeze": Acts(lambda layer: layer.trainable, ""),
    "start": Acts(lambda layer: bool(layer.node.weights), ""),
}
"""By setting; `start` is what its `except` leaves out."""


class Network:
    """The layers of a network, among which parts are looked for.

    `warnings` collects what changes nothing; what is wrong with a part is told, and the part left out.
    """

    def __init__(self, graph: Graph, tell: Tell):
        self.tell = tell
        self.layers = list(layers(graph))
        self.warnings: list[Diagnostic] = []
        self.scopes: dict[str, None] = {}
        for layer in self.layers:
            names = layer.scope.split(".")
            self.scopes.update(dict.fromkeys(".".join(names[: n + 1]) for n in range(len(names))))
        self.shared = {scope: node.shares for scope, node in graph.steps() if node.shares}

    def has(self, part: Part) -> bool:
        return part.path in self.scopes or any(layer.node.op == part.path for layer in self.layers)

    def covered(self, part: Part) -> list[Layer]:
        """The layers of a part. Raises Wrong if the network has no such part."""
        if part.path in self.scopes:
            inside = f"{part.path}."
            return [layer for layer in self.layers if layer.scope == part.path or layer.scope.startswith(inside)]
        found = [layer for layer in self.layers if layer.node.op == part.path]
        if found:
            return found
        if "[" in part.path:
            raise self.entry(part)
        if part.path in OPS:
            raise wrong("E0430", f"the network has no layer of the kind `{part.path}`", part.span)
        owners = [layer for layer in self.layers if layer.node.weights]
        kinds = list(dict.fromkeys(layer.node.op for layer in owners))
        title = f"the network has no part `{part.path}`"
        kind = part.path.rstrip("0123456789")
        numbered = self.copies(kind) if kind in OPS else []
        if numbered:
            raise wrong("E0430", title, part.span, help=f"layers of the kind `{kind}` are {listed(numbered)}")
        near = closest(part.path, [*self.scopes, *kinds]) or self.deeper(part.path)
        if near:
            raise wrong("E0430", title, part.span, help=f"did you mean `{near[0]}`?", fix=near[0])
        shown = list(dict.fromkeys(layer.scope.split(".")[0] for layer in owners))
        help = f"its parts with weights are {listed(shown)}" if shown else "it has no weights at all"
        raise wrong("E0430", title, part.span, help=help)

    def entry(self, part: Part) -> Wrong:
        """`enc[0]`: copies have names of their own."""
        path, _, index = part.path.partition("[")
        index = index.removesuffix("]")
        copies = self.copies(path) or [path] * (path in self.scopes)
        title = "a part is a name, not an entry of a list"
        if not copies:
            return wrong("E0431", title, part.span, help="each copy has a name of its own, which `archc summary` shows")
        fix = copies[int(index)] if index.isdecimal() and int(index) < len(copies) else None
        return wrong("E0431", title, part.span, help=f"each has a name of its own: {listed(copies)}", fix=fix)

    def copies(self, path: str) -> list[str]:
        """The scopes that bear a name and a number."""
        return [scope for scope in self.scopes if re.fullmatch(rf"{re.escape(path)}_?\d+", scope)]

    def deeper(self, path: str) -> list[str]:
        """The only scope that ends in a path, for whoever left out the blocks around it."""
        found = [scope for scope in self.scopes if scope.endswith(f".{path}")]
        return found if len(found) == 1 else []

    def placed(self, key: str, parts: Parts, general: Any) -> dict[str, Any]:
        """What holds by scope, `""` being the whole network, with kinds of layers written out.

        A part on which the setting cannot act, or does nothing, gets a warning.
        """
        acted: dict[Part, list[Layer]] = {}
        for part in parts.parts:
            try:
                acted[part] = self.acted(key, part)
            except Wrong as error:
                self.tell(error)
        found: dict[str, Any] = {"": general if parts.general is None else parts.general}
        found |= {part.path: part.value for part in acted if part.path in self.scopes}
        said = frozenset(found)
        effects: list[tuple[Part, set[str]]] = []
        for part in acted:
            if part.path in self.scopes:
                own = {part.path}
            else:
                own = {layer.scope for layer in acted[part] if not nearest(said, layer.scope)}
                found |= dict.fromkeys((layer.scope for layer in acted[part] if layer.scope in own), part.value)
            if acted[part]:
                effects.append((part, own))
        for part, own in effects:
            self.check_effect(key, part, acted[part], found, own)
        return found

    def acted(self, key: str, part: Part) -> list[Layer]:
        """The layers of a part on which a setting acts. Raises Wrong if nothing in it can be trained."""
        covered, acts = self.covered(part), ACTS[key]
        acted = [layer for layer in covered if acts.on(layer)]
        if acted:
            return acted
        if not any(layer.node.weights for layer in covered):
            owner = self.shared.get(part.path)
            help = f"it uses those of `{owner}`: name that" if owner else "name a layer that has some"
            raise wrong("E0432", f"`{part.path}` has no weights of its own", part.span, help=help)
        if not any(layer.trainable for layer in covered):
            raise wrong("E0432", f"`{part.path}` has no weights that are trained", part.span)
        self.warn(f"`{key}` of `{part.path}` does nothing: {acts.none}", part.span)
        return []

    def check_effect(self, key: str, part: Part, acted: list[Layer], found: Mapping[str, Any], own: set[str]) -> None:
        """Warns of a part that decides nothing, or says what holds without it; `own` are its scopes in `found`."""
        decided = [layer for layer in acted if nearest(found, layer.scope) in own]
        others = {scope: value for scope, value in found.items() if scope not in own}
        if not decided:
            self.warn(f"`{key}` of `{part.path}` does nothing: more exact parts say otherwise for all of it", part.span)
        elif all(others[nearest(others, layer.scope)] == part.value for layer in decided):
            self.warn(f"`{key}` of `{part.path}` changes nothing: it would be the same without it", part.span)

    def warn(self, title: str, span: Span, help: str = "leave it out") -> None:
        self.warnings.append(Diagnostic("W0430", title, span, help=help))


def nearest(scopes: Mapping[str, Any] | frozenset[str], scope: str) -> str:
    """The longest of some scopes that is around another; `""` is around all."""
    while scope and scope not in scopes:
        scope = scope.rpartition(".")[0]
    return scope


def listed(names: list[str]) -> str:
    """Names in backquotes, the first ten of them."""
    shown = ", ".join(f"`{name}`" for name in names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown
