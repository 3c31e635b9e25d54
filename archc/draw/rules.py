"""What layers and losses do, and their derivatives, in symbols: the ones that courses work by hand.

A rule is in the names of a figure, and true of its numbers: `dz = a − y` says that ∂L/∂z is a − y.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from archc.ir import Module, Node
from archc.ir.recipe import LossTerm
from archc.ir.telling import cut, shown

MINUS = "\u2212"

LONGEST_SETTINGS = 40
"""Of a loss, as many characters of its settings are written."""

_FUNCTIONS: dict[str, Callable[[str], str]] = {
    "sigmoid": lambda z: f"σ({z})",
    "relu": lambda z: f"max(0, {z})",
    "linear": lambda z: z,
}
"""How activations are written that aren't just called by their names."""


def function_text(op: str, node: Node | None, taken: str) -> str:
    """What a layer gives, such as `σ(z)`."""
    if node is not None and op == "step":
        threshold: Any = node.arguments["threshold"]
        return f"1[{taken} > {number(threshold)}]"
    return _FUNCTIONS[op](taken) if op in _FUNCTIONS else f"{op}({taken})"


_RULES: dict[str, Callable[[str, str, str, str], str]] = {
    "sigmoid": lambda z, a, d, times: f"{d}{times}{a}{times}(1 {MINUS} {a})",
    "tanh": lambda z, a, d, times: f"{d}{times}(1 {MINUS} {a}{times}{a})",
    "relu": lambda z, a, d, times: f"{d}{times}1[{z} > 0]",
    "linear": lambda z, a, d, times: d,
    "step": lambda z, a, d, times: f"{d}{times}0",
    "sign": lambda z, a, d, times: f"{d}{times}0",
}


def activation_rule(op: str, z: str, a: str, times: str) -> str:
    """∂L/∂z behind which stands a = op(z); "" where that has no short form."""
    return _RULES[op](z, a, f"d{a}", times) if op in _RULES else ""


@dataclass(frozen=True)
class Term:
    """A loss by name, times its `factor`, with `settings` as they are written; a `target` of its own is a number."""

    factor: float
    name: str
    settings: str
    target: float | None

    def text(self, a: str, y: str) -> str:
        times = "" if self.factor == 1 else f"{number(self.factor)}\u00b7"
        taken = (a, y if self.target is None else number(self.target), *((self.settings,) if self.settings else ()))
        return f"{times}{self.name}({', '.join(taken)})"


@dataclass(frozen=True)
class Ending:
    """The loss between the output a and its target y, of `size` numbers each.

    `kind` is its name where it is a plain one, "" where it has options, a factor or several terms: then only its
    `terms` are known of it. `link` is the function whose input it reads.
    """

    kind: str
    terms: tuple[Term, ...]
    link: str
    size: int

    def text(self, a: Sequence[str], y: Sequence[str]) -> tuple[str, ...]:
        """The loss, in terms. Where several numbers stand behind a name, or there are several names, it sums."""
        one = self.size == 1
        b, t = (a[0], y[0]) if one else (a[0].rstrip("₀₁₂₃₄₅₆₇₈₉"), "y")
        squared = f"({b} {MINUS} {t})²"
        logs = f"{t}·log {b}", f"{MINUS} (1 {MINUS} {t})·log(1 {MINUS} {b})"
        match self.kind:
            case "binary_cross_entropy" if one:
                return f"L = {MINUS}{logs[0]}", logs[1]
            case "binary_cross_entropy":
                return f"L = {MINUS}mean({logs[0]}", f"+ {logs[1][2:]})"
            case "cross_entropy":
                return (f"L = {MINUS}Σ {t}·log {b}",)
            case "half_mse":
                return (f"L = ½{'' if one else ' Σ '}{squared}",)
            case "squared_error":
                return (f"L = {'' if one else 'Σ '}{squared}",)
            case "mse":
                return (f"L = {squared}" if one else f"L = mean {squared}",)
        first, *others = (term.text(b, t) for term in self.terms)
        return (f"L = {first}", *(f"+ {other}" for other in others))

    def by_output(self, a: str, y: str) -> str:
        """∂L/∂a; "" where that has no short form."""
        less, share = f"{a} {MINUS} {y}", "" if self.size == 1 else f" / {self.size}"
        match self.kind:
            case "binary_cross_entropy" if self.link == "sigmoid":
                rule = f"{MINUS}{y}/{a} + (1 {MINUS} {y})/(1 {MINUS} {a})"
                return f"({rule}){share}" if share else rule
            case "half_mse":
                return less
            case "squared_error":
                return f"2·({less})"
            case "mse":
                return f"2·({less}){share}"
        return ""

    def by_input(self, a: str, y: str) -> str:
        """∂L/∂z, a being the link's value of z: the reason why these functions and losses belong together."""
        less = f"{a} {MINUS} {y}"
        match self.kind:
            case "cross_entropy":
                return less
            case "binary_cross_entropy":
                return less if self.size == 1 else f"({less}) / {self.size}"
        return ""


def ending(module: Module, size: int, known: bool) -> Ending:
    """The loss of a module with one output of `size` numbers; `known` tells whether its target is told as numbers."""
    recipe = module.recipe
    assert recipe is not None
    (port,), terms = module.graph.outputs, recipe.losses
    names = tuple(term_of(term) for term in terms)
    link = recipe.links[port.name]
    last = next((node.op for node in module.graph.nodes if node.name == port.value), "")
    options = any(value not in (None, 0, 0.0) for term in terms for value in term.loss.arguments.values())
    plain = len(terms) == 1 and terms[0].weight == 1 and known and not options and not last.startswith("log_")
    return Ending(names[0].name if plain else "", names, link, size)


def term_of(term: LossTerm) -> Term:
    name, _, settings = shown(term.loss).partition("(")
    target = None if isinstance(term.target, str) else term.target
    return Term(term.weight, name, cut(settings.removesuffix(")"), LONGEST_SETTINGS), target)


def number(value: float) -> str:
    """A number with four significant digits: `−0.2689`, `1.2·10⁻⁵`."""
    text = f"{value + 0.0:.4g}"
    digits, e, power = text.partition("e")
    if e:
        raised = f"{int(power)}".translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        text = f"{digits}·10{raised}"
    return text.replace("-", MINUS)
