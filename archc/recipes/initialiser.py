"""How weights start."""

from typing import Any, ClassVar

from archc.code import Call, Code, Literal, call
from archc.parameters import Described, Numbers, Real
from archc.types import Shape


class Initialiser(Described):
    """First values of a weight. `random` ones draw from a key."""

    family = "initialiser"
    random: ClassVar[bool] = True

    def lower(self, shape: Shape, key: Code) -> Code:
        raise NotImplementedError


def size(shape: Shape) -> Code:
    """The shape as jnp takes it: a number will do for one dimension."""
    return Literal(shape[0] if len(shape) == 1 else shape)


class Zeros(Initialiser):
    """All 0."""

    name = "zeros"
    random = False

    def lower(self, shape: Shape, key: Code) -> Code:
        return call("jnp.zeros", size(shape))


class Ones(Initialiser):
    """All 1."""

    name = "ones"
    random = False

    def lower(self, shape: Shape, key: Code) -> Code:
        return call("jnp.ones", size(shape))


class Constant(Initialiser):
    """All the same number."""

    name = "constant"
    random = False
    value = Real("the number")

    def lower(self, shape: Shape, key: Code) -> Code:
        return call("jnp.full", size(shape), Literal(float(self.value)))


class Given(Initialiser):
    """Written out in the file."""

    name = "given"
    unwritten = True
    random = False
    values_ = Numbers("the numbers, in nested lists of the weight's shape")

    def lower(self, shape: Shape, key: Code) -> Code:
        return Call("jnp.array", (Literal(floats(self.values_)),))


def floats(numbers: Any) -> Any:
    """Nested tuples of numbers as floats, so that the array is one of floats."""
    return tuple(map(floats, numbers)) if isinstance(numbers, tuple) else float(numbers)


class Normal(Initialiser):
    """Gaussian with mean 0."""

    name = "normal"
    deviation = Real("the standard deviation", above=0)

    def lower(self, shape: Shape, key: Code) -> Code:
        return call("normal", key, Literal(shape), deviation=float(self.deviation))


class Uniform(Initialiser):
    """Uniform in [-limit, limit]."""

    name = "uniform"
    limit = Real("the largest value", above=0)

    def lower(self, shape: Shape, key: Code) -> Code:
        return call("uniform", key, Literal(shape), limit=float(self.limit))


class Scaled(Initialiser):
    """Random with a spread that depends on the fans: what a unit reads, and what an input reaches.

    They are taken from the shape: inputs are its last dimension but one, outputs the last, and
    the rest is the window.
    """

    def lower(self, shape: Shape, key: Code) -> Code:
        return Call(self.name, (key, Literal(shape)))


class GlorotUniform(Scaled):
    """Uniform in ±√(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010, equation 16); also called Xavier."""

    name = "glorot_uniform"


class GlorotNormal(Scaled):
    """Gaussian with variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010, equation 12)."""

    name = "glorot_normal"


class HeUniform(Scaled):
    """Uniform in ±√(6 / fan_in) (He et al., 2015, equation 10, as a uniform)."""

    name = "he_uniform"


class HeNormal(Scaled):
    """Gaussian with variance 2 / fan_in (He et al., 2015, equation 10), for layers before a relu."""

    name = "he_normal"


DEFAULT = GlorotUniform.build([], {})
"""What kernels start from where nothing is said, as in Keras."""
