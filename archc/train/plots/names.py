"""The kinds of pictures and what each may be told: known without JAX, so that help and completion start fast."""

KINDS: dict[str, tuple[str, frozenset[str]]] = {
    "curves": ("loss and metrics over the epochs", frozenset()),
    "confusion": ("which class was taken for which", frozenset({"part"})),
    "gradients": ("how large the gradient of each layer was", frozenset()),
    "filters": ("the kernels of the first layer, or of --layer", frozenset({"layer"})),
    "features": ("what the convolutions make of an example", frozenset({"layer", "example", "part"})),
    "boundary": ("what a model of two numbers says of the plane", frozenset()),
    "excite": ("images that excite the units of the last layer, or of --layer", frozenset({"layer"})),
}
"""By name: what it shows, and which options it takes."""

THEMES = ("light", "dark", "print")
FORMATS = ("svg", "png", "pdf")
NARROWEST, WIDEST = 2.0, 60.0
"""Inches that a picture may be wide."""
