"""Clipping, and steps layer by layer where the layers of a repeat are stacked."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from archc.kernels import descent


def clipped(limit: float, *gradients: np.ndarray) -> list[np.ndarray]:
    grads = {f"dense{i}": jnp.asarray(g, jnp.float32) for i, g in enumerate(gradients)}
    transform = descent.clip_by_norm(limit)
    found, _ = jax.jit(transform.update)(grads, transform.init(grads), grads)
    return [np.asarray(leaf) for leaf in jax.tree.leaves(found)]


def test_gradients_are_shrunk_together() -> None:
    # the norm of (3, 4) and (12) is 13
    first, second = clipped(6.5, np.array([3, 4]), np.array([[12]]))
    np.testing.assert_allclose(first, [1.5, 2])
    np.testing.assert_allclose(second, [[6]])


def test_small_gradients_stay() -> None:
    np.testing.assert_array_equal(clipped(5.1, np.array([3, 4]))[0], [3, 4])
    np.testing.assert_array_equal(clipped(1, np.zeros(3))[0], np.zeros(3))
    np.testing.assert_array_equal(clipped(1, np.array([1e-37, 0]))[0], np.float32([1e-37, 0]))


@pytest.mark.parametrize("size", [1e15, 1e25, 1e38])
def test_squares_that_overflow(size: float) -> None:
    np.testing.assert_allclose(clipped(1, np.array([3, 4]) * size / 5)[0], [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_not_hidden(bad: float) -> None:
    found = clipped(1, np.array([bad, 1]), np.array([1]))
    assert not all(np.isfinite(array).all() for array in found)


def test_stacked_layers_have_norms_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    apart = {f"dense{i}": {"kernel": jnp.full((2, 2), float(i + 1))} for i in range(3)}
    stacked = {"repeat1": {"dense0": {"kernel": jnp.stack([w["kernel"] for w in apart.values()])}}}

    def moved(params: object) -> list[np.ndarray]:
        transform = descent.by_trust_ratio()
        found, _ = transform.update(jax.tree.map(jnp.ones_like, params), transform.init(params), params)
        return jax.tree.leaves(found)

    expected = [np.full((2, 2), i + 1.0) for i in range(3)]
    for found, one in zip(moved(apart), expected, strict=True):
        np.testing.assert_allclose(found, one, rtol=1e-6)
    monkeypatch.setattr(descent, "REPEATS", {"repeat1": {"dense0": ["dense0", "dense1", "dense2"]}})
    monkeypatch.setattr(descent, "stacked_axes", descent.stacked_axes_apart)
    np.testing.assert_allclose(moved(stacked)[0], expected, rtol=1e-6)


def test_a_weight_of_zero_moves_as_it_is_told() -> None:
    transform = descent.by_trust_ratio()
    params = {"kernel": jnp.zeros(2), "bias": jnp.array([3.0, 4.0])}
    updates = {"kernel": jnp.array([1.0, -1.0]), "bias": jnp.zeros(2)}
    found, _ = transform.update(updates, optax.EmptyState(), params)
    np.testing.assert_array_equal(found["kernel"], [1, -1])
    np.testing.assert_array_equal(found["bias"], [0, 0])
