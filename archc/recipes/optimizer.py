"""How weights move."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from archc.code import Call, Code, Literal, LiteralValue, Name, call
from archc.parameters import Described, Family, Flag, Real, Unfit
from archc.recipes.schedule import Constant


class Optimizer(Described):
    """An optax transformation; `rate` is the learning rate, which mostly has no default."""

    family = "optimizer"

    rate = Family("the learning rate or its schedule", "schedule", number="constant")

    too_fast: ClassVar[float] = 1
    """The rate from which nothing can be learnt: by default, as steps are about as long as the rate."""
    usual: ClassVar[str] = "1e-3"
    """A rate to begin with."""

    def slots(self) -> int:
        """How many arrays of a weight's size it keeps for each weight."""
        raise NotImplementedError

    def lower(self) -> Code:
        raise NotImplementedError


class Sgd(Optimizer):
    """Gradient descent on mini-batches: v <- momentum v + g, w <- w - rate v, as in PyTorch.

    With `average`, v <- momentum v + (1 - momentum) g. With `nesterov`, w <- w - rate (g + momentum v)
    (Sutskever et al., 2013). While the rate stays the same, v <- momentum v - rate g, w <- w + v
    (Goodfellow et al., 2016, algorithm 8.2) is the first form.
    """

    name = "sgd"
    too_fast, usual = 100, "0.1"
    momentum = Real("share of the last step that is kept", default=0, least=0, below=1, named=True)
    nesterov = Flag("whether the step looks ahead", default=False, named=True)
    average = Flag("whether the step is a moving average of gradients, not a sum", default=False, named=True)

    def check(self) -> None:
        for name in ("nesterov", "average"):
            if getattr(self, name) and not self.momentum:
                raise Unfit(f"`{name}` needs a momentum", "for example `momentum = 0.9`", parameter=name)
        if self.nesterov and self.average:
            raise Unfit("`nesterov` and `average` don't go together", "leave one of them out", parameter="average")

    def slots(self) -> int:
        return 1 if self.momentum else 0

    def lower(self) -> Code:
        if self.average:
            return stages(call("optax.ema", Literal(float(self.momentum)), debias=False), self.rate)
        keywords: tuple[tuple[str, Code], ...] = ()
        if self.momentum:
            keywords += (("momentum", Literal(float(self.momentum))),)
        if self.nesterov:
            keywords += (("nesterov", Literal(True)),)
        return Call("optax.sgd", (self.rate.lower(),), keywords)


class AdaGrad(Optimizer):
    """w <- w - rate g / (√r + epsilon), where r is the sum of all g² so far (Duchi et al., 2011).

    Goodfellow et al. (2016), algorithm 8.4.
    """

    name = "adagrad"
    too_fast, usual = 10, "1e-2"
    epsilon = Real("what is added to the root", default=1e-7, above=0, named=True)
    initial = Real("what the sum starts from", default=0, least=0, named=True)

    def slots(self) -> int:
        return 1

    def lower(self) -> Code:
        scaled = call("scale_by_all_squares", initial=float(self.initial), epsilon=float(self.epsilon))
        return stages(scaled, self.rate)


class AdaDelta(Optimizer):
    """w <- w - rate g √(s + epsilon) / √(r + epsilon) (Zeiler, 2012, algorithm 1, whose rate is 1).

    r and s are moving averages of g² and of the squares of the steps before.
    """

    name = "adadelta"
    too_fast, usual = 100, "1"
    rate = Family("the learning rate or its schedule", "schedule", number="constant", default=Constant.build([1.0], {}))
    rho = Real("share of the averages that is kept", default=0.95, least=0, below=1, named=True)
    epsilon = Real("what is added under both roots", default=1e-6, above=0, named=True)

    def slots(self) -> int:
        return 2

    def lower(self) -> Code:
        moments = (("rho", Literal(float(self.rho))), ("eps", Literal(float(self.epsilon))))
        return Call("optax.adadelta", (self.rate.lower(),), moments)


class RmsProp(Optimizer):
    """w <- w - rate g / √(r + epsilon), where r <- rho r + (1 - rho) g² (Hinton, 2012).

    Goodfellow et al. (2016), algorithm 8.5; with `momentum` 8.6, where g is taken at w. `under_root =
    false` divides by √r + epsilon, as PyTorch does. With `centred`, r is the variance: the square of
    the moving average of g is taken off.
    """

    name = "rmsprop"
    rho = Real("share of the mean squared gradient that is kept", default=0.9, least=0, below=1, named=True)
    epsilon = Real("what is added under the root, or to it", default=1e-6, above=0, named=True)
    momentum = Real("share of the last step that is kept", default=0, least=0, below=1, named=True)
    centred = Flag("whether the variance is taken, not the mean square", default=False, named=True)
    under_root = Flag("whether epsilon stands under the root", default=True, named=True)

    def slots(self) -> int:
        return 1 + sum(map(bool, (self.momentum, self.centred)))

    def lower(self) -> Code:
        rho, epsilon = float(self.rho), float(self.epsilon)
        if self.centred:
            inside, outside = (epsilon, 0.0) if self.under_root else (0.0, epsilon)
            scaled = call("scale_by_deviation", rho=rho, inside=inside, outside=outside)
            momentum = [call("optax.trace", decay=float(self.momentum))] if self.momentum else []
            return stages(scaled, self.rate, *momentum)
        keywords: dict[str, LiteralValue] = {"decay": rho, "eps": epsilon, "eps_in_sqrt": self.under_root}
        if self.momentum:
            keywords["momentum"] = float(self.momentum)
        return call("optax.rmsprop", self.rate.lower(), **keywords)


