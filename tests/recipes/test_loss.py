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
    ("cross_entropy", (4, 6, 3), 3, (4, 6)),
    ("squared_error", (3,), 0, (3,)),
    ("absolute_error", (2,), 2, ()),
    ("huber", (3,), 0, (3,)),
    ("huber", (3,), 3, ()),
    ("kl_divergence", (3,), 0, (3,)),
    ("hinge", (10,), 10, ()),
    ("hinge", (1,), 2, ()),
    ("hinge", (4,), 0, (4,)),
    ("contrastive", (1,), 2, ()),
    ("contrastive", (1,), 0, (1,)),
    ("map_distance", (10,), 10, ()),
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
    ("cross_entropy", (4, 6, 3), 3, (4, 4), "one value a class, [4, 4, 3], and the output is [4, 6, 3]"),
    ("huber", (3,), 0, (2,), "an output of 3 values with a target of 2"),
    ("kl_divergence", (10,), 10, (), "needs a target that is a distribution"),
    ("kl_divergence", (3,), 0, (2,), "an output of 3 values with a target of 2"),
    ("kl_divergence", (1,), 0, (1,), "compares distributions"),
    ("hinge", (9,), 10, (), "has 9 values, and the data has 10 classes"),
    ("hinge", (1,), 3, (), "has 1 value, and the data has 3 classes"),
    ("hinge", (4, 4, 1), 0, (4, 4, 1), "needs a flat output"),
    ("hinge", (3,), 0, (1,), "an output of 3 values with a target of 1"),
    ("contrastive", (2,), 2, (), "needs a distance"),
    ("contrastive", (1,), 3, (), "a target of 0 and 1"),
    ("map_distance", (3,), 0, (3,), "needs classes"),
    ("map_distance", (2,), 3, (), "has 2 values, and the data has 3 classes"),
    ("map_distance", (2, 3), 3, (), "needs one value a class"),
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


@pytest.mark.parametrize(("target", "advice"), [((3,), "`y.argmax(1)`"), ((1,), "`y[:, 0]`")])
def test_classes_that_were_saved_as_numbers_are_told_how_to_be_classes(target: Shape, advice: str) -> None:
    with pytest.raises(Unfit, match="needs classes") as caught:
        declared("cross_entropy").check_output(TensorType((3,)), 0, target)
    assert advice in caught.value.help and "`mse`" in caught.value.help


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
    ("text", "name", "named", "units", "classes"),
    [
        ("smoothed_cross_entropy(y, t, smoothing=0.1)", "cross_entropy", {"smoothing": 0.1}, 2, 2),
        (
            "class_weight(t, weights=(1.0, 5.0)) * optax.softmax_cross_entropy_with_integer_labels(y, t)",
            "cross_entropy",
            {"weights": [1, 5]},
            2,
            2,
        ),
        ("mean_squared(y, -1.0 + 2.0 * jax.nn.one_hot(t, 3))", "mse", {"targets": [-1, 1]}, 3, 3),
        ("mean_squared(y, -1.0 + 2.0 * t)", "mse", {"targets": [-1, 1]}, 1, 2),
        ("huber(y, 0.25 + 0.5 * t, delta=0.5)", "huber", {"delta": 0.5, "targets": [0.25, 0.75]}, 1, 2),
        ("hinge(y, t)", "hinge", {}, 1, 2),
        ("class_hinge(y, t)", "hinge", {}, 2, 2),
        ("hinge(y, t)", "hinge", {}, 2, 0),
        ("contrastive(y, t, margin=1.0, same=1)", "contrastive", {}, 1, 2),
        ("map_distance(y, t, j=0.1)", "map_distance", {}, 2, 2),
    ],
)
def test_what_programs_say(text: str, name: str, named: dict[str, Any], units: int, classes: int) -> None:
    loss = built("loss", name, **named)
    assert flat(loss.lower(Name("y"), Name("t"), TensorType((units,)), classes)) == text


def test_maps_of_classes_are_averaged_over_their_cells() -> None:
    loss = built("loss", "cross_entropy")
    text = flat(loss.lower(Name("y"), Name("t"), TensorType((4, 4, 3)), 3))
    assert text == "mean_of_each(optax.softmax_cross_entropy_with_integer_labels(y, t))"


@pytest.mark.parametrize(
    ("name", "named", "problem"),
    [
        ("cross_entropy", {"smoothing": 1}, "below 1"),
        ("cross_entropy", {"weights": [1, -1]}, "of at least 0"),
        ("cross_entropy", {"weights": [0, 0]}, "of at least 0"),
        ("cross_entropy", {"weights": [[1], [2]]}, "of at least 0"),
        ("mse", {"targets": [1, 1]}, "two rising numbers"),
        ("mse", {"targets": [0, 1, 2]}, "two rising numbers"),
        ("huber", {"delta": 0}, "above 0"),
        ("contrastive", {"same": 2}, "0 or 1"),
    ],
)
def test_arguments_that_make_no_sense(name: str, named: dict[str, Any], problem: str) -> None:
    with pytest.raises(Unfit, match=problem):
        built("loss", name, **named)


def test_ends_and_weights_are_those_of_classes() -> None:
    with pytest.raises(Unfit, match="stands for classes"):
        built("loss", "mse", targets=[-1, 1]).check_output(TensorType((1,)), 0, ())
    with pytest.raises(Unfit, match="`weights` has 2 numbers, and the data has 3 classes"):
        built("loss", "cross_entropy", weights=[1, 2]).check_output(TensorType((3,)), 3, ())


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
