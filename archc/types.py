"""Shapes and tensor types. The batch is implicit: a shape is that of one example."""

from dataclasses import dataclass
from math import prod

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TensorType:
    """What flows between layers: `shape` without the batch, channels last."""

    shape: Shape

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        """Values in one example."""
        return prod(self.shape)

    @property
    def channels(self) -> int:
        return self.shape[-1]

    @property
    def spatial(self) -> Shape:
        """All dimensions but the channels."""
        return self.shape[:-1]

    def __str__(self) -> str:
        return "[" + ", ".join(map(str, self.shape)) + "]"

    @property
    def described(self) -> str:
        """What messages call a value of this rank."""
        return ("a number", "a flat value", "a sequence", "an image", "a volume")[min(self.rank, 4)]
