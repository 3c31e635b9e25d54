"""Maxout and radial basis functions against their formulas in float64."""

import jax.numpy as jnp
import numpy as np

from archc.kernels.dense import largest_piece, squared_distances
from archc.kernels.parameter import for_each_example


def test_the_largest_piece_of_each_unit_counts() -> None:
    sums = np.random.default_rng(3).normal(size=(4, 6)).astype(np.float32)
    found = np.asarray(largest_piece(jnp.asarray(sums), pieces=3))
    for unit in range(2):
        np.testing.assert_array_equal(found[:, unit], np.max([sums[:, 2 * piece + unit] for piece in range(3)], axis=0))


def test_distances_are_squared_and_added_up() -> None:
    random = np.random.default_rng(3)
    x, centres = random.normal(size=(5, 4)), random.normal(size=(4, 3))
    expected = [[sum((row[j] - centres[j, i]) ** 2 for j in range(4)) for i in range(3)] for row in x]
    found = squared_distances(jnp.asarray(x, jnp.float32), jnp.asarray(centres, jnp.float32))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    rounded = squared_distances(jnp.ones((1, 2), jnp.bfloat16), jnp.zeros((2, 1)))
    assert (rounded.dtype, float(rounded[0, 0])) == (jnp.bfloat16, 2)


def test_a_learnt_value_is_the_same_for_every_example() -> None:
    value = np.arange(6.0).reshape(2, 3)
    found = for_each_example(jnp.asarray(value), jnp.zeros((4, 7)))
    assert found.shape == (4, 2, 3)
    assert all((np.asarray(example) == value).all() for example in found)
