"""Norms are those of the program's own gradient, and layers whose gradients vanish or explode are named."""

import json
import shutil
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest

import archc
from archc.api import Run
from archc.train import gradients
from archc.train.folders import RunFolder
from archc.train.gradients import Measured, by_layer, learning, norms, read, spacing
from archc.train.plots.gradients import verdicts
from tests.models import module_of, program_of
from tests.train.plots.conftest import LINE, MOONS, SMALL, subject


def test_they_are_the_programs_gradient(trained: dict[str, Run]) -> None:
    run = trained["small"]
    of = subject(run)
    measured = read(RunFolder(run.folder))
    assert [each.epoch for each in measured] == [0, 1, 2]
    assert list(measured[0].norms) == ["conv1", "unit1.conv1", "unit1.batch_norm1", "dense1", "dense2"]
    program = of.program
    state = program.adapt(program.init(jax.random.key(0)), of.parts["train"])
    inputs, targets = jax.tree.map(lambda values: values[: program.BATCH], of.parts["train"])

    def loss(params: object) -> jax.Array:
        key = jax.random.fold_in(state.key, 0)
        return program.loss(program.apply(params, state.stats, inputs, train=True, key=key)[0], targets)

    expected = jax.jit(jax.grad(loss))(state.params)
    for layer, norm in measured[0].norms.items():
        leaves = expected
        for name in layer.split("."):
            leaves = leaves[name]
        squares = sum(float(np.square(np.float64(leaf)).sum()) for leaf in jax.tree.leaves(leaves))
        assert norm == pytest.approx(squares**0.5, rel=1e-4), layer


@pytest.mark.slow
def test_layers_of_a_device_loop_are_told_apart() -> None:
    text = "model M { input x[2]\n dense(4)\n repeat 16 { repeat 16 { dense(4) }\n dense(4) }\n dense(2) -> softmax }\n"
    recipe = "train { data = moons(n = 60)\n loss = cross_entropy\n optimizer = sgd(0.1)\n batch = 8\n epochs = 1 }"
    module = module_of(text + recipe)
    assert module.recipe is not None
    program = program_of(module)
    (target,) = module.recipe.data.targets
    points = np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32)
    batch = ({"x": points}, {target.name: np.arange(8, dtype=np.int32) % 2})
    state = program.init(jax.random.key(0))
    found = by_layer(program, jax.jit(partial(norms, program))(state.params, state.stats, batch, state.key))
    assert sorted(found) == sorted(learning(module)) and len(found) == 1 + 16 * 17 + 1

    def loss(params: object) -> jax.Array:
        return program.loss(program.apply(params, state.stats, batch[0], train=True, key=state.key)[0], batch[1])

    # `named` knows the copies of a repeat, whatever they hold
    expected = program.named(state._replace(params=jax.jit(jax.grad(loss))(state.params), stats={}))
    for layer, norm in found.items():
        squares = sum(np.square(np.float64(expected[f"{layer}.{name}"])).sum() for name in ("kernel", "bias"))
        assert norm == pytest.approx(squares**0.5, rel=1e-4), layer


def test_large_and_small_gradients_have_norms() -> None:
    for size in (1e-30, 1e30):
        assert float(gradients._norm(np.full((2, 2), size, np.float32), (0, 1))) == pytest.approx(2 * size, rel=1e-5)
    assert float(gradients._norm(np.zeros(3, np.float32), (0,))) == 0
    np.testing.assert_allclose(gradients._norm(np.float32([[3, 4], [0, 0]]), (1,)), [5, 0])


