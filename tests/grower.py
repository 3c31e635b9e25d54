"""Grows random models out of the catalogue itself: every layer, with every argument that it takes."""

from functools import cache
from math import prod
from typing import Any

from archc.ops import Op
from archc.ops.axes import Entries, Order, Place
from archc.ops.connect import Connections
from archc.ops.layout import Margin
from archc.ops.op import Bias
from archc.parameters import (
    Choice,
    Count,
    Described,
    Family,
    Flag,
    Numbers,
    Padding,
    Parameter,
    Real,
    Unfit,
    Window,
    Word,
    members,
    show,
)
from archc.types import TensorType
from tests.author import Author, Shape

LARGEST_VALUE, LARGEST_WEIGHTS = 2_000, 6_000
"""Numbers in a value of one example, and in a layer's weights: more would only take longer."""

TRIES = 12

LEAVE = object()
"""An argument that isn't given."""


@cache
def layers(merging: bool) -> list[type[Op]]:
    """The layers that files can name and that something enters, in the order of their names."""
    written: dict[str, Any] = members("layer")
    found = [op for _, op in sorted(written.items()) if op.merges == merging and not op.adapts and not op.alone]
    # one that takes more arguments has more that can go wrong
    return [op for op in found for _ in range(1 + 2 * len(op.parameters))]


class Grower(Author):
    """An author who knows every layer by what its class declares."""

    # arguments

    def drawn(self, parameter: Parameter, x: TensorType) -> Any:
        """A value of one of the forms that a parameter may have; LEAVE if this one can't be told beforehand."""
        form, directions = self.choice(forms(parameter)), len(x.spatial)
        least = getattr(parameter, "least", None) or 0
        match form, parameter:
            case "true" | "false", _:
                return form == "true"
            case "initialiser", _:
                return self.item(form, x)
            case "given", Bias() | Numbers():
                return LEAVE
            case "given", Order():
                return self.sample(range(x.rank), x.rank)
            case "given", Connections():
                some = range(x.channels)
                return [sorted(self.sample(some, self.randint(1, x.channels))) for _ in range(self.randint(1, 4))]
            case "given", Entries():
                return [self.randint(-2, 1) for _ in range(self.randint(1, 2))]
            case "size", Window(name="shape"):
                return self.factors(x.size)
            case "pairs", _:
                return [(self.randint(0, 2), self.randint(0, 2)) for _ in range(directions)]
            case "size", _:
                return tuple(self.randint(least, least + 2) for _ in range(directions)) if directions > 1 else LEAVE
            case "number", Real():
                return self.real(parameter)
            case "number", Entries() | Place():
                return self.randint(-2, 2)
            case "number", _:
                return self.randint(least, least + 3)
        return Word(form)

    def item(self, family: str, x: TensorType) -> Any:
        """Something of a family, with arguments of its own; a word as it stands."""
        known = members(family)
        if not known:
            return Word(family)
        for _ in range(TRIES):
            cls = known[self.choice(sorted(known))]
            try:
                return cls.build([], self.given(cls, x))
            except Unfit:
                continue
        return LEAVE

    def real(self, parameter: Real) -> float:
        low = parameter.least if parameter.least is not None else parameter.above
        high = parameter.most if parameter.most is not None else parameter.below
        low = low if low is not None else (high - 2 if high is not None else -1)
        high = high if high is not None else low + 2
        return round(min(max(self.uniform(low, high), low + 0.01), high - 0.01), 3)

    def given(self, cls: type[Described], x: TensorType) -> dict[str, Any]:
        """Arguments for all that has to be given, and for some of the rest."""
        found = {}
        for name, parameter in cls.parameters.items():
            if parameter.required or self.random() < 0.35:
                value = self.drawn(parameter, x)
                if value is not LEAVE:
                    found[name] = value
        return found

    def written_out(self, op: Op, x: TensorType, given: dict[str, Any]) -> dict[str, Any]:
        """Numbers for the arguments that hold a layer's weights, in the shapes that these have."""
        biased = {name: True for name, parameter in op.parameters.items() if isinstance(parameter, Bias)}
        weights = op.build([], biased | given).weights(x)
        specs = {spec.name: spec.shape for spec in weights}
        found: dict[str, Any] = {}
        for name, parameter in op.parameters.items():
            if isinstance(parameter, Numbers | Bias) and name not in given and self.random() < 0.35:
                shape = specs.get(name, weights[0].shape if name == "weights" else None)
                if shape is not None and prod(shape) <= 60:
                    found[name] = self.nested(shape)
        return found

    def factors(self, size: int) -> Any:
        """Whole numbers whose product it is."""
        found = []
        while size > 1 and len(found) < 2:
            found.append(self.choice([n for n in range(1, size + 1) if size % n == 0]))
            size //= found[-1]
        return (*found, size) if found else LEAVE

    def nested(self, shape: Shape) -> Any:
        if not shape:
            return round(self.uniform(-1, 1), 2)
        return [self.nested(shape[1:]) for _ in range(shape[0])]

    def grown(self, cls: type[Op], x: TensorType, *, same: bool = False) -> tuple[str, Shape] | None:
        """A layer that `x` may enter, as it is written, and the shape that leaves; None if none was found."""
        for _ in range(TRIES):
            given = self.given(cls, x)
            # what is never trained has to be written out, and of what shape that is, is known without
            kept = {"trainable": given.pop("trainable")} if "trainable" in given else {}
            try:
                op = cls.build([], given)
                op.output(x)
                given |= self.written_out(op, x, given) | kept
                op = cls.build([], given)
                after = op.output(x)
                weights = sum(prod(spec.shape) for spec in op.weights(x))
            except Unfit:
                continue
            if after.size > LARGEST_VALUE or weights > LARGEST_WEIGHTS or after.rank > 4 or (same and after != x):
                continue
            self.used.add(f"{cls.name} on {x.rank}")
            self.used.update(f"{cls.name}.{name} = {form(value)}" for name, value in given.items())
            return self.written(cls, given), after.shape
        return None

    def written(self, cls: type[Op], given: dict[str, Any]) -> str:
        """The call, the first arguments by place or by name."""
        parts, by_place = [], True
        for name, parameter in cls.parameters.items():
            by_place = by_place and name in given and not parameter.named_only and self.random() < 0.8
            if name in given:
                parts.append(show(given[name]) if by_place else f"{name} = {show(given[name])}")
        return self.call(cls.name, *parts)

    # flows

    def pointwise(self, shape: Shape) -> tuple[str, Shape]:
        for _ in range(TRIES):
            found = self.grown(self.choice(layers(False)), TensorType(shape), same=True)
            if found is not None:
                return found
        return "tanh", shape

    def layer(self, shape: Shape) -> tuple[str, Shape]:
        for _ in range(TRIES):
            found = self.grown(self.choice(layers(False)), TensorType(shape))
            if found is not None:
                return found
        return "tanh", shape

    def flow(self, shape: Shape, length: int) -> tuple[list[str], Shape]:
        steps: list[str] = []
        for _ in range(length):
            kinds = [self.layer]
            if self.depth < 3 and self.random() < 0.25:
                kinds = [self.block, self.repeat, self.choice_of_two, self.merge, self.merge, self.share]
            step, shape = self.choice(kinds)(shape)
            steps.append(f"{step} as {self.name()}" if " -> " not in step and self.maybe("as", 0.2) else step)
        return steps, shape

    def repeat(self, shape: Shape) -> tuple[str, Shape]:
        """As any author's, or of so many copies that they become one device loop."""
        return self.many(shape) if self.maybe("repeat = many", 0.4) else super().repeat(shape)

    def many(self, shape: Shape) -> tuple[str, Shape]:
        body, after = self.inner(shape, same=True)
        return f"repeat {self.choice([4, 5, 16])} {{ {body} }}", after

    def merge(self, shape: Shape) -> tuple[str, Shape]:
        x = TensorType(shape)
        for _ in range(TRIES):
            cls, count = self.choice(layers(True)), self.choice([2, 2, 3])
            try:
                after = cls.build([], {}).joined([x] * count)
            except Unfit:
                continue
            if after.size <= LARGEST_VALUE:
                branches = [self.inner(shape, same=True)[0] for _ in range(count - 1)]
                last = self.choice(["it", self.inner(shape, same=True)[0], self.learnt(shape)])
                return self.call(cls.name, *branches, last), after.shape
        return self.pointwise(shape)

    def learnt(self, shape: Shape) -> str:
        """A value of that shape that is computed from nothing."""
        op = self.choice([op for op in members("layer").values() if op.alone])
        given = self.given(op, TensorType(shape)) | {"shape": shape if len(shape) > 1 else shape[0]}
        self.used.add(f"{op.name} on {len(shape)}")
        self.used.update(f"{op.name}.{name} = {form(value)}" for name, value in given.items())
        return self.written(op, given)

    def input_shape(self) -> Shape:
        shape: Shape = self.take(
            "input",
            {
                "flat": (self.randint(1, 9),),
                "sequence": (self.randint(1, 11), self.randint(1, 5)),
                "image": (self.randint(1, 9), self.randint(1, 9), self.randint(1, 5)),
                "volume": (self.randint(1, 5), self.randint(1, 5), self.randint(1, 5), self.randint(1, 3)),
            },
        )
        return shape


