"""Layers that disturb training on purpose, and do nothing after it."""

from archc.code import Call, Literal
from archc.ops.op import Buffers, Lowered, Op, Site, Update, need_positions
from archc.parameters import Real, show
from archc.types import TensorType


class Dropout(Op):
    """In training, drops each value with probability `rate` and rescales the others by 1 / (1 - rate).

    After training it does nothing (Srivastava et al., 2014, in the inverted form).
    """

    name = "dropout"
    title = "Dropout"
    drawing = "noise"
    example = "dropout(50%)"
    random = True
    fused = linear = True

    rate = Real("the share of the values that is dropped", least=0, below=1)

    def output(self, x: TensorType) -> TensorType:
        return x

    def words(self, x: TensorType) -> str:
        return f"{100 * self.rate:g}% dropout"

    def buffers(self, x: TensorType) -> Buffers:
        """A byte for each value, which says whether it was dropped."""
        return Buffers(kept=x.size / 4)

    def lower(self, site: Site) -> Lowered:
        drop = Call("dropout", (site.x, site.random_key), (("rate", Literal(float(self.rate))),))
        return Lowered((Update(drop),), ())


class Together(Dropout):
    """A dropout that drops many values at once."""

    def lower(self, site: Site) -> Lowered:
        keywords = (("rate", Literal(float(self.rate))), ("axes", Literal(self.axes(site.before))))
        return Lowered((Update(Call("dropout_together", (site.x, site.random_key), keywords)),), ())

    def axes(self, x: TensorType) -> tuple[int, ...]:
        """The axes of [batch, …, channels] whose values share one fate."""
        raise NotImplementedError


class SpatialDropout(Together):
    """In training, drops each channel of an example with probability `rate`, at all its positions at once.

    The others are rescaled by 1 / (1 - rate); after training it does nothing (Tompson et al., 2015).
    """

    name = "spatial_dropout"
    example = "conv(64, 3x3) -> relu -> spatial_dropout(20%)"

    rate = Real("the share of the channels that is dropped", least=0, below=1)

    def output(self, x: TensorType) -> TensorType:
        need_positions(x, self.name, f"of a flat value it is `dropout({show(self.rate)})`")
        return x

    def axes(self, x: TensorType) -> tuple[int, ...]:
        return tuple(range(1, x.rank))


class DropPath(Together):
    """In training, drops the whole value of an example with probability `rate`, and rescales the others.

    At the end of the branch of a residual connection it is stochastic depth (Huang et al., 2016), with
    the branch divided by 1 - rate in training rather than multiplied by it afterwards.
    """

    name = "drop_path"
    example = "add(it, conv(64, 3x3, padding = same) -> drop_path(10%))"

    rate = Real("the share of the examples that is dropped", least=0, below=1)

    def axes(self, x: TensorType) -> tuple[int, ...]:
        return tuple(range(1, x.rank + 1))


class GaussianNoise(Op):
    """In training, adds to each value a random number, Gaussian with mean 0. After training it does nothing."""

    name = "gaussian_noise"
    drawing = "noise"
    fused = linear = True
    example = "gaussian_noise(0.1) -> dense(64)"
    random = True

    deviation = Real("the standard deviation of the noise", least=0)

    def output(self, x: TensorType) -> TensorType:
        return x

    def lower(self, site: Site) -> Lowered:
        noise = Call("add_noise", (site.x, site.random_key), (("deviation", Literal(float(self.deviation))),))
        return Lowered((Update(noise),), ())
