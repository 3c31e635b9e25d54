"""The arithmetic that layers share: padding, windows, written-out numbers."""

from typing import Any

import numpy as np
import pytest
from jax import lax

from archc.ops import OPS
from archc.ops.op import padding_pairs, per_direction, shape_of, windows, written_out
from archc.parameters import Unfit
from archc.types import TensorType


@pytest.mark.parametrize("n", range(1, 9))
@pytest.mark.parametrize("k", range(1, 5))
@pytest.mark.parametrize("s", range(1, 4))
def test_same_is_what_xla_calls_so(n: int, k: int, s: int) -> None:
    pairs = padding_pairs("same", (n, 8), (k, 2), (s, 1))
    assert list(pairs) == lax.padtype_to_pads((n, 8), (k, 2), (s, 1), "SAME")
    assert windows(TensorType((n, 8, 1)), (k, 2), (s, 1), pairs, "conv") == (-(-n // s), 8)
    assert pairs[1] == (0, 1), "the odd cell stands at the end"


@pytest.mark.parametrize(
    ("padding", "pairs"),
    [("valid", ((0, 0), (0, 0))), (0, ((0, 0), (0, 0))), (2, ((2, 2), (2, 2))), ((1, 3), ((1, 1), (3, 3)))],
)
def test_other_padding(padding: Any, pairs: tuple[tuple[int, int], ...]) -> None:
    assert padding_pairs(padding, (5, 7), (3, 3), (1, 1)) == pairs


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_windows_are_counted_as_they_are_laid(stride: int) -> None:
    for n in range(3, 12):
        laid = sum(1 for start in range(0, n, stride) if start + 3 <= n)
        assert windows(TensorType((n, 3, 1)), (3, 3), (stride, 1), ((0, 0), (0, 0)), "conv") == (laid, 1)


def test_a_window_that_doesnt_fit() -> None:
    with pytest.raises(Unfit) as caught:
        windows(TensorType((2, 9, 1)), (3, 3), (1, 1), ((0, 0), (0, 0)), "conv")
    assert caught.value.problem == "the 3x3 window of `conv` is larger than what it slides over, 2x9"
    assert windows(TensorType((2, 9, 1)), (3, 3), (1, 1), ((1, 0), (0, 0)), "conv") == (1, 7)


def test_a_length_for_each_direction() -> None:
    assert per_direction(3, 2, "window") == (3, 3)
    assert per_direction((3, 5), 2, "window") == (3, 5)
    with pytest.raises(Unfit, match="names 3 directions, and this value has 2"):
        per_direction((1, 2, 3), 2, "window")


@pytest.mark.parametrize(
    ("numbers", "shape"),
    [((1, 2), (2,)), (((1, 2), (3, 4), (5, 6)), (3, 2)), (((1, 2), (3,)), None), (((1, 2), 3), None), (3, ())],
)
def test_the_shape_of_written_numbers(numbers: Any, shape: tuple[int, ...] | None) -> None:
    assert shape_of(numbers) == shape


def test_written_numbers_have_the_shape_of_the_weight() -> None:
    given = written_out(((1, 2), (3, 4)), (2, 2), "weights")
    assert given.values() == {"values": ((1, 2), (3, 4))}
    with pytest.raises(Unfit, match=r"`weights` is \[2, 2\], and this layer needs \[2, 3\]") as caught:
        written_out(((1, 2), (3, 4)), (2, 3), "weights")
    assert caught.value.parameter == "weights"
    with pytest.raises(Unfit) as caught:
        written_out(((1, 2), (3, 4), (5, 6)), (2, 3), "weights")
    assert "transposed" in caught.value.help


@pytest.mark.parametrize("shape", [(5,), (4, 4), (4, 4, 4, 1)])
@pytest.mark.parametrize("name", ["conv", "max_pool", "avg_pool"])
def test_what_needs_an_image(name: str, shape: tuple[int, ...]) -> None:
    op = OPS[name].build([3, 3] if name == "conv" else [3], {})
    with pytest.raises(Unfit) as caught:
        op.output(TensorType(shape))
    assert (caught.value.code, caught.value.label) == ("E0204", "takes [height, width, channels]")


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 2), (4, 4, 4, 1)])
def test_dense_needs_a_flat_value(shape: tuple[int, ...]) -> None:
    with pytest.raises(Unfit) as caught:
        OPS["dense"].build([3], {}).output(TensorType(shape))
    assert f"becomes [{np.prod(shape)}]" in caught.value.help
    assert caught.value.before == "flatten"


def test_softmax_of_one_value() -> None:
    with pytest.raises(Unfit, match="always 1"):
        OPS["softmax"].build([], {}).output(TensorType((4, 1)))
