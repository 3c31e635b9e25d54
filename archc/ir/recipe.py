"""The checked recipe: what the network learns from, by which loss, with which steps."""

from collections.abc import Mapping
from typing import Literal, TypeVar

from archc.ir.graph import Argument, Frozen, Graph, Item, Place


class Field(Frozen):
    """A column of a table: one number of a flat column, or several.

    `at` counts the columns of the file from 0. A number is divided by `scale`; a category becomes a
    1 among zeros, in the order of `categories`. `missing` is what stands where a value is missing: a
    number; "median", "mean" or "mode" of the training rows; "own" for the last category, which is
    made for it; "drop" leaves such rows out; "" where none is missing. `strip` are characters that
    are cut off both ends of a value.
    """

    name: str
    at: int
    kind: Literal["number", "category"]
    categories: tuple[str, ...] = ()
    scale: float = 1.0
    missing: float | str = ""
    strip: str = ""

    @property
    def width(self) -> int:
        """How many numbers it takes."""
        return len(self.categories) or 1

    @property
    def learnt(self) -> bool:
        """Whether the training rows say what stands for a missing value."""
        return self.missing in ("median", "mean", "mode")


class Column(Frozen):
    """One named thing that every example of a data set has.

    `shape` is that of one example ((8, 8, 1) for an image, () for a class or a single number). A
    class column holds whole numbers from 0, and `classes` names them. One that is read from a
    table has the `fields` that its numbers come from.
    """

    name: str
    kind: Literal["image", "number", "class"]
    shape: tuple[int, ...]
    classes: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()

    @property
    def gaps(self) -> tuple[tuple[int, int, str], ...]:
        """Which of its numbers may be missing until the training rows fill them: from, to, by which statistic."""
        found, start = [], 0
        for field in self.fields:
            if field.learnt:
                found.append((start, start + field.width, str(field.missing)))
            start += field.width
        return tuple(found)


class DataSpec(Frozen):
    """A data set as known without loading it.

    `test_examples` is above 0 for a set that brings a test part of its own, which `examples` does
    not count. `validate` and `test` are the shares held out where the recipe doesn't say. `doubts`
    are sentences about what may not be meant.
    """

    name: str
    arguments: dict[str, Argument] = {}
    features: tuple[Column, ...]
    targets: tuple[Column, ...]
    examples: int
    test_examples: int = 0
    validate_share: float = 0.0
    test_share: float = 0.0
    doubts: tuple[str, ...] = ()


class LossTerm(Frozen):
    """`weight` times a loss between an output and a target, a column or the same number for all."""

    weight: float
    loss: Item
    output: str
    target: str | float


class MetricTerm(Frozen):
    """A metric, under the name by which it is reported."""

    name: str
    metric: Item
    output: str
    target: str | float


class Monitor(Frozen):
    """What picks the best epoch: `quantity` is "loss" or a metric's name."""

    quantity: str
    better: Literal["lower", "higher"]


class Start(Frozen):
    """What the first weights are taken from, and where the recipe says so."""

    source: Item
    place: Place


class Recipe(Frozen):
    """A `train` block with every setting decided.

    `columns` maps each input of the model to the data column that feeds it. The rows are those of
    the three parts; `test_rows` includes a test part that the data set brings. `links` tells, by
    output, which function turns the program's raw values into what the file says.

    `weight_decay`, `l1` and `rates` are numbers by scope: what the longest scope around a weight
    says holds, and `""` is the whole network. What stands in a scope of `freeze` isn't trained.
    """

    name: str
    data: DataSpec
    columns: dict[str, str]
    losses: tuple[LossTerm, ...]
    links: dict[str, Literal["softmax", "sigmoid", "linear"]]
    metrics: tuple[MetricTerm, ...]
    optimizer: Item
    weight_decay: dict[str, float]
    l1: dict[str, float] = {"": 0.0}
    rates: dict[str, float] = {"": 1.0}
    clip: Item | None = None
    freeze: tuple[str, ...] = ()
    start: Start | None = None
    batch: int
    epochs: int
    stop: Item | None
    monitor: Monitor
    train_rows: int
    validation_rows: int
    test_rows: int
    precision: Literal["float32", "bf16"]
    seed: int

    @property
    def steps(self) -> int:
        """Steps an epoch, the ragged last one included."""
        return -(-self.train_rows // self.batch)

    @property
    def ragged(self) -> int:
        """Examples in the last batch if that is smaller than the others, else 0."""
        return self.train_rows % self.batch


T = TypeVar("T")


def holding(parts: Mapping[str, T], scope: str) -> T:
    """What holds in a scope: what the longest scope of `parts` around it says. Raises KeyError if none does."""
    while scope and scope not in parts:
        scope = scope.rpartition(".")[0]
    return parts[scope]


class Module(Frozen):
    """A whole `.arch` file, checked: the IR. `arguments` are the model's parameters as used."""

    archc_ir: Literal[1] = 1
    source: str
    sha256: str
    graph: Graph
    arguments: dict[str, Argument] = {}
    recipe: Recipe | None
