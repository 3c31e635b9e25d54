"""Layers that bring values to a common scale."""

from archc.code import Call, Code, Literal, Operation, call
from archc.ops.op import Lowered, Op, Site, Update, WeightSpec
from archc.parameters import Choice, Flag, Real, Word
from archc.types import TensorType


class BatchNorm(Op):
    """Normalises each channel by the batch's mean and variance, then scales and shifts it.

    Ioffe and Szegedy (2015), algorithm 1. Moving averages are kept for evaluation: `momentum` is
    the share of the old average that is kept; the variance in them is the unbiased one. One that
    the recipe freezes is `frozen`.
    """

    name = "batch_norm"
    drawing = "norm"
    example = "conv(16, 3x3, bias = false) -> batch_norm -> relu"

    epsilon = Real("what is added to the variance", default=1e-5, above=0, named=True)
    momentum = Real("share of the moving averages kept at a step", default=0.9, least=0, below=1, named=True)
    frozen = Flag("whether training too uses the moving averages, and leaves them", default=False, named=True)

    def output(self, x: TensorType) -> TensorType:
        return x

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        shape = (x.channels,)
        return (
            WeightSpec("scale", shape, "ones"),
            WeightSpec("shift", shape, "zeros"),
            WeightSpec("mean", shape, "zeros", trainable=False),
            WeightSpec("variance", shape, "ones", trainable=False),
        )

    def lower(self, site: Site) -> Lowered:
        epsilon = ("epsilon", Literal(float(self.epsilon)))
        momentum = ("momentum", Literal(float(self.momentum)))
        arguments = (site.x, site.weights, site.stats)
        moving = Call("batch_norm", arguments, (epsilon, momentum))
        fixed = (Update(Call("batch_norm_frozen", arguments, (epsilon,))),)
        return Lowered(fixed if self.frozen else (Update(moving, moves_stats=True),), fixed)


class Normalize(Op):
    """Brings each channel (of a flat value: each feature) to a common scale, learnt from the training rows.

    `standard`: mean 0 and variance 1; `minmax`: [0, 1]; `signed`: [-1, 1]; `center`: mean 0. The
    statistics are computed once, before the first step, and stay in the model. A channel that
    never varies is only shifted.
    """

    name = "normalize"
    drawing = "norm"
    example = "normalize(standard)"
    adapts = True

    kind = Choice("which scale", ("standard", "minmax", "signed", "center"), default=Word("standard"))

    def output(self, x: TensorType) -> TensorType:
        return x

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        shape = (x.channels,)
        return (
            WeightSpec("offset", shape, "zeros", trainable=False),
            WeightSpec("factor", shape, "ones", trainable=False),
        )

    def lower(self, site: Site) -> Lowered:
        centred = Operation("-", site.x, site.stat("offset"))
        return Lowered.same(site.cast(Operation("*", centred, site.stat("factor"))))

    def adaptation(self, x: Code) -> Code:
        return call(f"fit_{self.kind}", x)
