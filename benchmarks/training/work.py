"""What every side trains: a model of `models/`, and how many rows of what."""

from dataclasses import dataclass, replace
from pathlib import Path

MODELS = Path(__file__).parent / "models"


@dataclass(frozen=True)
class Work:
    """One piece of work: `rows` in their order, `epochs` times over; batch and rate are the `.arch` file's.

    `rows` and `gpu_rows` are whole batches. `image` is the shape of the images that are made up, empty for
    MNIST, and `classes` how many numbers of classes there are. With a `goal` the figure is the seconds to that
    accuracy on the `held_out` rows. `sizes` sets parameters of the model.
    """

    model: str
    rows: int
    epochs: int
    gpu_rows: int = 0
    image: tuple[int, ...] = ()
    classes: int = 10
    held_out: int = 128
    goal: float = 0.0
    gpu_only: bool = False
    sizes: tuple[tuple[str, int], ...] = ()

    @property
    def path(self) -> Path:
        return MODELS / f"{self.model}.arch"

    def on(self, target: str) -> "Work":
        """The work for a target: a GPU needs more of it to be busy for a second."""
        return replace(self, rows=self.gpu_rows or self.rows) if target == "gpu" else self

    def quick(self) -> "Work":
        """Enough to see that everything works, and nothing of how fast it is."""
        return replace(self, rows=min(self.rows, 1024), epochs=3)


SMALL, MEDIUM, LARGE = (32, 32, 3), (64, 64, 3), (224, 224, 3)

WORKS = {
    "mlp": Work("mlp", 12_800, 60, 51_200),
    "dense50": Work("dense50", 12_800, 4, 51_200),
    "lenet5": Work("lenet5", 12_800, 4, 51_200),
    "conv": Work("conv", 3_200, 4, 51_200),
    "resnet20": Work("resnet20", 512, 4, 25_600, SMALL),
    "resnet18": Work("resnet18", 96, 3, 12_800, MEDIUM),
    "residual_mlp": Work("residual_mlp", 51_200, 10, gpu_only=True),
    "alexnet": Work("alexnet", 5_120, 6, image=LARGE, classes=1000, gpu_only=True),
    "vgg16": Work("vgg16", 2_560, 6, image=LARGE, classes=1000, gpu_only=True),
    "resnet50": Work("resnet50", 5_120, 6, image=LARGE, classes=1000, gpu_only=True),
    "lenet5-goal": Work("lenet5", 59_904, 12, held_out=10_000, goal=0.98),
}
"""By name. What a process trains takes a second or some on two cores."""


def works_for(target: str) -> list[str]:
    """The names of what is measured on a target."""
    return [name for name, work in WORKS.items() if target == "gpu" or not work.gpu_only]
