"""What programs learn by: losses behind their functions, numbers as targets, and metrics of scores of any kind."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from archc.program import emit
from archc.train.prediction import predictions
from tests.models import imported, module_of

TEXT = """%s
model Net {
    input x[4]
    %s
}

train {
    data      = npz("rows.npz", targets = [%s])
    loss      = %s
    optimizer = sgd(0.1)
    batch     = 6
    epochs    = 1
    validate  = 0
    test      = 0
    %s
}
"""
RANDOM = np.random.default_rng(4)
ROWS = {
    "x": RANDOM.normal(size=(12, 4)).astype(np.float32),
    "kind": (np.arange(12) % 3).astype(np.int32),
    "side": (np.arange(12) % 2).astype(np.int32),
    "parts": RANDOM.dirichlet(np.ones(3), 12).astype(np.float32),
    "size": RANDOM.normal(size=(12, 1)).astype(np.float32),
}
LARGE = np.float32([[1000, 0, -1000], [0, 1000, -1000], [-1000, 0, 1000], [0, 0, 0]])


class Net:
    """A program of a network's end, its targets, its loss and settings."""

    def __init__(self, folder: Path, end: str, target: str, loss: str, *settings: str, before: str = "") -> None:
        np.savez(folder / "rows.npz", **{name: ROWS[name] for name in ("x", *target.split(", "))})
        quoted = ", ".join(f'"{name}"' for name in target.split(", "))
        self.text = TEXT % (before, end, quoted, loss, "\n    ".join(settings))
        self.module = module_of(self.text, folder)
        self.program = imported(emit(self.module))

    def loss(self, outputs: Any, **targets: Any) -> tuple[float, Any]:
        value, slope = jax.value_and_grad(self.program.loss)(outputs, targets)
        return float(value), slope

    def metric(self, name: str, outputs: Any, **targets: Any) -> float:
        return float(self.program.metrics(outputs, targets, np.ones(len(next(iter(targets.values())))))[name])


def test_a_loss_on_its_function_reads_what_enters_it(tmp_path: Path) -> None:
    labels = np.array([0, 0, 0, 0])
    for end, loss in (
        ("dense(3) -> softmax", "cross_entropy"),
        ("dense(3)", "cross_entropy"),
        ("dense(3) -> softmax", "cross_entropy(smoothing = 10%, weights = [1, 2, 3])"),
    ):
        net = Net(tmp_path, end, "kind", loss)
        assert "jax.nn.softmax(x)" not in emit(net.module)
        value, slope = net.loss(LARGE, kind=labels)
        assert np.isfinite(value) and np.isfinite(slope).all(), loss
    value, _ = net.loss(LARGE, kind=labels)
    # by hand: of each row 0.9 times the first gap to the largest, and a thirtieth of all three
    log3 = np.log(3)
    assert value == pytest.approx((0.1 * 1000 + (900 + 100) + (0.9 * 2000 + 100) + log3) / 4, rel=1e-6)


def test_a_divergence_behind_softmax(tmp_path: Path) -> None:
    net = Net(tmp_path, "dense(3) -> softmax", "parts", "kl_divergence")
    value, slope = net.loss(LARGE, parts=np.float32([[1, 0, 0]] * 4))
    assert value == pytest.approx((0 + 1000 + 2000 + np.log(3)) / 4)
    assert np.isfinite(slope).all()


def test_classes_may_stand_between_other_numbers(tmp_path: Path) -> None:
    net = Net(tmp_path, "dense(3) -> tanh", "kind", "half_mse(targets = [-1, 1])", "metrics = accuracy")
    outputs = np.float32([[1, -1, -1], [0, -1, -1]])
    value, slope = net.loss(outputs, kind=np.array([0, 1]))
    # the second: ½ (1 + 4 + 0)
    assert value == pytest.approx(2.5 / 2)
    np.testing.assert_allclose(slope, [[0, 0, 0], [0.5, -1, 0]])
    assert net.metric("accuracy", outputs, kind=np.array([0, 1])) == 1


@pytest.mark.parametrize(
    ("loss", "outputs", "labels"),
    [
        ("mse(targets = [-1, 1])", [-0.1, 0.1, 0.3], [0, 1, 1]),
        ("mse", [0.4, 0.6, 0.51], [0, 1, 1]),
        ("hinge", [-0.1, 0.1, 0.3], [0, 1, 1]),
        ("contrastive(margin = 2)", [1.1, 0.9, 0.1], [0, 1, 1]),
        ("contrastive(margin = 2, same = 0)", [1.1, 0.9, 0.1], [1, 0, 0]),
    ],
)
def test_metrics_and_predictions_know_where_a_single_number_turns(
    loss: str, outputs: list[float], labels: list[int], tmp_path: Path
) -> None:
    net = Net(tmp_path, "dense(1)", "side", loss, "metrics = accuracy")
    column = np.float32(outputs)[:, None]
    assert net.metric("accuracy", column, side=np.array(labels)) == 3
    assert net.metric("accuracy", column, side=1 - np.array(labels)) == 0
    net.program.predict = lambda params, stats, inputs: column
    state = net.program.init(jax.random.key(0))
    found = predictions(net.program, net.module, state, {"x": ROWS["x"][:3]})["output"]
    assert found.labels is not None
    assert found.labels.tolist() == labels
    np.testing.assert_array_equal(found.values, column)


