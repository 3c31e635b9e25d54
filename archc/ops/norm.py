"""Layers that bring values to another scale."""

from archc.code import Call, Code, Literal, Operation, call
from archc.ops.op import Bias, Buffers, Lowered, Op, Site, Update, WeightSpec
from archc.parameters import Choice, Count, Flag, Real, Unfit, Word, counted
from archc.types import TensorType


class BatchNorm(Op):
    """Normalises each channel by the batch's mean and variance, then scales and shifts it.

    Ioffe and Szegedy (2015), algorithm 1. Moving averages are kept for evaluation: `momentum` is
    the share of the old average that is kept; the variance in them is the unbiased one. One that
    the recipe freezes is `frozen`.
    """

    name = "batch_norm"
    title = "Batch Normalization"
    drawing = "norm"
    example = "conv(16, 3x3, bias = false) -> batch_norm -> relu"
    fused = True

    epsilon = Real("what is added to the variance", default=1e-5, above=0, named=True)
    momentum = Real("share of the moving averages kept at a step", default=0.9, least=0, below=1, named=True)
    frozen = Flag("whether training too uses the moving averages, and leaves them", default=False, named=True)

    def output(self, x: TensorType) -> TensorType:
        return x

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        shape = (x.channels,)
        return (
            *scale_and_shift(x),
            WeightSpec("mean", shape, "zeros", trainable=False),
            WeightSpec("variance", shape, "ones", trainable=False),
        )

    def words(self, x: TensorType) -> str:
        return f"batch normalization with {x.channels} channels"

    def lower(self, site: Site) -> Lowered:
        epsilon = ("epsilon", Literal(float(self.epsilon)))
        momentum = ("momentum", Literal(float(self.momentum)))
        arguments = (site.x, site.weights, site.stats)
        moving = Call("batch_norm", arguments, (epsilon, momentum))
        fixed = (Update(Call("batch_norm_frozen", arguments, (epsilon,))),)
        return Lowered(fixed if self.frozen else (Update(moving, moves_stats=True),), fixed)


class LayerNorm(Op):
    """Normalises the channels of each position by their own mean and variance, then scales and shifts them.

    Ba et al. (2016), over the last axis. Training and evaluation are alike.
    """

    name = "layer_norm"
    title = "Layer Normalization"
    drawing = "norm"
    example = "dense(64) -> layer_norm -> relu"
    fused = True

    epsilon = Real("what is added to the variance", default=1e-5, above=0, named=True)

    def output(self, x: TensorType) -> TensorType:
        if x.channels == 1:
            raise Unfit(
                "layer_norm over one channel gives 0 everywhere",
                "it normalises across the channels; for one channel there is `batch_norm`",
                code="E0204",
            )
        return x

    def words(self, x: TensorType) -> str:
        return f"layer normalization with {x.channels} channels"

    def buffers(self, x: TensorType) -> Buffers:
        """The values less their mean, and those divided by their deviation."""
        return Buffers(kept=2 * x.size)

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        return scale_and_shift(x)

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("layer_norm", site.x, site.weights, epsilon=float(self.epsilon)))


class GroupNorm(Op):
    """Normalises groups of neighbouring channels, all positions together, by the mean and variance of each example.

    Then each channel is scaled and shifted (Wu and He, 2018, who take 32 groups). Training and
    evaluation are alike.
    """

    name = "group_norm"
    drawing = "norm"
    example = "conv(64, 3x3, bias = false) -> group_norm(32) -> relu"

    groups = Count("how many groups of equal size the channels fall into")
    epsilon = Real("what is added to the variance", default=1e-5, above=0, named=True)

    def output(self, x: TensorType) -> TensorType:
        if x.channels % self.groups:
            known = [n for n in (32, 16, 8, 4, 2, 1) if x.channels % n == 0]
            raise Unfit(
                f"{counted(x.channels, 'channel')} don't fall into {self.groups} equal groups",
                f"a number that divides {x.channels}, such as {known[0]}",
                parameter="groups",
            )
        if x.size == self.groups:
            raise Unfit(
                f"group_norm over groups of one number gives 0 everywhere, and {x} has as many as groups",
                "fewer groups, or `layer_norm`, which is one group for each position",
                code="E0204",
                parameter="groups",
            )
        return x

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        return scale_and_shift(x)

    def sight(self, x: TensorType) -> None:
        return None

    def lower(self, site: Site) -> Lowered:
        epsilon = float(self.epsilon)
        return Lowered.same(call("group_norm", site.x, site.weights, groups=self.groups, epsilon=epsilon))


