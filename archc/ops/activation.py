"""Activations: functions of each value, and softmax."""

from typing import ClassVar

from archc.code import Call, call
from archc.ops.op import Lowered, Op, Site, WeightSpec
from archc.parameters import FAMILIES, Flag, Real, Unfit, show
from archc.types import TensorType


class Activation(Op):
    """A function of each value by itself; shapes stay."""

    drawing = "activation"
    activation = True
    fused = True
    function: ClassVar[str]
    phrase: ClassVar[str] = ""
    """How courses put it."""
    increasing: ClassVar[bool] = False
    """Whether it nowhere falls."""

    def rises(self) -> bool:
        return self.increasing

    def output(self, x: TensorType) -> TensorType:
        return x

    def words(self, x: TensorType) -> str:
        return self.phrase or super().words(x)

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(Call(self.function, (site.x,)))


class Relu(Activation):
    """max(0, x)."""

    name = "relu"
    increasing = True
    title, phrase = "ReLU", "ReLU"
    example = "dense(100) -> relu"
    function = "jax.nn.relu"


class Relu6(Activation):
    """min(max(0, x), 6) (Krizhevsky, 2010)."""

    name = "relu6"
    increasing = True
    example = "conv(32, 3x3) -> relu6"
    function = "jax.nn.relu6"


class Sigmoid(Activation):
    """1 / (1 + exp(-x)), the logistic function."""

    name = "sigmoid"
    increasing = True
    title, phrase = "Sigmoid", "sigmoid"
    example = "dense(1) -> sigmoid"
    function = "jax.nn.sigmoid"


class HardSigmoid(Activation):
    """min(max(0, x + 3), 6) / 6, the logistic function in three straight pieces, as in PyTorch and Keras 3.

    Courbariaux et al. (2015) and older Keras have min(max(0, x / 5 + 1/2), 1).
    """

    name = "hard_sigmoid"
    increasing = True
    example = "dense(1) -> hard_sigmoid"
    function = "jax.nn.hard_sigmoid"


class Tanh(Activation):
    """The hyperbolic tangent."""

    name = "tanh"
    increasing = True
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


class Sign(Activation):
    """-1 below 0, 0 at 0, 1 above.

    Its derivative is 0 everywhere, so nothing before it learns.
    """

    name = "sign"
    example = "dense(1) -> sign"
    function = "jnp.sign"


class Clip(Activation):
    """min(max(low, x), high): what is outside is brought to the nearer end."""

    name = "clip"
    increasing = True
    example = "dense(1) -> clip(0, 1)"

    low = Real("the least that leaves", default=0)
    high = Real("the most that leaves", default=1)

    def check(self) -> None:
        if self.low >= self.high:
            ends = f"{show(self.low)} and {show(self.high)}"
            raise Unfit(
                f"nothing lies between the ends {ends} of `clip`", "the lower end comes first", parameter="high"
            )

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("jnp.clip", site.x, min=float(self.low), max=float(self.high)))


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

    def rises(self) -> bool:
        return bool(self.slope >= 0)

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("jax.nn.leaky_relu", site.x, negative_slope=float(self.slope)))


class Prelu(Activation):
    """x above 0, a · x below, with a learnt slope a for each channel, 0.25 at first (He et al., 2015, equation 1)."""

    name = "prelu"
    example = "conv(64, 3x3) -> prelu"

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        return (WeightSpec("slope", (x.channels,), FAMILIES["initialiser"]["constant"].build([0.25], {})),)

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("prelu", site.x, site.weight("slope")))


class Elu(Activation):
    """x above 0, alpha · (exp(x) - 1) below (Clevert et al., 2016)."""

    name = "elu"
    increasing = True
    example = "dense(100) -> elu"

    alpha = Real("how far below 0 it goes", default=1, above=0)

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("jax.nn.elu", site.x, alpha=float(self.alpha)))


class Selu(Activation):
    """1.0507 x above 0, 1.0507 · 1.6733 (exp(x) - 1) below (Klambauer et al., 2017, equation 2).

    Of values with mean 0 and variance 1 it keeps both, behind kernels that start with variance 1 / fan_in.
    """

    name = "selu"
    increasing = True
    example = "dense(100) -> selu"
    function = "jax.nn.selu"


class Gelu(Activation):
    """x · Φ(x), Φ the normal distribution's share below x (Hendrycks and Gimpel, 2016).

    It is exact unless `approximate = true`: then it is x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).
    """

    name = "gelu"
    example = "dense(256) -> gelu"

    approximate = Flag("whether tanh stands for the normal distribution", default=False, named=True)

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("jax.nn.gelu", site.x, approximate=self.approximate))


class Silu(Activation):
    """x · sigmoid(x), also called swish (Ramachandran et al., 2017)."""

    name = "silu"
    example = "conv(32, 3x3) -> silu"
    function = "jax.nn.silu"


class HardSilu(Activation):
    """x · hard_sigmoid(x) = x · min(max(0, x + 3), 6) / 6, also called hard swish (Howard et al., 2019)."""

    name = "hard_silu"
    example = "conv(16, 3x3) -> hard_silu"
    function = "jax.nn.hard_silu"


class Mish(Activation):
    """x · tanh(log(1 + exp(x))) (Misra, 2019)."""

    name = "mish"
    example = "conv(32, 3x3) -> mish"
    function = "jax.nn.mish"


class Softplus(Activation):
    """log(1 + exp(x)), a smooth relu: always above 0 (Dugas et al., 2001)."""

    name = "softplus"
    increasing = True
    example = "dense(1) -> softplus"
    function = "jax.nn.softplus"


class Softsign(Activation):
    """x / (1 + |x|) (Bergstra et al., 2009)."""

    name = "softsign"
    increasing = True
    example = "dense(100) -> softsign"
    function = "jax.nn.soft_sign"


class ScaledTanh(Activation):
    """1.7159 · tanh(2x / 3), which takes 1 to 1 and -1 to -1 (LeCun, 1989)."""

    name = "scaled_tanh"
    increasing = True
    example = "conv(6, 5x5) -> scaled_tanh"
    function = "scaled_tanh"


class Softmax(Activation):
    """exp(x) / Σ exp(x) over the channels: probabilities that add up to 1."""

    name = "softmax"
    title, phrase = "Softmax", "softmax"
    example = "dense(10) -> softmax"
    function = "jax.nn.softmax"
    always: ClassVar[int] = 1

    def output(self, x: TensorType) -> TensorType:
        if x.channels == 1:
            raise Unfit(
                f"{self.name} over one value is always {self.always}",
                "for two classes: `dense(1) -> sigmoid`, or `dense(2) -> softmax`",
                code="E0206",
            )
        return x


class LogSoftmax(Softmax):
    """x - log Σ exp(x) over the channels: the logarithms of what softmax gives, computed from x."""

    name = "log_softmax"
    example = "dense(10) -> log_softmax"
    function = "jax.nn.log_softmax"
    always = 0
