"""The settings of a `train` block, but for loss, metrics and model, which have a grammar of their own."""

from typing import Any

from archc.parameters import Choice, Count, Described, Family, Parameter, Real, Word, whole


class Share(Parameter):
    """A share of the rows, below 1, or a number of them."""

    kind = "a share such as `20%`, or a number of rows"
    numeric = True

    def accept(self, value: Any) -> float | int:
        rows = whole(value)
        if rows is not None and rows >= 0:
            return rows
        if isinstance(value, bool) or not isinstance(value, float) or not 0 <= value < 1:
            self.refuse(value)
        return value


class Settings(Described):
    """What a `train` block says."""

    family = "settings"

    data = Family("what the network learns from", "data set")
    optimizer = Family("how weights move", "optimizer")
    batch = Count("how many examples a step takes")
    epochs = Count("how many times training passes over its rows")
    validate = Share("what is held out to pick the best epoch", default=None)
    test = Share("what is held out for the figures at the end", default=None)
    stop = Family("when to end before the last epoch", "stopping rule", default=None)
    weight_decay = Real("λ: each kernel w adds λw to its gradient", default=0, least=0)
    init = Family("how kernels start", "initialiser", default=None)
    precision = Choice("what the layers compute in", ("float32", "bf16"), default=Word("float32"))
    seed = Count("of everything random, unless the command says another", least=0, default=0)
