"""The arithmetic that layers share: padding, windows, written-out numbers."""

from typing import Any

import numpy as np
import pytest
from jax import lax

import archc.recipes  # noqa: F401  registers the initialisers
from archc.ops import OPS
from archc.ops.op import padding_pairs, per_direction, shape_of, windows, written_out
from archc.parameters import Unfit, Word
from archc.types import Shape, TensorType


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


SLIDING = ("conv", "depthwise_conv", "separable_conv", "locally_connected", "conv_transpose", "max_pool", "avg_pool",
           "adaptive_avg_pool")  # fmt: skip


@pytest.mark.parametrize("shape", [(5,), (4, 4, 4, 4, 1)])
@pytest.mark.parametrize("name", SLIDING)
def test_what_needs_directions(name: str, shape: tuple[int, ...]) -> None:
    op = OPS[name].build([3, 3] if "filters" in OPS[name].parameters else [3], {})
    with pytest.raises(Unfit, match=f"{name} needs an image, a sequence or a volume") as caught:
        op.output(TensorType(shape))
    assert (caught.value.code, caught.value.label) == ("E0204", "takes [height, width, channels]")


@pytest.mark.parametrize("name", SLIDING)
def test_one_number_serves_every_direction(name: str) -> None:
    op = OPS[name].build([2, 2] if "filters" in OPS[name].parameters else [2], {})
    for shape in ((6, 4), (6, 6, 4), (6, 6, 6, 4)):
        after = op.output(TensorType(shape))
        assert after.rank == len(shape) and len(set(after.spatial)) == 1


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 2), (4, 4, 4, 1)])
def test_dense_needs_a_flat_value(shape: tuple[int, ...]) -> None:
    with pytest.raises(Unfit) as caught:
        OPS["dense"].build([3], {}).output(TensorType(shape))
    assert f"becomes [{np.prod(shape)}]" in caught.value.help
    assert caught.value.before == "flatten"


