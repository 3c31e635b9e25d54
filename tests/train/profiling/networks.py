"""Small networks that hold what a profile has to tell apart."""

import numpy as np

from archc.data.table import Table
from archc.ir import Recipe

RECIPE = """
train {
    data      = digits
    loss      = cross_entropy
    optimizer = adam(1e-3)
    batch     = 8
    epochs    = 1
    metrics   = accuracy
}
"""

WIDTHS = (
    """
model Widths {
    input image[8, 8, 1]
    flatten
    dense(13) -> tanh -> dense(17) -> relu
    dense(data.classes) -> softmax
}
"""
    + RECIPE
)

DEEP = (
    """
model Deep {
    input image[8, 8, 1]
    flatten -> dense(32) -> relu
    repeat 20 { dense(32) -> relu }
    dense(data.classes) -> softmax
}
"""
    + RECIPE
)
"""Its repeat is a scan in a device loop."""

RESIDUAL = (
    """
block unit(filters) { conv(filters, 3x3, padding = same, bias = false) -> batch_norm }

block residual(filters) {
    add(unit(filters) -> relu -> unit(filters), it)
    relu
}

model Residual {
    input image[8, 8, 1]
    unit(4) -> relu
    repeat 2 { residual(4) }
    global_avg_pool -> dense(data.classes) -> softmax
}
"""
    + RECIPE
)


def rows(recipe: Recipe) -> Table:
    """Sixteen rows of digits that show nothing."""
    random = np.random.default_rng(0)
    columns = (*recipe.data.features, *recipe.data.targets)
    return {
        column.name: random.integers(0, len(column.classes), 16).astype(np.int32)
        if column.kind == "class"
        else random.random((16, *column.shape), np.float32)
        for column in columns
    }