def test_the_smallest_distance_is_the_likeliest_class(tmp_path: Path) -> None:
    net = Net(tmp_path, "dense(3)", "kind", "map_distance", "metrics = accuracy")
    outputs = np.float32([[1, 5, 9], [9, 5, 8], [1e4, 2e4, 1e3]])
    assert net.metric("accuracy", outputs, kind=np.array([0, 1, 2])) == 3
    net.program.predict = lambda params, stats, inputs: outputs
    found = predictions(net.program, net.module, net.program.init(jax.random.key(0)), {"x": ROWS["x"][:3]})["output"]
    assert found.labels is not None and found.probabilities is not None
    assert found.labels.tolist() == [0, 1, 2]
    np.testing.assert_allclose(found.probabilities.sum(1), 1, rtol=1e-6)


def test_an_output_may_be_compared_with_a_number(tmp_path: Path) -> None:
    end = "let h = dense(3) -> tanh\n    output gap = h -> dense(1)\n    output kind = h -> dense(3)"
    loss = "cross_entropy(kind) + 2 * mse(gap, 0) + 0.5 * huber(gap, -1.5, delta = 1) + binary_cross_entropy(gap, 1)"
    with pytest.raises(AssertionError, match="can't share the output"):
        Net(tmp_path, end, "kind", loss)
    net = Net(tmp_path, end, "kind", loss.rpartition(" + ")[0], "metrics = [accuracy(kind), off = mae(gap, 1)]")
    outputs = {"gap": np.float32([[0.5], [-1]]), "kind": np.zeros((2, 3), np.float32)}
    value, _ = net.loss(outputs, kind=np.array([0, 1]))
    # log 3 each; 2 · (0.25 + 1) / 2; ½ · ((2 - ½) + ½ · 0.25) / 2
    assert value == pytest.approx(np.log(3) + 1.25 + 0.40625)
    assert net.metric("off", outputs, kind=np.array([0, 1])) == pytest.approx(2.5)
    again = type(net.module).model_validate_json(net.module.model_dump_json())
    assert again == net.module
    assert [term.target for term in again.recipe.losses] == ["kind", 0.0, -1.5]  # type: ignore[union-attr]


def test_a_number_may_have_a_name(tmp_path: Path) -> None:
    net = Net(tmp_path, "output y = dense(1)", "size", "mse(y, goal)", before="let goal = -2")
    assert net.module.recipe and [term.target for term in net.module.recipe.losses] == [-2]


def test_an_input_may_be_the_target(tmp_path: Path) -> None:
    net = Net(tmp_path, "dense(2) -> tanh\n    output back = dense(4)", "kind", "mse(back, x)")
    data = net.program.parts(ROWS, 0)["train"]
    state = net.program.adapt(net.program.init(jax.random.key(1)), data)
    outputs, _ = net.program.apply(state.params, state.stats, data[0], train=False, key=state.key)
    expected = np.square(np.asarray(outputs) - np.asarray(data[0]["x"])).mean()
    assert float(net.program.loss(outputs, data[1])) == pytest.approx(expected, rel=1e-6)


def test_sums_and_multiples(tmp_path: Path) -> None:
    end = "output a = dense(1)\n    output b = a -> dense(3)"
    net = Net(tmp_path, end, "size, parts", "squared_error(a, size) + 0.25 * (mae(b, parts) + absolute_error(a, size))")
    outputs = {"a": np.float32([[3]]), "b": np.float32([[1, 2, 3]])}
    value, _ = net.loss(outputs, size=np.float32([[1]]), parts=np.float32([[0, 0, 0]]))
    assert value == pytest.approx(4 + 0.25 * (2 + 2))


@pytest.mark.parametrize(("clip", "line"), [("1", "clip_by_norm(1.0)"), ("value(0.5)", "optax.clip(0.5)")])
def test_gradients_are_clipped_before_anything_is_added(clip: str, line: str, tmp_path: Path) -> None:
    net = Net(tmp_path, "dense(3)", "kind", "cross_entropy", f"clip = {clip}", "weight_decay = 0.1")
    text = emit(net.module)
    assert text.index(line) < text.index("optax.add_decayed_weights(0.1") < text.index("optax.sgd(0.1)")
    assert "clip_by_norm" not in emit(Net(tmp_path, "dense(3)", "kind", "cross_entropy").module)


def test_what_is_frozen_does_not_count_in_the_norm(tmp_path: Path) -> None:
    net = Net(tmp_path, "dense(2) as a\n    dense(3) as b", "kind", "cross_entropy", "clip = 1", "freeze = a")
    state = net.program.init(jax.random.key(0))
    grads = jax.tree.map(lambda w: np.full(w.shape, 10.0, np.float32), state.params)
    updates, _ = net.program.optimizer.update(grads, state.opt_state, state.params)
    moved = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(updates["b"])])
    np.testing.assert_allclose(np.linalg.norm(moved), 0.1, rtol=1e-5)
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(updates["a"]))


def test_a_recipe_as_its_program_writes_it(tmp_path: Path, golden: Callable[[Path, str], None]) -> None:
    """`init`, what is learnt by, and the optimizer."""
    starts = "init = [lecun_normal(fan = out), h = uniform(2.4, fan = in), out = orthogonal(2)]"
    loss = "cross_entropy(smoothing = 10%, weights = [1, 2, 3])"
    net = Net(
        tmp_path, "dense(5) -> tanh -> dense(8) as h -> tanh -> dense(3) as out", "kind", loss, starts, "clip = 1"
    )
    text = emit(module_of(net.text.replace("sgd(0.1)", "lamb(warmup(step(0.1, every = 2), epochs = 0.5))"), tmp_path))
    pieces = [piece for piece in text.split("\n\n\n") if re.search(WRITTEN, piece, re.MULTILINE)]
    golden(Path(__file__).with_name("objective.golden"), "\n\n\n".join(pieces) + "\n")


WRITTEN = r"^(def (init|loss|metrics|clip_by_norm|by_trust_ratio|warmed_up|orthogonal)\(|optimizer =)"