Refusal = tuple[str, list[Any], dict[str, Any], Shape, str, str, str]
REFUSED: list[Refusal] = [
    ("conv", [6, 3], {"groups": 4}, (8, 8, 4), "6 filters don't fall into 4 equal groups",
     "a number of filters that 4 divides, such as 8",
     "groups"),
    ("conv", [6, 3], {"groups": 3}, (8, 8, 4), "the 4 channels that enter don't fall into 3 equal groups",
     "`groups` divides the 4 channels and the 6 filters: 1 or 2, for one", "groups"),
    ("conv", [6, 3], {"dilation": 4}, (8, 8, 4),
     "the 3x3 window of `conv`, which its dilation spreads over 9x9, is larger than what it slides over, 8x8",
     "a smaller dilation, `padding = same`, or fewer layers that shrink the image before it", ""),
    ("conv", [6, 3, 1, Word("causal")], {}, (8, 8, 4),
     "`padding = causal` is for a sequence, [length, channels], and this value has 2 directions",
     "`padding = same`; or pairs, cells before and after: `padding = [(2, 0), (1, 1)]`", "padding"),
    ("conv", [6, 3, 1, [(1, 2)]], {}, (8, 8, 4), "`padding = [[1, 2]]` names 1 direction, and this value has 2",
     "write one number for all, or a pair for each: `[(1, 0), (1, 0)]`", "padding"),
    ("conv", [6, 3, 1, [(1, 2, 3)]], {}, (8, 4),
     "`padding` takes `same`, `valid`, `causal`, a whole number, a size like `2x2` or pairs like `[(1, 0)]`, "
     "not `[1x2x3]`", "a pair has the cells before and those after: `[(2, 0)]` for a sequence", "padding"),
    ("conv", [6, (3, 3)], {}, (8, 8, 8, 4),
     "`window = 3x3` names 2 directions, and a volume, [depth, height, width, channels], has 3",
     "write one number for all, or 3 joined by `x`", "window"),
    ("conv", [6, 9], {}, (8, 4), "the 9-cell window of `conv` is larger than what it slides over, 8",
     "a smaller window, `padding = same`, or fewer layers that shrink the sequence before it", ""),
    ("conv", [6, 3], {"pad_value": -1}, (8, 8, 4), "`pad_value` is what the padding holds, and there is none",
     "`padding = same`, or a number of cells", "pad_value"),
    ("conv", [3, 3], {"connect": [[0], [1]]}, (8, 8, 4), "`connect` has 2 lists, and there are 3 filters",
     "it has a list for each filter, of the channels that the filter reads", "connect"),
    ("conv", [2, 3], {"connect": [[0], [1]], "groups": 2}, (8, 8, 4),
     "`connect` and `groups` both say which channels a filter reads", "`connect` alone says it all", "connect"),
    ("conv", [2, 3], {"connect": [[0], [1, 4]]}, (8, 8, 4), "filter 1 reads channel 4, and 4 enter",
     "they count from 0 to 3", "connect"),
    ("conv", [2, 3], {"connect": [[0], [1]]}, (8, 8, 1), "filter 1 reads channel 1, and 1 enters",
     "it is channel 0", "connect"),
    ("conv", [2, 3], {"connect": [[0], []]}, (8, 8, 4), "filter 1 of `connect` reads no channel",
     "give it at least one, or leave the filter out", "connect"),
    ("conv", [2, 3], {"connect": [[0, 0], [1]]}, (8, 8, 4), "filter 0 of `connect` reads channel 0 twice",
     "name each channel once", "connect"),
    ("conv", [2, 3], {"connect": [[0], [-1]]}, (8, 8, 4),
     "`connect` takes `all`, or a list for each filter: `[[0, 1, 2], [1, 2, 3]]`, not `-1`", "channels count from 0",
     "connect"),
    ("conv", [2, 3], {"connect": [0, 1]}, (8, 8, 4),
     "`connect` takes `all`, or a list for each filter: `[[0, 1, 2], [1, 2, 3]]`, not `0`",
     "every entry is a list of its own, even for one channel: `[[0], [1, 2]]`", "connect"),
    ("depthwise_conv", [16, (3, 3)], {}, (28, 28, 4),
     "`depthwise_conv` takes no number of filters, and its second value, 3x3, would be its stride",
     "each channel has `multiplier` filters: `depthwise_conv(3x3)`, or `multiplier = 2` for two each", "window"),
    ("conv_transpose", [6, 3, 1, Word("causal")], {}, (8, 8, 4),
     "`padding = causal` is for a sequence, [length, channels], and this value has 2 directions",
     "`padding = same`; or pairs, cells before and after: `padding = [(2, 0), (1, 1)]`", "padding"),
    ("conv_transpose", [6, 2, 1, [(3, 1)]], {}, (3, 4), "a padding of 4 cuts off all of the 4 cells there are",
     "at most 3", "padding"),
    ("conv_transpose", [6, 2, 1, 2], {}, (3, 3, 4), "a padding of 2 cuts off all of the 4 cells there are",
     "at most 1", "padding"),
    ("max_pool", [3], {"ceil": True}, (2, 2, 4),
     "the 3x3 window of `max_pool` is larger than what it slides over, 2x2",
     "a smaller window, `padding = same`, or fewer layers that shrink the image before it", ""),
    ("global_avg_pool", [], {}, (4,), "global_avg_pool needs an image or a sequence, and this one is a flat value",
     "a flat value has no positions to pool: leave it out, or put it before `flatten`", ""),
    ("pointwise", [3], {}, (4,), "pointwise needs an image or a sequence, and this one is a flat value",
     "of a flat value it is `dense(3)`", ""),
    ("pad", [1], {}, (4,), "pad needs an image or a sequence, and this one is a flat value",
     "put it before what makes the value flat", ""),
    ("pad", [(1, 2)], {}, (4, 4), "`cells = 1x2` names 2 directions, and a sequence, [length, channels], has 1",
     "write one number; a grey image is declared with its channel: [28, 28, 1]", "cells"),
    ("upsample", [], {}, (4,), "upsample needs an image or a sequence, and this one is a flat value",
     "put it before what makes the value flat", ""),
    ("crop", [9, 4], {}, (8, 8, 4), "a height of 9 can't be cut out of 8",
     "at most 8; `pad` makes an image larger", "height"),
    ("crop", [4, 9], {}, (8, 8, 4), "a width of 9 can't be cut out of 8",
     "at most 8; `pad` makes an image larger", "width"),
    ("reshape", [(7, 7, 2)], {}, (100,), "[100] is 100 values, and [7, 7, 2] holds 98",
     "reshape keeps every value: the product of the sizes stays", "shape"),
    ("lrn", [4], {}, (8, 8, 4), "an lrn window of 4 has no middle", "an odd number: 3 or 5", "window"),
    ("layer_norm", [], {}, (8, 1), "layer_norm over one channel gives 0 everywhere",
     "it normalises across the channels; for one channel there is `batch_norm`", ""),
]  # fmt: skip