class InstanceNorm(Op):
    """Normalises each channel of each example by its mean and variance over the positions, then scales and shifts it.

    Ulyanov et al. (2016). Training and evaluation are alike. PyTorch's scales and shifts if it is
    asked to (`affine=True`).
    """

    name = "instance_norm"
    drawing = "norm"
    example = "conv(64, 3x3, bias = false) -> instance_norm -> relu"

    epsilon = Real("what is added to the variance", default=1e-5, above=0, named=True)

    def output(self, x: TensorType) -> TensorType:
        if x.size == x.channels:
            raise Unfit(
                f"instance_norm of {x}, which has one number a channel, gives 0 everywhere",
                "it normalises over the positions of an image or a sequence; over the channels there is `layer_norm`",
                code="E0204",
            )
        return x

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        return scale_and_shift(x)

    def sight(self, x: TensorType) -> None:
        return None

    def lower(self, site: Site) -> Lowered:
        return Lowered.same(call("instance_norm", site.x, site.weights, epsilon=float(self.epsilon)))


def scale_and_shift(x: TensorType) -> tuple[WeightSpec, WeightSpec]:
    """What a norm multiplies each channel by, and what it then adds."""
    return WeightSpec("scale", (x.channels,), "ones"), WeightSpec("shift", (x.channels,), "zeros")


class Lrn(Op):
    """Local response normalisation: x / (k + alpha · Σ x²)^beta, the sum over `window` neighbouring channels.

    Krizhevsky et al. (2012). alpha counts once a neighbour, as in the paper; PyTorch and Caffe
    divide it by the window. At the edges there are fewer neighbours.
    """

    name = "lrn"
    title = "Cross Channel Normalization"
    drawing = "norm"
    example = "conv(96, 11x11, stride = 4) -> relu -> lrn(5)"

    window = Count("how many channels count, the middle one included", default=5)
    k = Real("what is added to the sum", default=2, above=0, named=True)
    alpha = Real("what each square is multiplied by", default=1e-4, above=0, named=True)
    beta = Real("the power", default=0.75, above=0, named=True)

    def check(self) -> None:
        if self.window % 2 == 0:
            raise Unfit(
                f"an lrn window of {self.window} has no middle",
                f"an odd number: {self.window - 1} or {self.window + 1}",
                parameter="window",
            )

    def output(self, x: TensorType) -> TensorType:
        return x

    def words(self, x: TensorType) -> str:
        return f"cross channel normalization with {self.window} channels per element"

    def buffers(self, x: TensorType) -> Buffers:
        """The squares with their edges, and what x is divided by."""
        return Buffers(kept=x.size // x.channels * (x.channels + 2 * (self.window // 2)) + x.size)

    def lower(self, site: Site) -> Lowered:
        numbers = {name: float(getattr(self, name)) for name in ("k", "alpha", "beta")}
        # neighbours beyond the channels are none
        radius = min(self.window // 2, site.before.channels - 1)
        return Lowered.same(call("local_response_norm", site.x, radius=radius, **numbers))


class Scale(Op):
    """Multiplies each channel by a factor that is learnt, 1 at first, and may add a bias that is.

    With `avg_pool` before it, the subsampling of LeCun et al. (1998).
    """

    name = "scale"
    drawing = "norm"
    example = "avg_pool(2x2) -> scale(bias = true)"
    fused = True

    bias = Bias("whether each channel has a bias, and how it starts", default=False)

    def output(self, x: TensorType) -> TensorType:
        return x

    def weights(self, x: TensorType) -> tuple[WeightSpec, ...]:
        return (WeightSpec("scale", (x.channels,), "ones"), *Bias.spec(self.bias, x.channels))

    def lower(self, site: Site) -> Lowered:
        scaled: Code = Operation("*", site.x, site.weight("scale"))
        if self.bias is not False:
            scaled = Operation("+", scaled, site.weight("bias"))
        return Lowered.same(site.cast(scaled))


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
    fused = linear = True

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
