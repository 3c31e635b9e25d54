"""docs/reference.md says what there is, in the words of the classes themselves (`pytest --update` rewrites it)."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import archc.data.catalog  # registers the data sets
import archc.ops
from archc.parameters import Described, Parameter, members, show
from archc.recipes import FAMILIES
from archc.recipes.settings import Settings

ROOT = Path(__file__).parent.parent

FAMILIES_SHOWN = {
    "layer": "Layers",
    "loss": "Losses",
    "metric": "Metrics",
    "optimizer": "Optimizers",
    "schedule": "Learning rates",
    "clipping": "Clipping of gradients",
    "initialiser": "Initialisers",
    "stopping rule": "Stopping rules",
    "source of weights": "Weights to start from",
    "data set": "Data sets",
    "column kind": "Columns of a table",
}

HEAD = """\
# Reference

Every layer, loss, optimizer … with its arguments. Those without a default must be given; they may be given without
their names, in the order shown, unless they are marked *named*. Shapes are those of one example, channels last.
"""

SETTINGS_HEAD = """\
## Settings of `train`

Besides these there are `loss`, `metrics` and `model`: `loss = cross_entropy`, of an output by name
`loss = cross_entropy(score)`, in sums `cross_entropy(a) + 0.3 * cross_entropy(b)`; `metrics = [accuracy, error = mae]`;
`model = Net(hidden = 64)`. A loss compares an output with a column of the data, an input, `mse(picture, image)`, or a
number, `mse(gap, 0)`. On a final softmax or sigmoid it reads what enters it. Losses of differences compare classes with
one-hot rows.

`init`, `weight_decay`, `l1` and `rates` take one value for the whole network, a list of values for parts of it, or
both: `[5e-4, fc8 = 0]`. `freeze = [conv1, stage1]` and `except` list parts. A part is a layer, or a block
and all in it, by the name that `archc summary` shows (`stage4.unit1`), or a kind of layer (`dense`). The most exact
holds: the longest name, then the kind, then the general value.

A step goes in this order: `clip` makes the gradients of the loss smaller, `weight_decay` and `l1` add to those of
kernels, the optimizer turns them into steps of its learning rate (momentum, the moments of Adam and its own decay are
in these), and `rates` multiplies them. What is frozen takes no part in any of it and keeps no optimizer state; a frozen
`batch_norm` uses its moving averages in training too, and leaves them as they are.
"""


def parameters(parameters: dict[str, Parameter]) -> Iterator[str]:
    if not parameters:
        return
    yield "| argument | default | |"
    yield "|---|---|---|"
    for name, parameter in parameters.items():
        default = "" if parameter.required else "none" if parameter.default is None else f"`{show(parameter.default)}`"
        doc = parameter.doc.replace("|", "\\|")
        yield f"| `{name}`{' *named*' if parameter.named_only else ''} | {default} | {doc} |"
    yield ""


def entry(cls: type[Described]) -> Iterator[str]:
    yield f"### `{cls.name}`"
    yield ""
    yield inspect.cleandoc(cls.__doc__ or "")
    yield ""
    example = getattr(cls, "example", "")
    if example:
        yield f"`{example}`"
        yield ""
    yield from parameters(cls.parameters)


def reference() -> str:
    lines = [HEAD]
    for family, title in FAMILIES_SHOWN.items():
        lines += [f"## {title}", ""]
        for name in sorted(members(family)):
            lines += entry(FAMILIES[family][name])
    lines += [SETTINGS_HEAD, *parameters(Settings.parameters)]
    return "\n".join(lines).rstrip() + "\n"


def test_reference_is_of_what_there_is(golden: Callable[[Path, str], None]) -> None:
    golden(ROOT / "docs" / "reference.md", reference())


@pytest.mark.parametrize("family", FAMILIES_SHOWN)
def test_every_class_and_argument_says_what_it_is(family: str) -> None:
    for cls in FAMILIES[family].values():
        assert cls.__doc__, cls.name
        assert all(parameter.doc for parameter in cls.parameters.values()), cls.name


@pytest.mark.parametrize("name", sorted(archc.ops.OPS))
def test_every_layer_has_an_example(name: str) -> None:
    assert name in archc.ops.OPS[name].example