def test_measuring_alters_nothing(trained: dict[str, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = trained["moons"].folder
    assert len(read(RunFolder(reference))) > 2
    monkeypatch.setattr(gradients.Recorder, "due", lambda *_, **__: False)
    (tmp_path / "moons.arch").write_text(MOONS)
    unmeasured = archc.fit(tmp_path / "moons.arch", run=tmp_path / "run")
    for file in ("best.npz", "last.npz"):
        assert (unmeasured.folder / file).read_bytes() == (reference / file).read_bytes()


def test_a_run_that_cannot_measure_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("too large")

    monkeypatch.setattr(gradients.Recorder, "record", fail)
    (tmp_path / "line.arch").write_text(LINE)
    run = archc.fit(tmp_path / "line.arch", run=tmp_path / "run")
    assert run.result["epochs"] == 20 and run.report.exists()
    assert read(RunFolder(run.folder)) == []


def test_what_comes_after_a_checkpoint_is_dropped(trained: dict[str, Run], tmp_path: Path) -> None:
    run = trained["small"]
    shutil.copy(run.folder / "gradients.jsonl", tmp_path)
    folder, of = RunFolder(tmp_path), subject(run)
    with folder.gradients.open("a") as file:
        file.write('{"epoch": 3, "norms": {"con')
    recorder = gradients.Recorder(folder, of.program, of.module, of.parts["train"], 1)
    assert [each.epoch for each in read(folder)] == [0, 1]
    assert not recorder.due(1) and recorder.due(2)
    recorder.record(of.state, 2)
    assert [each.epoch for each in read(folder)] == [0, 1, 2]
    assert all(json.loads(line) for line in folder.gradients.read_text().splitlines())


@pytest.mark.parametrize(
    ("epochs", "steps", "layers", "every"),
    [(30, 40, 6, 1), (3000, 1, 2, 20), (10, 1, 1, 1), (1000, 1000, 10, 5), (1000, 100, 10_000, 100), (1, 1, 10**6, 1)],
)
def test_it_costs_few_of_the_steps(epochs: int, steps: int, layers: int, every: int) -> None:
    assert spacing(epochs, steps, layers) == every


def measured(**norms: list[float | None]) -> list[Measured]:
    count = len(next(iter(norms.values())))
    return [Measured(epoch, {layer: values[epoch] for layer, values in norms.items()}) for epoch in range(count)]


def test_verdicts() -> None:
    def said(**norms: list[float | None]) -> str:
        return " ".join(verdicts(measured(**norms), list(norms)))

    assert said(a=[0.1, 0.2, 0.1], b=[1, 1, 1]) == ""
    assert said(a=[1e-4, 1e-4, 1], b=[1, 1, 1]).startswith("Vanishing: the gradient of a is mostly less than")
    assert said(a=[1e-7, 1e-8, 1], b=[1e-5, 1e-5, 1e-5]) == "Vanishing: the gradient of a is mostly below 1e-06."
    assert said(a=[0, 0, 0], b=[1, 1, 1]).startswith("Vanishing: the gradient of a is mostly below")
    assert said(a=[5e3, 5e3, 1], b=[1, 1, 1]).startswith("Exploding: the gradient of a is mostly more than 1,000 times")
    assert said(a=[1, 2, 3e3], b=[1, 2, 2.5]).startswith("Exploding: the gradient of a is more than 1,000 times what")
    assert said(a=[1, None, 1], b=[1, 2, 3]) == "Exploding: the gradient of a is no longer a finite number."
    assert said(a=[1e-9], b=[1e-9], c=[1]).startswith("Vanishing: the gradient of a and b is")


def test_sigmoids_in_a_row_vanish(trained: dict[str, Run]) -> None:
    run = trained["deep"]
    picture = run.plot("gradients")
    assert "Vanishing: the gradient of dense1, dense2" in " ".join(picture.said)
    assert "Vanishing" in picture.inside("g") and "Vanishing" in run.report.read_text()


def test_frozen_layers_have_none() -> None:
    module = module_of(SMALL.replace("epochs    = 2", "epochs = 2\n    freeze = [conv1, unit1]"))
    assert learning(module) == ["dense1", "dense2"]
    assert learning(SimpleNamespace(recipe=None, graph=module.graph)) == [  # type: ignore[arg-type]
        "conv1", "unit1.conv1", "unit1.batch_norm1", "dense1", "dense2",
    ]  # fmt: skip
