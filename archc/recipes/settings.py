"""The settings of a `train` block, but for loss, metrics and model, which have a grammar of their own."""

from typing import Any

from archc.parameters import Choice, Count, Described, Family, Parameter, Real, Word, whole
from archc.recipes.start import PartNames, Starting


class Share(Parameter):
    """A share of the rows, below 1, or a number of them."""

    kind = "a share such as `20%`, or a number of rows"
    numeric = True

    def accept(self, value: Any) -> float | int:
        # 100% is no row, and neither is 1.0
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        if isinstance(value, bool) or not isinstance(value, float) or not 0 <= value < 1:
            self.refuse(value)
        return value


class Rate(Real):
    """A factor above 0."""

    def accept(self, value: Any) -> float:
        if whole(value) == 0:
            self.refuse(value, "what isn't to be trained is frozen: `freeze = [conv1]`")
        return super().accept(value)


class ByPart(Parameter):
    """A value for the whole network, and others for parts of it: `[5e-4, fc8 = 0]`. `each` takes one value.

    The list is taken apart where the network is known; what is accepted here is a single value.
    """

    def __init__(self, doc: str, each: Parameter, **rest: Any):
        super().__init__(doc, **rest)
        self.each = each
        self.family, self.words = each.family, each.words
        self.kind, self.numeric = each.kind, each.numeric  # type: ignore[misc]

    def __set_name__(self, owner: type, name: str) -> None:
        super().__set_name__(owner, name)
        self.each.name = self.name

    def accept(self, value: Any) -> Any:
        return self.each.accept(value)


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
    weight_decay = ByPart("λ: each kernel w adds λw to its gradient", Real("", least=0), default=0)
    l1 = ByPart("λ: each kernel w adds λ sign(w) to its gradient", Real("", least=0), default=0)
    rates = ByPart("what the steps are multiplied by, mostly of parts: `[fc8 = 10]`", Rate("", above=0), default=1)
    clip = Family("how gradients are kept small: `norm(1)`, `value(0.5)`", "clipping", number="norm", default=None)
    freeze = PartNames("layers and blocks that aren't trained: `[conv1, stage1]`", default=None)
    init = ByPart("how kernels start", Family("", "initialiser"), default=None)
    start = Starting("weights to start from: those of a run, or of a file", default=None)
    precision = Choice("what the layers compute in", ("float32", "bf16"), default=Word("float32"))
    seed = Count("of everything random, unless the command says another", least=0, default=0)