class Adam(Optimizer):
    """Kingma and Ba (2015), algorithm 1; Goodfellow et al. (2016), algorithm 8.7.

    epsilon stands outside the root, √r + epsilon; with `under_root` it is √(r + epsilon).
    """

    name = "adam"
    beta1 = Real("share of the mean gradient that is kept", default=0.9, least=0, below=1, named=True)
    beta2 = Real("share of the mean squared gradient that is kept", default=0.999, least=0, below=1, named=True)
    epsilon = Real("what is added to the root", default=1e-8, above=0, named=True)
    under_root = Flag("whether epsilon stands under the root", default=False, named=True)

    def slots(self) -> int:
        return 2

    def lower(self) -> Code:
        return Call("optax.adam", (self.rate.lower(),), tuple(self._moments()))

    def _moments(self) -> list[tuple[str, Code]]:
        """The arguments that differ from optax's own defaults, which are the paper's."""
        outside, inside = (0.0, self.epsilon) if self.under_root else (self.epsilon, 0.0)
        given = (
            ("b1", self.beta1, 0.9),
            ("b2", self.beta2, 0.999),
            ("eps", outside, 1e-8),
            ("eps_root", inside, 0.0),
        )
        return [(name, Literal(float(value))) for name, value, usual in given if value != usual]


class AdamW(Adam):
    """Adam whose weight decay stays out of the moments (Loshchilov and Hutter, 2019, algorithm 2).

    Only kernels decay, as everywhere in archc.
    """

    name = "adamw"
    weight_decay = Real("share of each kernel taken off, times the learning rate", default=0.01, least=0, named=True)

    def lower(self) -> Code:
        return Call("optax.adamw", (self.rate.lower(),), (*self._moments(), *own_decay(self.weight_decay)))


class Lion(Optimizer):
    """w <- w - rate (sign(beta1 m + (1 - beta1) g) + weight_decay w), m <- beta2 m + (1 - beta2) g.

    Chen et al. (2023), program 1. Every step is as long as the rate, which is three to ten times
    smaller than Adam's would be.
    """

    name = "lion"
    usual = "1e-4"
    beta1 = Real("share of the mean gradient in a step", default=0.9, least=0, below=1, named=True)
    beta2 = Real("share of the mean gradient that is kept", default=0.99, least=0, below=1, named=True)
    weight_decay = Real("share of each kernel taken off, times the learning rate", default=0.01, least=0, named=True)

    def slots(self) -> int:
        return 1

    def lower(self) -> Code:
        moments = (("b1", Literal(float(self.beta1))), ("b2", Literal(float(self.beta2))))
        return Call("optax.lion", (self.rate.lower(),), (*moments, *own_decay(self.weight_decay)))


class Lamb(Optimizer):
    """Adam with decay, whose step is as long for each layer as the rate times the norm of its weights.

    You et al. (2020), algorithm 2. Kernels and biases count as layers of their own; where a norm is
    0 the step stays as it is.
    """

    name = "lamb"
    beta1 = Real("share of the mean gradient that is kept", default=0.9, least=0, below=1, named=True)
    beta2 = Real("share of the mean squared gradient that is kept", default=0.999, least=0, below=1, named=True)
    epsilon = Real("what is added to the root", default=1e-6, above=0, named=True)
    weight_decay = Real("share of each kernel that joins its step", default=0.01, least=0, named=True)

    def slots(self) -> int:
        return 2

    def lower(self) -> Code:
        moments = call("optax.scale_by_adam", b1=float(self.beta1), b2=float(self.beta2), eps=float(self.epsilon))
        decay = Call("optax.add_decayed_weights", (), own_decay(self.weight_decay))
        rate = Call("optax.scale_by_learning_rate", (self.rate.lower(),))
        return call("optax.chain", moments, decay, call("by_trust_ratio"), rate)


def stages(scaled: Code, rate: Described, *behind: Code) -> Code:
    """What makes a direction of gradients, then the learning rate, then what follows it."""
    return call("optax.chain", scaled, Call("optax.scale_by_learning_rate", (rate.lower(),)), *behind)  # type: ignore[attr-defined]


def own_decay(strength: float) -> tuple[tuple[str, Code], ...]:
    """The keywords by which optax takes a share off each kernel."""
    return (("weight_decay", Literal(float(strength))), ("mask", Name("only_kernels")))


def whole(
    optimizer: Code,
    decay: Mapping[str, float],
    l1: Mapping[str, float],
    rates: Mapping[str, float],
    clip: Code | None = None,
) -> Code:
    """The optimizer with what comes before it and after, all by scope (`""` is the whole network).

    First the gradients of the loss are clipped, then λw and λ sign(w) are added to the gradient of
    each kernel w, then the optimizer turns gradients into steps, which at last are multiplied by `rates`.
    """
    steps = [optimizer]
    if any(l1.values()):
        steps.insert(0, call("l1_by_part", Literal(dict(l1))))
    if any(decay.values()):
        steps.insert(0, decayed(decay))
    if clip is not None:
        steps.insert(0, clip)
    if any(rate != 1 for rate in rates.values()):
        steps.append(call("rates_by_part", Literal(dict(rates))))
    return call("optax.chain", *steps) if len(steps) > 1 else optimizer


def decayed(decay: Mapping[str, float]) -> Code:
    """Adds λw to the gradient of each kernel w."""
    if len(decay) > 1:
        return call("decay_by_part", Literal(dict(decay)))
    return Call("optax.add_decayed_weights", (Literal(decay[""]),), (("mask", Name("only_kernels")),))


def without(optimizer: Code, frozen: Sequence[str]) -> Code:
    """The optimizer for what isn't frozen."""
    return call("frozen", optimizer, scopes=tuple(frozen)) if frozen else optimizer
