"""What training is made of. Importing this registers it all."""

from archc.parameters import FAMILIES
from archc.recipes import (
    clipping,
    difference,
    initialiser,
    likelihood,
    loss,
    margin,
    metric,
    optimizer,
    schedule,
    settings,
    start,
    stopping,
)

__all__ = [
    "FAMILIES",
    "clipping",
    "difference",
    "initialiser",
    "likelihood",
    "loss",
    "margin",
    "metric",
    "optimizer",
    "schedule",
    "settings",
    "start",
    "stopping",
]
