"""Which losses and metrics go with which outputs and targets."""

from typing import Any

import pytest

from archc.code import Name
from archc.parameters import FAMILIES, Unfit
from archc.program.printer import flat
from archc.types import Shape, TensorType
from tests.recipes.written import built

FITS: list[tuple[str, Shape, int, Shape]] = [
    ("cross_entropy", (10,), 10, ()),
    ("cross_entropy", (2,), 2, ()),
    ("binary_cross_entropy", (1,), 2, ()),
    ("binary_cross_entropy", (3,), 0, (3,)),
    ("mse", (10,), 10, ()),
    ("mse", (1,), 2, ()),
    ("mse", (2,), 2, ()),
    ("mse", (3,), 0, (3,)),
    ("mse", (1,), 0, ()),
    ("half_mse", (4, 4, 1), 0, (4, 4, 1)),
    ("half_mse", (16,), 0, (4, 4, 1)),
    ("accuracy", (10,), 10, ()),
    ("accuracy", (1,), 2, ()),
    ("accuracy", (3,), 0, (3,)),
    ("mae", (3,), 0, (3,)),
    ("mae", (1,), 2, ()),
]
MISFITS: list[tuple[str, Shape, int, Shape, str]] = [
    ("cross_entropy", (10,), 0, (10,), "the target holds numbers"),
    ("cross_entropy", (4, 4, 10), 10, (), "needs one value a class"),
    ("cross_entropy", (1,), 2, (), "the output has one"),
    ("cross_entropy", (9,), 10, (), "has 9 values, and the data has 10 classes"),
    ("cross_entropy", (11,), 10, (), "has 11 values, and the data has 10 classes"),
    ("binary_cross_entropy", (1,), 3, (), "for two classes"),
    ("binary_cross_entropy", (2,), 2, (), "an output of 2 values with a target of 1"),
    ("mse", (9,), 10, (), "the data has 10 classes"),
    ("mse", (3,), 0, (2,), "an output of 3 values with a target of 2"),
    ("half_mse", (1,), 0, (2,), "an output of 1 value with a target of 2"),
    ("accuracy", (4, 4, 10), 10, (), "needs one value a class"),
    ("accuracy", (7,), 10, (), "one value for each of the 10 classes"),
    ("accuracy", (1,), 3, (), "one value for each of the 3 classes"),
    ("accuracy", (3,), 0, (2,), "an output of 3 values with a target of 2"),
    ("mae", (10,), 10, (), "a target of 1"),
]


def declared(name: str) -> Any:
    return built("metric" if name in FAMILIES["metric"] else "loss", name)


@pytest.mark.parametrize(("name", "output", "classes", "target"), FITS)
def test_fits(name: str, output: Shape, classes: int, target: Shape) -> None:
    declared(name).check_output(TensorType(output), classes, target)


@pytest.mark.parametrize(("name", "output", "classes", "target", "problem"), MISFITS)
def test_misfits(name: str, output: Shape, classes: int, target: Shape, problem: str) -> None:
    with pytest.raises(Unfit) as caught:
        declared(name).check_output(TensorType(output), classes, target)
    assert problem in caught.value.problem
    assert f"`{name}`" in caught.value.problem or "output" in caught.value.problem


@pytest.mark.parametrize(
    ("name", "units", "classes", "text"),
    [
        ("cross_entropy", 3, 3, "optax.softmax_cross_entropy_with_integer_labels(y, t)"),
        ("mse", 3, 3, "mean_squared(y, jax.nn.one_hot(t, 3))"),
        ("mse", 1, 2, "mean_squared(y, t)"),
        ("half_mse", 3, 0, "half_squared(y, t)"),
    ],
)
def test_a_class_is_compared_as_a_row_where_there_is_an_output_for_each(
    name: str, units: int, classes: int, text: str
) -> None:
    assert flat(declared(name).lower(Name("y"), Name("t"), TensorType((units,)), classes)) == text


@pytest.mark.parametrize(
    ("metric", "function", "units", "classes", "text"),
    [
        ("accuracy", "softmax", 3, 3, "jnp.argmax(y, -1) == t"),
        ("accuracy", "linear", 2, 2, "jnp.argmax(y, -1) == t"),
        ("accuracy", "sigmoid", 1, 2, "right_side(y, t, threshold=0.0)"),
        ("accuracy", "linear", 1, 2, "right_side(y, t, threshold=0.5)"),
        ("accuracy", "sigmoid", 3, 0, "right_side(y, t, threshold=0.0)"),
        ("mae", "sigmoid", 3, 0, "absolute_error(jax.nn.sigmoid(y), t)"),
        ("mae", "linear", 3, 0, "absolute_error(y, t)"),
    ],
)
def test_metrics_are_of_what_the_file_says(metric: str, function: str, units: int, classes: int, text: str) -> None:
    assert flat(declared(metric).lower(Name("y"), function, Name("t"), TensorType((units,)), classes)) == text
