"""What goes together in a merge, what doesn't, and what a person is told of it."""

import pytest

from archc.ops import OPS
from archc.parameters import Unfit
from archc.program.printer import flat
from archc.types import Shape, TensorType
from tests.ops.cases import lowered

MERGES = sorted(name for name, op in OPS.items() if op.merges)
BROADCASTING = ("add", "average", "maximum", "multiply", "subtract")


def joined(name: str, *shapes: Shape) -> TensorType:
    return OPS[name].build([], {}).joined([TensorType(shape) for shape in shapes])  # type: ignore[attr-defined, no-any-return]


def refused(name: str, *shapes: Shape) -> Unfit:
    with pytest.raises(Unfit) as caught:
        joined(name, *shapes)
    return caught.value


def test_these_are_the_merges() -> None:
    assert set(MERGES) == {*BROADCASTING, "concat", "dot", "distance"}


@pytest.mark.parametrize("name", MERGES)
def test_one_value_is_too_few(name: str) -> None:
    op = OPS[name].build([], {})
    with pytest.raises(Unfit, match="and one is given") as caught:
        op.output(TensorType((4,)))  # type: ignore[attr-defined]
    assert f"`{op.example}`" in caught.value.help  # type: ignore[attr-defined]
    assert "none is given" in refused(name).problem


@pytest.mark.parametrize("name", ["dot", "distance", "subtract"])
def test_some_take_two(name: str) -> None:
    unfit = refused(name, (4,), (4,), (4,))
    assert unfit.problem == f"`{name}` joins two values, and 3 are given"
    assert unfit.help


@pytest.mark.parametrize("name", BROADCASTING)
@pytest.mark.parametrize(
    "shapes", [((8, 8, 3), (3,)), ((3,), (8, 8, 3)), ((8, 8, 3), (1, 1, 3)), ((8, 3), (1, 3)), ((8, 3), (3,))]
)
def test_a_number_a_channel_serves_every_position(name: str, shapes: tuple[Shape, Shape]) -> None:
    assert joined(name, *shapes).shape == max(shapes, key=lambda shape: (len(shape), shape))


@pytest.mark.parametrize("name", ["concat", "dot", "distance"])
def test_others_want_equal_positions(name: str) -> None:
    assert refused(name, (8, 8, 3), (3,)).code == "E0204"
    assert refused(name, (8, 8, 3), (1, 1, 3)).code == "E0204"


@pytest.mark.parametrize(
    ("name", "shapes", "problem", "help"),
    [
        (
            "add",
            ((28, 28, 64), (14, 14, 64)),
            "`add` needs values of one shape: branch 1 gives [28, 28, 64], branch 2 gives [14, 14, 64]",
            "`stride = 2` in branch 1 brings it to 14x14; `padding = same` keeps an image's height and width",
        ),
        (
            "add",
            ((56, 56, 64), (28, 28, 128)),
            "`add` needs values of one shape: branch 1 gives [56, 56, 64], branch 2 gives [28, 28, 128]",
            "`conv(128, 1, stride = 2)` at the end of branch 1 gives [28, 28, 128]; "
            "`padding = same` keeps an image's height and width",
        ),
        (
            "maximum",
            ((8, 8, 64), (8, 8, 64), (8, 8, 32)),
            "`maximum` needs values of one shape: branch 1 gives [8, 8, 64], branch 2 gives [8, 8, 64], "
            "branch 3 gives [8, 8, 32]",
            "`pointwise(64)` at the end of branch 3 gives [8, 8, 64]",
        ),
        (
            "concat",
            ((28, 28, 64), (26, 26, 32)),
            "`concat` needs values that differ in nothing but their channels: "
            "branch 1 gives [28, 28, 64], branch 2 gives [26, 26, 32]",
            "`padding = same` keeps an image's height and width; or `crop(26, 26)` at the end of branch 1",
        ),
        (
            "concat",
            ((28, 14, 64), (14, 14, 32)),
            "`concat` needs values that differ in nothing but their channels: "
            "branch 1 gives [28, 14, 64], branch 2 gives [14, 14, 32]",
            "`stride = 2x1` in branch 1 brings it to 14x14; `padding = same` keeps an image's height and width",
        ),
        (
            "concat",
            ((4, 4, 8), (10,)),
            "`concat` needs values that differ in nothing but their channels: "
            "branch 1 gives [4, 4, 8], branch 2 gives [10]",
            "`flatten` or `global_avg_pool` at the end of branch 1 makes it flat",
        ),
        (
            "multiply",
            ((4, 4, 8), (10,)),
            "`multiply` needs values of one shape: branch 1 gives [4, 4, 8], branch 2 gives [10]",
            "`dense(8)` at the end of branch 2: a number a channel serves all positions; "
            "or `flatten` or `global_avg_pool` at the end of branch 1 makes it flat",
        ),
        (
            "multiply",
            ((4, 4, 8), (1, 1, 2)),
            "`multiply` needs values of one shape: branch 1 gives [4, 4, 8], branch 2 gives [1, 1, 2]",
            "`pointwise(8)` at the end of branch 2: a number a channel serves all positions",
        ),
        (
            "distance",
            ((3,), (2,)),
            "`distance` needs values of one shape: branch 1 gives [3], branch 2 gives [2]",
            "`dense(3)` at the end of branch 2 gives [3]",
        ),
        (
            "add",
            ((9, 4), (7, 4)),
            "`add` needs values of one shape: branch 1 gives [9, 4], branch 2 gives [7, 4]",
            "make the branches equally long, with `pad`, or without what shortens one of them",
        ),
        (
            "add",
            ((9, 4), (3, 3, 4)),
            "`add` needs values of one shape: branch 1 gives [9, 4], branch 2 gives [3, 3, 4]",
            "`reshape` or `flatten` brings all to one number of dimensions; branch 2 has most",
        ),
    ],
)
def test_what_is_said_of_values_that_differ(name: str, shapes: tuple[Shape, ...], problem: str, help: str) -> None:
    unfit = refused(name, *shapes)
    assert (unfit.problem, unfit.help, unfit.code) == (problem, help, "E0204")


@pytest.mark.parametrize(
    ("name", "shapes", "written"),
    [
        ("add", ((4, 4, 2), (4, 4, 2)), "x + x1"),
        ("add", ((2,), (2,), (2,)), "x + x1 + x2"),
        ("multiply", ((4, 4, 2), (2,)), "x * jnp.expand_dims(x1, (1, 2))"),
        ("multiply", ((2,), (4, 2)), "jnp.expand_dims(x, 1) * x1"),
        ("multiply", ((4, 4, 2), (1, 1, 2)), "x * x1"),
        ("average", ((2,), (2,), (2,)), "jnp.divide(x + x1 + x2, 3)"),
        ("maximum", ((2,), (2,), (2,)), "jnp.maximum(jnp.maximum(x, x1), x2)"),
        ("subtract", ((2,), (2,)), "x - x1"),
        ("concat", ((4, 4, 2), (4, 4, 3)), "jnp.concatenate((x, x1), axis=-1)"),
        ("dot", ((2,), (2,)), "jnp.sum(x * x1, axis=-1, keepdims=True)"),
        ("distance", ((2,), (2,)), "euclidean_distance(x, x1)"),
    ],
)
def test_merges_read_as_one_would_write_them(name: str, shapes: tuple[Shape, ...], written: str) -> None:
    op = OPS[name].build([], {})
    xs = [TensorType(shape) for shape in shapes]
    assert [flat(update.value) for update in lowered(op, xs, op.joined(xs)).train] == [written]  # type: ignore[arg-type, attr-defined]
