"""The distance and its gradient."""

import jax
import jax.numpy as jnp
import numpy as np

from archc.kernels.merge import euclidean_distance


def test_the_distance_of_rows() -> None:
    x, y = jnp.array([[0.0, 0.0], [1.0, 2.0]]), jnp.array([[3.0, 4.0], [1.0, 2.0]])
    np.testing.assert_allclose(euclidean_distance(x, y), [[5], [0]])
    assert euclidean_distance(x.astype(jnp.bfloat16), y.astype(jnp.bfloat16)).dtype == jnp.bfloat16


def test_the_gradient_is_a_unit_vector_and_at_0_none() -> None:
    def total(x: jax.Array) -> jax.Array:
        return euclidean_distance(x, jnp.zeros((2, 2))).sum()

    np.testing.assert_allclose(jax.grad(total)(jnp.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]], rtol=1e-6)
