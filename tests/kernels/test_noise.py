"""What dropout drops, what it leaves, and noise."""

from math import sqrt

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.kernels.noise import add_noise, dropout, dropout_together, rbg_key

KEY = jax.random.key(4)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout(rate: float) -> None:
    dropped = np.asarray(dropout(jnp.ones((200, 500)), KEY, rate=rate))
    kept = dropped != 0
    np.testing.assert_allclose(dropped[kept], 1 / (1 - rate), rtol=1e-6)
    # five standard deviations of a binomial
    assert abs(kept.mean() - (1 - rate)) <= 5 * sqrt(rate * (1 - rate) / kept.size)
    assert abs(dropped.mean() - 1) <= 5 * sqrt(rate / (1 - rate) / kept.size) + 1e-6
    if rate:
        assert len(set(map(bytes, kept))) > 190, "examples are dropped each for itself"
        other = dropout(jnp.ones((200, 500)), jax.random.key(5), rate=rate)
        assert (np.asarray(other) != dropped).any()


def test_dropout_drops_what_isnt_finite() -> None:
    dropped = dropout(jnp.full((1000,), jnp.inf), KEY, rate=0.5)
    assert set(np.asarray(dropped).tolist()) == {0.0, np.inf}


@pytest.mark.parametrize("rate", [0.1, 0.5])
@pytest.mark.parametrize("axes", [(1,), (1, 2)])
def test_dropout_of_what_belongs_together(rate: float, axes: tuple[int, ...]) -> None:
    dropped = np.asarray(dropout_together(jnp.ones((300, 5, 7)), KEY, rate=rate, axes=axes))
    fates = dropped[:, :1] if axes == (1,) else dropped[:, :1, :1]
    np.testing.assert_array_equal(dropped, np.broadcast_to(fates, dropped.shape))
    np.testing.assert_allclose(fates[fates != 0], 1 / (1 - rate), rtol=1e-6)
    # five standard deviations of a binomial
    assert abs((fates != 0).mean() - (1 - rate)) <= 5 * sqrt(rate * (1 - rate) / fates.size)
    assert dropout_together(jnp.ones((2, 3), jnp.bfloat16), KEY, rate=rate, axes=(1,)).dtype == jnp.bfloat16


def test_noise_is_gaussian() -> None:
    noise = np.asarray(add_noise(jnp.full((200, 500), 3.0), KEY, deviation=0.5), np.float64) - 3
    assert abs(noise.mean()) <= 5 * 0.5 / sqrt(noise.size)
    assert abs(noise.std() - 0.5) <= 5 * 0.5 / sqrt(2 * noise.size)
    # the share of a normal distribution beyond two deviations
    assert abs((abs(noise) > 1).mean() - 0.0455) < 0.005
    assert len(set(map(bytes, noise))) == 200, "each example has its own"
    assert add_noise(jnp.ones(3, jnp.bfloat16), KEY, deviation=0.5).dtype == jnp.bfloat16


def test_a_key_for_rbg_is_the_one_of_the_same_seed() -> None:
    key = rbg_key(KEY)
    assert key.dtype == jax.random.key(4, impl="rbg").dtype
    np.testing.assert_array_equal(jax.random.key_data(key), jax.random.key_data(jax.random.key(4, impl="rbg")))
    one, other = (np.asarray(dropout(jnp.ones((200, 500)), jax.random.fold_in(key, i), rate=0.5)) for i in (0, 1))
    assert (one != other).any() and abs((one != 0).mean() - 0.5) < 5 * 0.5 / sqrt(one.size)
