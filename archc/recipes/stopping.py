"""When training ends before its last epoch."""

from typing import Any

from archc.parameters import Count, Described, Parameter, Word


class Watched(Parameter):
    """`val_loss`, or `val_` and what a metric is called."""

    kind = "`val_loss`, or `val_` and the name of a metric, as `val_accuracy`"
    words = ("val_loss",)

    def accept(self, value: Any) -> str:
        if isinstance(value, Word) and value.startswith("val_"):
            return value
        self.refuse(value, f"`val_{value}` is that of the validation part" * isinstance(value, str), f"val_{value}")


class EarlyStopping(Described):
    """Stops when `quantity` hasn't become better for `patience` epochs; the best weights are kept.

    Goodfellow et al. (2016), algorithm 7.1.
    """

    family = "stopping rule"
    name = "early_stopping"

    quantity = Watched("what is watched", default=Word("val_loss"))
    patience = Count("epochs without a better one", default=5, named=True)
