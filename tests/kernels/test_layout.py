"""Cropping and enlarging against loops and numpy's own interpolation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.kernels.layout import crop_middle, upsample_linear, upsample_nearest


def array(*shape: int) -> np.ndarray:
    return np.random.default_rng(2).normal(size=shape).astype(np.float32)


def test_the_middle_leaves_an_odd_cell_at_the_end() -> None:
    x = np.arange(30).reshape(1, 5, 6, 1)
    assert crop_middle(x, height=3, width=3)[0, :, :, 0].tolist() == [[7, 8, 9], [13, 14, 15], [19, 20, 21]]
    assert crop_middle(x, height=5, width=6).tolist() == x.tolist()


@pytest.mark.parametrize("factor", [(1, 1), (2, 3)])
def test_nearest_repeats_cells(factor: tuple[int, int]) -> None:
    x = array(2, 3, 4, 2)
    expected = np.kron(x, np.ones((1, *factor, 1)))
    np.testing.assert_array_equal(upsample_nearest(x, factor=factor), expected)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_linear_runs_straight_between_centres(factor: int) -> None:
    x = array(1, 5, 1)
    centres = (np.arange(5 * factor) + 0.5) / factor
    expected = np.interp(centres, np.arange(5) + 0.5, x[0, :, 0])
    np.testing.assert_allclose(upsample_linear(x, factor=(factor,))[0, :, 0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("factor", [(2, 3), (4, 1)])
def test_in_an_image_it_is_bilinear(factor: tuple[int, int]) -> None:
    x = array(2, 3, 4, 2)
    shape = (2, 3 * factor[0], 4 * factor[1], 2)
    expected = jax.image.resize(jnp.asarray(x), shape, "bilinear")
    np.testing.assert_allclose(upsample_linear(x, factor=factor), expected, rtol=1e-5, atol=1e-6)
