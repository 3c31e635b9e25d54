"""Cropping, taking, enlarging and shuffling against loops and numpy's own functions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.kernels.layout import (
    crop_cells,
    pixel_shuffle,
    space_to_depth,
    take_entries,
    upsample_linear,
    upsample_nearest,
)


def array(*shape: int) -> np.ndarray:
    return np.random.default_rng(2).normal(size=shape).astype(np.float32)


def test_cells_are_cropped_from_a_start_on() -> None:
    x = np.arange(30).reshape(1, 5, 6, 1)
    assert crop_cells(x, start=(1, 1), size=(3, 3))[0, :, :, 0].tolist() == [[7, 8, 9], [13, 14, 15], [19, 20, 21]]
    assert crop_cells(x, start=(0, 0), size=(5, 6)).tolist() == x.tolist()
    assert crop_cells(np.arange(5).reshape(1, 5, 1), start=(3,), size=(2,))[0, :, 0].tolist() == [3, 4]


def test_entries_are_taken_in_their_order() -> None:
    x = array(2, 3, 4)
    np.testing.assert_array_equal(take_entries(x, entries=(2, 0, 0), axis=2), x[:, :, [2, 0, 0]])
    np.testing.assert_array_equal(take_entries(x, entries=(1,), axis=1), x[:, [1]])


def test_pixels_are_shuffled_as_in_the_formula() -> None:
    """Row h, column w of channel c come from channel c r² + (h mod r) r + w mod r, as in PyTorch."""
    x, r = array(2, 3, 4, 2 * 4), 2
    y = np.asarray(pixel_shuffle(x, factor=(r, r)))
    assert y.shape == (2, 6, 8, 2)
    for h, w, c in np.ndindex(6, 8, 2):
        np.testing.assert_array_equal(y[:, h, w, c], x[:, h // r, w // r, c * r * r + (h % r) * r + w % r])


@pytest.mark.parametrize(("shape", "factor"), [((6, 5), (3,)), ((6, 6, 2), (2, 3)), ((4, 3, 6, 2), (2, 1, 3))])
def test_space_to_depth_undoes_pixel_shuffle(shape: tuple[int, ...], factor: tuple[int, ...]) -> None:
    x = array(2, *shape)
    deep = space_to_depth(x, factor=factor)
    assert deep.shape == (2, *(n // f for n, f in zip(shape, factor, strict=False)), shape[-1] * np.prod(factor))
    np.testing.assert_array_equal(pixel_shuffle(deep, factor=factor), x)


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
