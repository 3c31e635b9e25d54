"""What dropout drops, and what it leaves."""

from math import sqrt

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.kernels.noise import dropout

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
