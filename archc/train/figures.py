"""The figures of a part, as a program measures them: numbers, and tables as nested lists."""

import math
from collections.abc import Mapping
from typing import Any

Figures = dict[str, float]
"""By name, the loss first."""


def finite(figures: Mapping[str, float]) -> bool:
    """Whether they are all finite."""
    return all(map(math.isfinite, figures.values()))


def numbers(measured: Mapping[str, Any]) -> Figures:
    """What is a number, the loss first: that can be watched, drawn and written down every epoch. Tables can't."""
    return loss_first({name: value for name, value in measured.items() if not isinstance(value, list)})


def loss_first(measured: Mapping[str, Any]) -> dict[str, Any]:
    """In the order in which people read them."""
    return {"loss": measured["loss"], **measured}