class Repeater(Grower):
    """One whose every flow of a model begins with a layer in many copies."""

    def flow(self, shape: Shape, length: int) -> tuple[list[str], Shape]:
        if self.depth:
            return super().flow(shape, length)
        body, shape = self.inner(shape, same=True)
        steps, shape = super().flow(shape, min(length, 2))
        return [f"repeat {self.choice([4, 5])} {{ {body} }}", *steps], shape

    def settings(self) -> list[str]:
        """Rounding isn't to be made larger, so steps are in proportion to gradients."""
        lines = [line for line in super().settings() if not line.startswith(("precision", "optimizer"))]
        return [*lines, "optimizer = sgd(0.1)"]


def forms(parameter: Parameter) -> list[str]:
    """In which forms a parameter takes values. A word stands for itself."""
    match parameter:
        case Bias():
            found = ["true", "false", "given", "initialiser"]
        case Flag():
            found = ["true", "false"]
        case Padding() | Margin():
            found = ["number", "size", "pairs"]
        case Window():
            found = ["number", "size"]
        case Count() | Real() | Place():
            found = ["number"]
        case Entries():
            found = ["number", "given"]
        case Family():
            found = [parameter.family]
        case Numbers() | Order() | Connections():
            found = ["given"]
        case Choice():
            found = []
        case _:
            raise TypeError(f"{type(parameter).__name__} is a kind of argument that the random models don't know")
    return [*found, *parameter.words]


def form(value: Any) -> str:
    """The form that a value has."""
    match value:
        case bool() | Word():
            return show(value)
        case int() | float():
            return "number"
        case Described():
            return value.family
        case tuple():
            return "size"
        case [(_, _), *_] if isinstance(value[0], tuple):
            return "pairs"
        case _:
            return "given"
