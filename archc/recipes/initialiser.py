"""How weights start."""

from math import prod, sqrt
from typing import Any, ClassVar

from archc.code import Call, Code, Literal, call
from archc.parameters import Choice, Described, Numbers, Real, Unfit, Word
from archc.types import Shape

Fans = tuple[int, int]
FANS = ("in", "out", "mean")


class Initialiser(Described):
    """First values of a weight. `random` ones draw from a key."""

    family = "initialiser"
    random: ClassVar[bool] = True

    @property
    def by_fans(self) -> bool:
        """Whether it depends on the fans, which a kernel has and a bias hasn't."""
        return False

    def lower(self, shape: Shape, key: Code, fans: Fans | None = None) -> Code:
        """The array; `fans` are (in, out) where the shape alone doesn't tell them."""
        return self.draw(shape, key, fans or fans_of(shape))

    def draw(self, shape: Shape, key: Code, fans: Fans) -> Code:
        raise NotImplementedError


def fans_of(shape: Shape) -> Fans:
    """How many inputs a unit of a kernel reads, and how many units an input reaches."""
    if not shape:
        return 1, 1
    window = prod(shape[:-2])
    return window * shape[-2 if len(shape) > 1 else -1], window * shape[-1]


def fan_of(fans: Fans, which: str) -> float:
    return {"in": fans[0], "out": fans[1], "mean": sum(fans) / 2}[which]


def size(shape: Shape) -> Code:
    """The shape as jnp takes it: a number will do for one dimension."""
    return Literal(shape[0] if len(shape) == 1 else shape)


class Zeros(Initialiser):
    """All 0."""

    name = "zeros"
    random = False

    def draw(self, shape: Shape, key: Code, fans: Fans) -> Code:
        return call("jnp.zeros", size(shape))


class Ones(Initialiser):
    """All 1."""

    name = "ones"
    random = False

    def draw(self, shape: Shape, key: Code, fans: Fans) -> Code:
        return call("jnp.ones", size(shape))


class Constant(Initialiser):
    """All the same number."""

    name = "constant"
    random = False
    value = Real("the number")

    def draw(self, shape: Shape, key: Code, fans: Fans) -> Code:
        return call("jnp.full", size(shape), Literal(float(self.value)))


class Given(Initialiser):
    """Written out in the file."""

    name = "given"
    unwritten = True
    random = False
    values_ = Numbers("the numbers, in nested lists of the weight's shape")

    def draw(self, shape: Shape, key: Code, fans: Fans) -> Code:
        return Call("jnp.array", (Literal(floats(self.values_)),))


def floats(numbers: Any) -> Any:
    """Nested tuples of numbers as floats, so that the array is one of floats."""
    return tuple(map(floats, numbers)) if isinstance(numbers, tuple) else float(numbers)


class Fanned(Initialiser):
    """One whose spread may depend on the fans: what a unit reads (`in`), and what an input reaches (`out`).

    `mean` is half of their sum. Where a layer doesn't say otherwise they are taken from the kernel's
    shape: inputs are its last dimension but one, outputs the last, and the rest is the window.
    """

    fan = Choice("what the number is divided by: `in`, `out` or `mean`", FANS, default=None, named=True)
    root_fan = Choice("the same, by its square root", FANS, default=None, named=True)

    def check(self) -> None:
        if self.fan and self.root_fan:
            raise Unfit("`fan` and `root_fan` don't go together", "leave one of them out", parameter="root_fan")

    @property
    def by_fans(self) -> bool:
        return bool(self.fan or self.root_fan)

    def scaled(self, value: float, fans: Fans) -> float:
        if self.fan:
            return float(value / fan_of(fans, self.fan))
        return float(value / sqrt(fan_of(fans, self.root_fan)) if self.root_fan else value)


class Normal(Fanned):
    """Gaussian with mean 0; `normal(1.41, root_fan = in)` has the variance 2 / fan_in."""

    name = "normal"
    deviation = Real("the standard deviation", above=0)

    def draw(self, shape: Shape, key: Code, fans: Fans) -> Code:
        return call("normal", key, Literal(shape), deviation=self.scaled(self.deviation, fans))


