"""How weights move."""

from collections.abc import Mapping, Sequence

from archc.code import Call, Code, Literal, Name, call
from archc.parameters import Described, Family, Flag, Real, Unfit


class Optimizer(Described):
    """An optax transformation; `rate` is the learning rate, which has no default."""

    family = "optimizer"

    rate = Family("the learning rate or its schedule", "schedule", number="constant")

    def slots(self) -> int:
        """How many arrays of a weight's size it keeps for each weight."""
        raise NotImplementedError

    def lower(self) -> Code:
        raise NotImplementedError


class Sgd(Optimizer):
    """Gradient descent on mini-batches: v <- momentum v + g, w <- w - rate v.

    With `nesterov`, w <- w - rate (g + momentum v) (Sutskever et al., 2013).
    """

    name = "sgd"
    momentum = Real("share of the last step that is kept", default=0, least=0, below=1, named=True)
    nesterov = Flag("whether the step looks ahead", default=False, named=True)

    def check(self) -> None:
        if self.nesterov and not self.momentum:
            raise Unfit("`nesterov` needs a momentum", "for example `momentum = 0.9`", parameter="nesterov")

    def slots(self) -> int:
        return 1 if self.momentum else 0

    def lower(self) -> Code:
        keywords: tuple[tuple[str, Code], ...] = ()
        if self.momentum:
            keywords += (("momentum", Literal(float(self.momentum))),)
        if self.nesterov:
            keywords += (("nesterov", Literal(True)),)
        return Call("optax.sgd", (self.rate.lower(),), keywords)


class Adam(Optimizer):
    """Kingma and Ba (2015), algorithm 1; epsilon stands outside the root."""

    name = "adam"
    beta1 = Real("share of the mean gradient that is kept", default=0.9, least=0, below=1, named=True)
    beta2 = Real("share of the mean squared gradient that is kept", default=0.999, least=0, below=1, named=True)
    epsilon = Real("what is added to the root", default=1e-8, above=0, named=True)

    def slots(self) -> int:
        return 2

    def lower(self) -> Code:
        return Call("optax.adam", (self.rate.lower(),), tuple(self._moments()))

    def _moments(self) -> list[tuple[str, Code]]:
        """The arguments that differ from optax's own defaults, which are the paper's."""
        given = (("b1", self.beta1, 0.9), ("b2", self.beta2, 0.999), ("eps", self.epsilon, 1e-8))
        return [(name, Literal(float(value))) for name, value, usual in given if value != usual]


class AdamW(Adam):
    """Adam whose weight decay stays out of the moments (Loshchilov and Hutter, 2019, algorithm 2).

    Only kernels decay, as everywhere in archc.
    """

    name = "adamw"
    weight_decay = Real("share of each kernel taken off, times the learning rate", default=0.01, least=0, named=True)

    def lower(self) -> Code:
        decay: list[tuple[str, Code]] = [
            ("weight_decay", Literal(float(self.weight_decay))),
            ("mask", Name("only_kernels")),
        ]
        return Call("optax.adamw", (self.rate.lower(),), tuple(self._moments() + decay))


def whole(optimizer: Code, decay: Mapping[str, float], l1: Mapping[str, float], rates: Mapping[str, float]) -> Code:
    """The optimizer with what comes before it and after, all by scope (`""` is the whole network).

    First λw and λ sign(w) are added to the gradient of each kernel w, then the optimizer turns
    gradients into steps, which at last are multiplied by `rates`.
    """
    steps = [optimizer]
    if any(l1.values()):
        steps.insert(0, call("l1_by_part", Literal(dict(l1))))
    if any(decay.values()):
        steps.insert(0, decayed(decay))
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
