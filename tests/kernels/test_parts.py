"""Optimizers by part, against what their formulas give by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from archc.kernels import parts

PARAMS = {
    "conv1": {"kernel": jnp.float32([1, -2, 0])},
    "stage1": {"unit1": {"kernel": jnp.float32([4]), "bias": jnp.float32([8])}, "unit2": {"kernel": jnp.float32([2])}},
}
GRADS = jax.tree.map(jnp.ones_like, PARAMS)


def updates(optimizer: optax.GradientTransformation, grads: object = GRADS) -> dict[str, list[float]]:
    """By dotted name, as one step gives them."""
    found, _ = jax.jit(optimizer.update)(grads, optimizer.init(PARAMS), PARAMS)
    named = jax.tree.leaves_with_path(found)
    return {".".join(entry.key for entry in path): np.asarray(leaf).tolist() for path, leaf in named}


def test_the_longest_scope_holds() -> None:
    found = parts.by_part({"": 1, "stage1": 2, "stage1.unit1": 3, "stage1.unit1.bias": 4}, PARAMS)
    assert found == {
        "conv1": {"kernel": 1},
        "stage1": {"unit1": {"kernel": 3, "bias": 4}, "unit2": {"kernel": 2}},
    }


def test_a_name_is_no_scope_of_one_that_begins_alike() -> None:
    assert parts.by_part({"": 1, "unit1": 2}, {"unit10": {"kernel": 0}}) == {"unit10": {"kernel": 1}}


def test_decay_by_part() -> None:
    assert updates(parts.decay_by_part({"": 0.5, "stage1.unit1": 0.25})) == {
        "conv1.kernel": [1.5, 0, 1],
        "stage1.unit1.kernel": [2],
        "stage1.unit1.bias": [1],
        "stage1.unit2.kernel": [2],
    }


def test_l1_by_part() -> None:
    assert updates(parts.l1_by_part({"": 0.5, "stage1": 0.25})) == {
        "conv1.kernel": [1.5, 0.5, 1],
        "stage1.unit1.kernel": [1.25],
        "stage1.unit1.bias": [1],
        "stage1.unit2.kernel": [1.25],
    }


def test_rates_by_part_come_after_the_optimizer() -> None:
    optimizer = optax.chain(optax.sgd(0.5), parts.rates_by_part({"": 1.0, "stage1.unit2": 10.0}))
    assert updates(optimizer)["stage1.unit2.kernel"] == [-5]
    assert updates(optimizer)["conv1.kernel"] == [-0.5] * 3


def test_what_is_frozen_stays_and_costs_no_state() -> None:
    decayed = optax.chain(parts.decay_by_part({"": 0.5, "conv1": 1.0}), optax.sgd(1.0, momentum=0.9))
    optimizer = parts.frozen(optax.chain(decayed, parts.rates_by_part({"": 2.0})), ("stage1",))
    assert updates(optimizer) == {
        "conv1.kernel": [-4, 2, -2],
        "stage1.unit1.kernel": [0],
        "stage1.unit1.bias": [0],
        "stage1.unit2.kernel": [0],
    }
    assert sum(leaf.size for leaf in jax.tree.leaves(optimizer.init(PARAMS))) == 3


def test_what_is_frozen_stays_where_gradients_are_not_finite() -> None:
    grads = jax.tree.map(lambda w: jnp.full_like(w, jnp.nan), GRADS)
    assert updates(parts.frozen(optax.adam(0.1), ("stage1",)), grads)["stage1.unit1.kernel"] == [0]
