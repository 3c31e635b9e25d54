"""Activations: functions of each value, and softmax."""

from typing import ClassVar

from archc.code import Call, call
from archc.ops.op import Lowered, Op, Site
from archc.parameters import Real, Unfit
from archc.types import TensorType


class Activation(Op):
    """A function of each value by itself; shapes stay."""

    drawing = "activation"
    activation = True
    fused = True
    function: ClassVar[str]
    phrase: ClassVar[str] = ""
    """How courses put it."""

    def output(self, x: TensorType) -> TensorType:
        return x

    def words(self, x: TensorType) -> str:
        return self.phrase or super().words(x)

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(Call(self.function, (site.x,)))


class Relu(Activation):
    """max(0, x)."""

    name = "relu"
    title, phrase = "ReLU", "ReLU"
    example = "dense(100) -> relu"
    function = "jax.nn.relu"


class Sigmoid(Activation):
    """1 / (1 + exp(-x)), the logistic function."""

    name = "sigmoid"
    title, phrase = "Sigmoid", "sigmoid"
    example = "dense(1) -> sigmoid"
    function = "jax.nn.sigmoid"


class Tanh(Activation):
    """The hyperbolic tangent."""

    name = "tanh"
    title, phrase = "Tanh", "hyperbolic tangent"
    example = "dense(84) -> tanh"
    function = "jnp.tanh"


class Step(Activation):
    """1 strictly above the threshold, else 0 (McCulloch and Pitts, 1943): step(0) = 0.

    Its derivative is 0 everywhere, so nothing before it learns.
    """

    name = "step"
    example = "dense(1) -> step(1.5)"

    threshold = Real("above which the output is 1", default=0)

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("threshold_step", site.x, threshold=float(self.threshold)))


class Linear(Activation):
    """The value itself, where a block asks for an activation and none is wanted."""

    name = "linear"
    example = "dense(1) -> linear"
    # a loss may stand behind it that may stand behind no function
    activation = False

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(*(() if site.x == site.out else (site.x,)))

    @classmethod
    def usage(cls) -> str:
        return "it is written `linear`, and is no layer with weights: that is `dense(units)`"


class LeakyRelu(Activation):
    """x above 0, slope · x below (Maas et al., 2013)."""

    name = "leaky_relu"
    example = "conv(64, 3x3) -> leaky_relu"

    slope = Real("what values below 0 are multiplied by", default=0.01)

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("jax.nn.leaky_relu", site.x, negative_slope=float(self.slope)))


class Elu(Activation):
    """x above 0, alpha · (exp(x) - 1) below (Clevert et al., 2016)."""

    name = "elu"
    example = "dense(100) -> elu"

    alpha = Real("how far below 0 it goes", default=1, above=0)

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("jax.nn.elu", site.x, alpha=float(self.alpha)))


class Gelu(Activation):
    """x · Φ(x), Φ the normal distribution's share below x (Hendrycks and Gimpel, 2016); exact, not by tanh."""

    name = "gelu"
    example = "dense(256) -> gelu"

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("jax.nn.gelu", site.x, approximate=False))


class Silu(Activation):
    """x · sigmoid(x), also called swish (Ramachandran et al., 2017)."""

    name = "silu"
    example = "conv(32, 3x3) -> silu"
    function = "jax.nn.silu"


class Softplus(Activation):
    """log(1 + exp(x)), a smooth relu: always above 0."""

    name = "softplus"
    example = "dense(1) -> softplus"
    function = "jax.nn.softplus"


class ScaledTanh(Activation):
    """1.7159 · tanh(2x / 3), which takes 1 to 1 and -1 to -1 (LeCun, 1989)."""

    name = "scaled_tanh"
    example = "conv(6, 5x5) -> scaled_tanh"
    function = "scaled_tanh"


class Softmax(Activation):
    """exp(x) / Σ exp(x) over the channels: probabilities that add up to 1."""

    name = "softmax"
    title, phrase = "Softmax", "softmax"
    example = "dense(10) -> softmax"
    function = "jax.nn.softmax"

    def output(self, x: TensorType) -> TensorType:
        if x.channels == 1:
            raise Unfit(
                "softmax over one value is always 1",
                "for two classes: `dense(1) -> sigmoid`, or `dense(2) -> softmax`",
                code="E0206",
            )
        return x