class TruncatedNormal(Fanned):
    """Gaussian with mean 0, drawn again beyond 2 standard deviations, as in Keras.

    `deviation` is that before the cut: the numbers drawn have 0.88 of it.
    """

    name = "truncated_normal"
    deviation = Real("the standard deviation of the whole Gaussian", above=0)

    def draw(self, shape: Shape, key: Code, fans: Fans) -> Code:
        return call("truncated_normal", key, Literal(shape), deviation=self.scaled(self.deviation, fans))


class Uniform(Fanned):
    """Uniform in [-limit, limit]; `uniform(2.4, fan = in)` is ±2.4 / fan_in (LeCun, 1989)."""

    name = "uniform"
    limit = Real("the largest value", above=0)

    def draw(self, shape: Shape, key: Code, fans: Fans) -> Code:
        return call("uniform", key, Literal(shape), limit=self.scaled(self.limit, fans))


class Scaled(Initialiser):
    """A variance of `gain` over a fan."""

    gain: ClassVar[float]
    usual: ClassVar[str] = "in"
    uniform: ClassVar[bool]

    @property
    def by_fans(self) -> bool:
        return True

    @property
    def of(self) -> str:
        """The fan that the variance is divided by."""
        return self.usual

    def draw(self, shape: Shape, key: Code, fans: Fans) -> Code:
        if self.of == self.usual and len(shape) > 1 and fans == fans_of(shape):
            return Call(self.name, (key, Literal(shape)))
        variance = self.gain / fan_of(fans, self.of)
        if self.uniform:
            return call("uniform", key, Literal(shape), limit=sqrt(3 * variance))
        return call("normal", key, Literal(shape), deviation=sqrt(variance))


class ByFan(Scaled):
    fan = Choice("`in`, `out`, or `mean`, half of their sum", FANS, default=Word("in"), named=True)

    @property
    def of(self) -> str:
        return str(self.fan)


class GlorotUniform(Scaled):
    """Uniform in ±√(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010, equation 16); also called Xavier."""

    name = "glorot_uniform"
    gain, usual, uniform = 1, "mean", True


class GlorotNormal(Scaled):
    """Gaussian with variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010, equation 12)."""

    name = "glorot_normal"
    gain, usual, uniform = 1, "mean", False


class HeUniform(ByFan):
    """Uniform in ±√(6 / fan) (He et al., 2015, equation 10, as a uniform); also called Kaiming."""

    name = "he_uniform"
    gain, uniform = 2, True


class HeNormal(ByFan):
    """Gaussian with variance 2 / fan (He et al., 2015, equations 10 and 14), for layers before a relu."""

    name = "he_normal"
    gain, uniform = 2, False


class LecunUniform(ByFan):
    """Uniform in ±√(3 / fan) (LeCun et al., 1998, equation 16, as a uniform)."""

    name = "lecun_uniform"
    gain, uniform = 1, True


class LecunNormal(ByFan):
    """Gaussian with variance 1 / fan (LeCun et al., 1998, equation 16), for tanh and selu."""

    name = "lecun_normal"
    gain, uniform = 1, False


class Orthogonal(Initialiser):
    """Columns or rows that are orthogonal to each other and of length `gain` (Saxe et al., 2014).

    Columns are those of the kernel's last dimension; where there are more of them than numbers in each, rows
    are orthogonal instead.
    """

    name = "orthogonal"
    gain = Real("the length of each", default=1, above=0)

    def draw(self, shape: Shape, key: Code, fans: Fans) -> Code:
        if len(shape) > 1:
            return call("orthogonal", key, Literal(shape), gain=float(self.gain))
        column = call("orthogonal", key, Literal((*shape, 1)), gain=float(self.gain))
        return call("jnp.reshape", column, Literal(shape))


DEFAULT = GlorotUniform.build([], {})
"""What kernels start from where nothing is said, as in Keras."""
