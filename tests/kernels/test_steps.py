"""Steps, epochs and parts, here for the logistic regression of archc.kernels.face."""

import re
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.kernels import face, steps
from archc.program.network import FACE

ROWS = 30


@pytest.fixture
def table() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS, 2)).astype(np.float32)
    return {"x": x, "y": (x.sum(1) > 0).astype(np.float32)}


def test_the_parts_share_out_all_rows() -> None:
    rows = steps.split(ROWS, 3)
    assert {part: len(each) for part, each in rows.items()} == face.PART_ROWS
    assert sorted(np.concatenate(list(rows.values()))) == list(range(ROWS))
    assert any((steps.split(ROWS, 4)[part] != rows[part]).any() for part in rows)


def test_every_epoch_has_an_order_of_its_own() -> None:
    orders = [tuple(steps.order(20, seed, epoch)) for seed in (0, 1) for epoch in (0, 1, 2)]
    assert len(set(orders)) == 6
    assert all(sorted(order) == list(range(20)) for order in orders)
    assert tuple(steps.order(20, 1, 2)) == orders[-1]


def test_an_order_on_the_device_is_the_same() -> None:
    for n, seed, epoch in ((20, 0, 1), (20, 2**31 - 1, 3), (5000, 1, 0)):
        order = steps.order_on_device(n, seed, epoch)
        assert isinstance(order, jax.Array)
        np.testing.assert_array_equal(order, steps.order(n, seed, epoch))


def test_orders_are_fair() -> None:
    """Each row is as often in each place: 400 orders of 10, five standard deviations."""
    places = np.array([steps.order(10, seed, 1) for seed in range(400)])
    counts = np.array([[np.sum(places[:, place] == row) for row in range(10)] for place in range(10)])
    assert np.abs(counts - 40).max() < 5 * np.sqrt(400 * 0.1 * 0.9)


def test_evaluation_counts_each_row_once(table: dict[str, np.ndarray]) -> None:
    state = steps.init(jax.random.key(0))
    inputs, targets = {"x": jnp.asarray(table["x"])}, {"y": jnp.asarray(table["y"])}
    averages = steps.evaluate(state, (inputs, targets))
    outputs, _ = face.apply(state.params, state.stats, inputs, train=False, key=state.key)
    np.testing.assert_allclose(averages["loss"], float(face.loss(outputs, targets)), rtol=1e-5)
    assert averages["accuracy"] == pytest.approx(float(np.mean((outputs > 0) == (targets["y"] == 1))))
    assert ROWS % face.EVAL_BATCH, "the last batch is ragged"
    assert averages["accuracy"] * ROWS == pytest.approx(round(averages["accuracy"] * ROWS))


def test_rows_that_a_part_doesnt_have_are_masked(table: dict[str, np.ndarray]) -> None:
    state = steps.init(jax.random.key(0))
    few = ({"x": jnp.asarray(table["x"][:3])}, {"y": jnp.asarray(table["y"][:3])})
    spoilt = steps.evaluate_step(state, few, 2)
    alone = steps.evaluate_step(state, jax.tree.map(lambda rows: rows[2:3], few), 0)
    assert float(spoilt["loss"]) == pytest.approx(float(alone["loss"]))


HISTORIES = [
    ([0.5], 0, 0),
    ([0.5, 0.4, 0.6], 1, 2),
    ([0.5, 0.5, 0.5], 0, 0),
    ([0.3, 0.4, 0.2, 0.2], 2, 1),
]


@pytest.mark.parametrize(("values", "lowest", "highest"), HISTORIES)
def test_the_best_epoch_is_the_first_of_equals(values: list[float], lowest: int, highest: int) -> None:
    history = [{"loss": value} for value in values]
    assert steps.best_epoch_lowest(history) == lowest
    assert steps.best_epoch_highest(history) == highest


@pytest.mark.parametrize(
    ("values", "stops"),
    [
        ([], False),
        ([0.5], False),
        ([0.5, 0.6], False),
        ([0.5, 0.6, 0.7], True),
        ([0.5, 0.4, 0.6], False),
        ([0.5, 0.4, 0.3, 0.2, 0.1], True),
    ],
)
def test_stopping(values: list[float], stops: bool) -> None:
    history = [{"loss": value} for value in values]
    assert steps.should_stop_early(history) == stops
    assert steps.should_stop_at_end(history) == (len(values) == face.EPOCHS)


def test_a_training_step_draws_from_its_own_key(table: dict[str, np.ndarray]) -> None:
    data, rows = ({"x": jnp.asarray(table["x"])}, {"y": jnp.asarray(table["y"])}), np.arange(8)

    def after(state: object) -> np.ndarray:
        return np.asarray(steps.train_step(state, data, rows)[0].params["dense1"]["kernel"])

    first = after(steps.init(jax.random.key(0)))
    np.testing.assert_array_equal(after(steps.init(jax.random.key(0))), first)
    later = after(steps.init(jax.random.key(0))._replace(step=jnp.int32(7)))
    other = after(steps.init(jax.random.key(0))._replace(key=jax.random.key(9)))
    assert (later != first).any() and (other != first).any()


def test_weights_by_dotted_name() -> None:
    state = steps.init(jax.random.key(0))
    named = steps.named(state)
    assert set(named) == {"dense1.kernel", "dense1.bias", "normalize1.offset"}
    np.testing.assert_array_equal(named["dense1.kernel"], state.params["dense1"]["kernel"])


def constants() -> Iterator[str]:
    yield from (name for name in vars(face) if re.fullmatch("[A-Z_]+", name))


def test_the_stand_in_gives_what_programs_give() -> None:
    assert set(constants()) <= FACE
    assert {"init", "adapt", "apply", "loss", "metrics", "optimizer", "select", "TrainState"} <= set(vars(face)) & FACE