@pytest.mark.parametrize(("op", "positional", "named", "shape", "problem", "help", "parameter"), REFUSED)
def test_what_cannot_be(
    op: str, positional: list[Any], named: dict[str, Any], shape: Shape, problem: str, help: str, parameter: str
) -> None:
    with pytest.raises(Unfit) as caught:
        OPS[op].build(positional, named).output(TensorType(shape))
    assert (caught.value.problem, caught.value.help, caught.value.parameter) == (problem, help, parameter)


@pytest.mark.parametrize("n", range(3, 16))
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("s", [1, 2, 3, 5])
@pytest.mark.parametrize("p", [0, 1])
def test_ceil_covers_the_end(n: int, k: int, s: int, p: int) -> None:
    """Windows are laid until one reaches the end of the padding, each starting before the image's end."""
    starts = [0]
    while starts[-1] + k < n + 2 * p and starts[-1] + s < n + p:
        starts.append(starts[-1] + s)
    op = OPS["max_pool"].build([k, s, p], {"ceil": True})
    assert op.output(TensorType((n, n, 1))).shape == (len(starts), len(starts), 1)


def test_ceil_is_what_googlenet_needs() -> None:
    x = TensorType((112, 112, 64))
    for size in (56, 28, 14, 7):
        x = OPS["max_pool"].build([3, 2], {"ceil": True}).output(x)
        assert x.shape == (size, size, 64)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("s", [1, 2, 3])
def test_same_makes_an_image_as_many_times_larger(k: int, s: int) -> None:
    op = OPS["conv_transpose"].build([2, k, s, Word("same")], {})
    assert op.output(TensorType((4, 7, 1))).shape == (4 * s, 7 * s, 2)


@pytest.mark.parametrize(
    ("op", "arguments", "named", "sight"),
    [
        ("conv", [4, (3, 5), 2], {"dilation": (2, 1)}, ((5, 2), (5, 2))),
        ("max_pool", [3, 2], {"ceil": True}, ((3, 2), (3, 2))),
        ("avg_pool", [2], {}, ((2, 2), (2, 2))),
        ("conv_transpose", [4, 4, 2, 1], {}, ((2, 1), (2, 1))),
        ("conv_transpose", [4, 2, 2], {}, ((1, 1), (1, 1))),
        ("relu", [], {}, ((1, 1), (1, 1))),
        ("upsample", [], {}, ((1, 1), (1, 1))),
        ("flatten", [], {}, None),
        ("global_avg_pool", [], {}, None),
        ("reshape", [256], {}, None),
    ],
)
def test_how_far_a_cell_sees(op: str, arguments: list[Any], named: dict[str, Any], sight: Any) -> None:
    assert OPS[op].build(arguments, named).sight(TensorType((8, 8, 4))) == sight


def test_softmax_of_one_value() -> None:
    with pytest.raises(Unfit, match="always 1"):
        OPS["softmax"].build([], {}).output(TensorType((4, 1)))


FANS = [
    ("conv", [6, 3], {}, None),
    ("conv", [6, 3], {"groups": 2}, (18, 27)),
    ("conv", [2, 3], {"connect": [[0, 1], [2, 3]]}, (18, 9)),
    ("conv", [3, 3], {"connect": [[0], [0], [1, 2, 3]]}, (15, 11)),
    ("depthwise_conv", [3], {"multiplier": 2}, (9, 18)),
    ("separable_conv", [6, 3], {}, (9, 9)),
    ("locally_connected", [6, 3], {}, (36, 54)),
    ("conv_transpose", [6, 3], {"groups": 2}, (18, 27)),
]


@pytest.mark.parametrize(("op", "arguments", "named", "fans"), FANS)
def test_fans_are_what_is_read_and_reached(op: str, arguments: list[Any], named: dict[str, Any], fans: Any) -> None:
    assert OPS[op].build(arguments, named).weights(TensorType((8, 8, 4)))[0].fans == fans
