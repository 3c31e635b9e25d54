"""Convolution against loops in numpy."""

import jax.numpy as jnp
import numpy as np
import pytest

from archc.kernels.conv import conv2d


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
