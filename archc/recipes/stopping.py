"""When training ends before its last epoch."""

from archc.parameters import Choice, Count, Described, Word


class EarlyStopping(Described):
    """Stops when `quantity` hasn't become better for `patience` epochs; the best weights are kept.

    Goodfellow et al. (2016), algorithm 7.1.
    """

    family = "stopping rule"
    name = "early_stopping"

    quantity = Choice("what is watched", ("val_loss", "val_accuracy", "val_mae"), default=Word("val_loss"))
    patience = Count("epochs without a better one", default=5, named=True)
