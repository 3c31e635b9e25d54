"""How what an output says is read as scores of classes."""

from archc.ir.items import restored
from archc.ir.recipe import Recipe
from archc.types import TensorType


def scale(recipe: Recipe, output: str, target: str | float, x: TensorType, classes: int) -> tuple[float, float]:
    """(a, b) of the scores a·y + b, as the loss of the output and target has them: see `Loss.scale`."""
    losses = [restored(term.loss) for term in recipe.losses if (term.output, term.target) == (output, target)]
    scales: list[tuple[float, float]] = [loss.scale(x, classes) for loss in losses]
    return next((found for found in scales if found != (1, 0)), (1.0, 0.0))
