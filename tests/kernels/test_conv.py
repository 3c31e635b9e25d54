"""Convolution against loops in numpy."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.kernels.conv import conv2d, conv2d_general, conv2d_grouped, conv2d_transposed, conv2d_transposed_disjoint

Shape = tuple[int, int]
Pairs = tuple[Shape, Shape]


@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (3, 2)])
@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((1, 1), (2, 2)), ((0, 1), (1, 2))])
def test_a_convolution_is_a_cross_correlation(stride: tuple[int, int], padding: tuple[tuple[int, int], ...]) -> None:
    random = np.random.default_rng(1)
    x, kernel = random.normal(size=(2, 6, 7, 3)), random.normal(size=(3, 2, 3, 4))
    padded = np.pad(x, ((0, 0), *padding, (0, 0)))
    rows, columns = ((n - k) // s + 1 for n, k, s in zip(padded.shape[1:3], kernel.shape, stride, strict=False))
    expected = np.zeros((2, rows, columns, 4))
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride[0], j * stride[1]
            expected[:, i, j] = np.einsum("bhwi,hwio->bo", padded[:, top : top + 3, left : left + 2], kernel)
    found = conv2d(jnp.asarray(x, jnp.float32), jnp.asarray(kernel, jnp.float32), stride=stride, padding=padding)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def array(*shape: int) -> np.ndarray:
    return np.random.default_rng(2).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("dilation", [(1, 1), (2, 1), (2, 3)])
def test_a_dilated_window_is_a_window_with_gaps(dilation: tuple[int, int]) -> None:
    x, kernel = array(2, 8, 9, 3), array(3, 2, 3, 4)
    wide = np.zeros(((3 - 1) * dilation[0] + 1, dilation[1] + 1, 3, 4), np.float32)
    wide[:: dilation[0], :: dilation[1]] = kernel
    options: dict[str, Any] = {"stride": (2, 1), "padding": ((1, 1), (0, 2))}
    found = conv2d_general(x, kernel, dilation=dilation, **options)
    np.testing.assert_allclose(found, conv2d(x, wide, **options), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_groups_are_convolutions_side_by_side(groups: int) -> None:
    x, kernel = array(2, 6, 7, 4), array(3, 2, 4 // groups, 8)
    options: dict[str, Any] = {"stride": (1, 2), "padding": ((1, 1), (0, 0))}
    parts = zip(np.split(x, groups, 3), np.split(kernel, groups, 3), strict=True)
    expected = np.concatenate([conv2d(part, filters, **options) for part, filters in parts], 3)
    for convolution in (conv2d_general, conv2d_grouped):
        found = convolution(x, kernel, groups=groups, **options)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


CUTS = [
    ((3, 2), (1, 1), ((0, 0), (0, 0))),
    ((3, 2), (2, 3), ((1, 1), (0, 0))),
    ((4, 4), (2, 2), ((1, 1), (1, 2))),
    ((1, 2), (3, 2), ((0, -2), (0, 0))),
    ((2, 2), (3, 3), ((2, 2), (3, 0))),
]


@pytest.mark.parametrize(("window", "stride", "cut"), CUTS)
def test_a_transposed_convolution_spreads_each_cell(window: Shape, stride: Shape, cut: Pairs) -> None:
    x, kernel = array(2, 4, 5, 3), array(*window, 3, 2)
    sizes = [(n - 1) * s + k for n, s, k in zip(x.shape[1:3], stride, window, strict=True)]
    whole = np.zeros((2, *sizes, 2))
    for i in range(4):
        for j in range(5):
            top, left = i * stride[0], j * stride[1]
            spread = np.einsum("bi,hwio->bhwo", x[:, i, j], kernel)
            whole[:, top : top + window[0], left : left + window[1]] += spread
    whole = np.pad(whole, ((0, 0), *((0, max(-after, 0)) for _, after in cut), (0, 0)))
    (top, bottom), (left, right) = (
        (before, n - max(after, 0)) for n, (before, after) in zip(whole.shape[1:3], cut, strict=True)
    )
    found = conv2d_transposed(x, kernel, stride=stride, cut=cut)
    np.testing.assert_allclose(found, whole[:, top:bottom, left:right], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((1, 1), (0, 1))])
def test_it_is_the_gradient_of_a_convolution(padding: Pairs) -> None:
    """With the channels of the kernel exchanged, as it's defined."""
    y, kernel, stride = array(2, 4, 5, 3), array(3, 2, 3, 2), (2, 2)
    sizes = [(n - 1) * s + k - sum(p) for n, s, k, p in zip((4, 5), stride, kernel.shape, padding, strict=False)]
    x = array(2, *sizes, 2)
    back = jax.vjp(lambda x: conv2d(x, kernel.swapaxes(2, 3), stride=stride, padding=padding), x)[1]
    found = conv2d_transposed(y, kernel, stride=stride, cut=padding)
    np.testing.assert_allclose(found, back(y)[0], rtol=1e-4, atol=1e-4)


def test_windows_side_by_side_are_spread_at_once() -> None:
    x, kernel = array(2, 4, 5, 3), array(3, 2, 3, 4)
    expected = conv2d_transposed(x, kernel, stride=(3, 2), cut=((0, 0), (0, 0)))
    np.testing.assert_allclose(conv2d_transposed_disjoint(x, kernel), expected, rtol=1e-4, atol=1e-4)
