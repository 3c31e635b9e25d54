"""The layers. Importing this registers them all."""

from archc.ops import (
    activation,
    axes,
    conv,
    conv_transpose,
    dense,
    depthwise,
    layout,
    local,
    merge,
    noise,
    norm,
    parameter,
    pool,
)
from archc.ops.op import Lowered, Op, Site, Update, WeightSpec
from archc.parameters import FAMILIES

__all__ = [
    "OPS",
    "Lowered",
    "Op",
    "Site",
    "Update",
    "WeightSpec",
    "activation",
    "axes",
    "conv",
    "conv_transpose",
    "dense",
    "depthwise",
    "layout",
    "local",
    "merge",
    "noise",
    "norm",
    "parameter",
    "pool",
]

OPS: dict[str, type[Op]] = FAMILIES["layer"]  # type: ignore[assignment]
"""Every layer by its name."""
