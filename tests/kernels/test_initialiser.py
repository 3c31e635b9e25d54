"""First values of weights have the spread that their papers ask for."""

from math import prod, sqrt

import jax
import numpy as np
import pytest

from archc.kernels import initialiser

KEY = jax.random.key(4)


@pytest.mark.parametrize("shape", [(300, 200), (3, 3, 40, 60)])
@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("glorot_uniform", lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
        ("glorot_normal", lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
        ("he_uniform", lambda fan_in, fan_out: 2 / fan_in),
        ("he_normal", lambda fan_in, fan_out: 2 / fan_in),
    ],
)
def test_spreads_follow_the_fans(name: str, variance: object, shape: tuple[int, ...]) -> None:
    window = prod(shape[:-2])
    expected = variance(window * shape[-2], window * shape[-1])  # type: ignore[operator]
    drawn = np.asarray(getattr(initialiser, name)(KEY, shape))
    assert drawn.dtype == np.float32
    np.testing.assert_allclose(drawn.mean(), 0, atol=5 * sqrt(expected / drawn.size))
    np.testing.assert_allclose(drawn.var(), expected, rtol=0.05)
    if name.endswith("uniform"):
        assert np.abs(drawn).max() <= sqrt(3 * expected) * (1 + 1e-6)
        assert np.abs(drawn).max() > 0.99 * sqrt(3 * expected)
    else:
        assert np.abs(drawn).max() > 3 * sqrt(expected), "a Gaussian isn't cut off"


def test_plain_draws() -> None:
    normal = np.asarray(initialiser.normal(KEY, (400, 200), deviation=0.3))
    np.testing.assert_allclose(normal.std(), 0.3, rtol=0.02)
    uniform = np.asarray(initialiser.uniform(KEY, (400, 200), limit=0.3))
    assert -0.3 <= uniform.min() < -0.299 and 0.299 < uniform.max() <= 0.3
