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
    function: ClassVar[str]

    def output(self, x: TensorType) -> TensorType:
        return x

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(Call(self.function, (site.x,)))


class Relu(Activation):
    """max(0, x)."""

    name = "relu"
    example = "dense(100) -> relu"
    function = "jax.nn.relu"


class Sigmoid(Activation):
    """1 / (1 + exp(-x)), the logistic function."""

    name = "sigmoid"
    example = "dense(1) -> sigmoid"
    function = "jax.nn.sigmoid"


class Tanh(Activation):
    """The hyperbolic tangent."""

    name = "tanh"
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


class Softmax(Activation):
    """exp(x) / Σ exp(x) over the channels: probabilities that add up to 1."""

    name = "softmax"
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
