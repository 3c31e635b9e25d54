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
        ("lecun_uniform", lambda fan_in, fan_out: 1 / fan_in),
        ("lecun_normal", lambda fan_in, fan_out: 1 / fan_in),
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


def test_a_cut_off_gaussian() -> None:
    drawn = np.asarray(initialiser.truncated_normal(KEY, (400, 200), deviation=0.3))
    assert np.abs(drawn).max() <= 0.6
    # the variance of a Gaussian between -2 and 2 deviations is 1 - 4 φ(2) / (2 Φ(2) - 1)
    phi = np.exp(-2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(drawn.var(), 0.09 * (1 - 4 * phi / 0.9544997), rtol=0.02)
    np.testing.assert_allclose(drawn.mean(), 0, atol=0.005)


@pytest.mark.parametrize(("shape", "gain"), [((30, 20), 1.0), ((20, 30), 2.0), ((3, 3, 4, 8), 0.5), ((20, 20), 1.0)])
def test_columns_or_rows_are_orthogonal(shape: tuple[int, ...], gain: float) -> None:
    drawn = np.asarray(initialiser.orthogonal(KEY, shape, gain=gain)).reshape(-1, shape[-1])
    product = drawn.T @ drawn if len(drawn) >= shape[-1] else drawn @ drawn.T
    np.testing.assert_allclose(product, gain**2 * np.eye(len(product)), atol=2e-6)
