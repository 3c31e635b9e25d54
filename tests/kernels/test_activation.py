"""Activations against their formulas."""

import jax.numpy as jnp
import numpy as np

from archc.kernels.activation import prelu, scaled_tanh, threshold_step


def test_a_threshold_unit_says_no_on_the_threshold() -> None:
    np.testing.assert_array_equal(threshold_step(jnp.array([-1.0, 0.0, 1e-6, 1.0]), threshold=0.0), [0, 0, 1, 1])
    np.testing.assert_array_equal(threshold_step(jnp.array([1.5, 1.6]), threshold=1.5), [0, 1])
    assert threshold_step(jnp.ones(1, jnp.bfloat16), threshold=0.0).dtype == jnp.bfloat16


def test_scaled_tanh_takes_one_to_one() -> None:
    np.testing.assert_allclose(scaled_tanh(jnp.array([-1.0, 0.0, 1.0])), [-1, 0, 1], atol=1e-4)
    np.testing.assert_allclose(scaled_tanh(jnp.array([9.0])), [1.7159], rtol=1e-4)
    assert scaled_tanh(jnp.ones(1, jnp.bfloat16)).dtype == jnp.bfloat16


def test_prelu_has_a_slope_for_each_channel() -> None:
    x = jnp.array([[-2.0, -2.0], [0.0, 3.0]])
    np.testing.assert_allclose(prelu(x, jnp.array([0.25, -1.0])), [[-0.5, 2.0], [0.0, 3.0]])
