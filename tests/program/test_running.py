"""Programs run: all of their lines, alone, and the same however an epoch is cut."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.program import emit
from archc.train.driver import fit
from tests.jaxprs import equations
from tests.models import imported, module_of
from tests.program.small import SMALL, Small


def program_text(small: Small, folder: Path) -> str:
    return emit(small.module(folder), small.target)  # type: ignore[arg-type]


def lines_of(code: CodeType) -> Iterator[int]:
    for _, _, line in code.co_lines():
        if line:
            yield line
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from lines_of(constant)


@pytest.mark.parametrize("name", SMALL)
def test_training_and_predicting_runs_every_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["program.py", "rows.npz", "--seed", "3"])
    code = compile(program_text(SMALL[name], tmp_path), "program.py", "exec")
    reached: set[int] = set()

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != "program.py":
            return None
        reached.add(frame.f_lineno)
        return trace

    namespace: dict[str, Any] = {"__name__": "__main__"}
    sys.settrace(trace)
    try:
        exec(code, namespace)
        state = namespace["init"](jax.random.key(3))
        inputs = {key: np.ones((2, *shape), np.float32) for key, shape in namespace["MODEL"]["inputs"].items()}
        outputs = namespace["predict"](state.params, state.stats, inputs)
    finally:
        sys.settrace(None)
    assert set(lines_of(code)) - reached == set()
    assert outputs.shape == (2, *namespace["MODEL"]["outputs"]["output"])
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"epoch 1: {namespace['CHOOSE']} {{")
    best, last = np.load("best.npz"), np.load("last.npz")
    assert best.files == last.files
    assert all(np.isfinite(best[weight]).all() for weight in best.files)


class Run:
    """A program and its training rows."""

    def __init__(self, small: Small, folder: Path):
        self.program = imported(program_text(small, folder))
        self.data = self.program.parts(small.table(), 3)["train"]
        self.begun = self.program.adapt(self.program.init(jax.random.key(3)), self.data)
        self.order = self.program.order(self.program.PART_ROWS["train"], 3, 1)

    def epoch(self, *cuts: int) -> tuple[Any, dict[str, float]]:
        """The state and sums after an epoch that is cut at some steps."""
        state, total = jax.tree.map(jnp.copy, self.begun), {}
        for start, stop in zip((0, *cuts), (*cuts, self.program.STEPS), strict=True):
            state, sums = self.program.run_steps(state, self.data, self.order, start, stop)
            total = {name: total.get(name, 0) + float(value) for name, value in sums.items()}
        return state, total


def bits(state: Any) -> list[bytes]:
    keys = jax.tree.map(
        lambda leaf: jax.random.key_data(leaf) if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf, state
    )
    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(keys)]


@pytest.mark.parametrize("name", ["one by one, ragged, stops early", "looped", "looped, ragged", "for a GPU"])
def test_cutting_an_epoch_never_changes_a_bit(name: str, tmp_path: Path) -> None:
    run = Run(SMALL[name], tmp_path)
    steps = run.program.STEPS
    assert steps >= 3
    whole, sums = run.epoch()
    assert bits(whole) != bits(run.begun)
    for cuts in [*((cut,) for cut in range(1, steps)), tuple(range(1, steps))]:
        cut, other = run.epoch(*cuts)
        assert bits(cut) == bits(whole), cuts
        assert other == pytest.approx(sums)


def test_sums_are_over_the_rows_that_were_trained_on(tmp_path: Path) -> None:
    run = Run(SMALL["looped, ragged"], tmp_path)
    _, sums = run.epoch()
    assert sums["accuracy"] == int(sums["accuracy"])
    assert 0 <= sums["accuracy"] <= run.program.PART_ROWS["train"]


def test_a_program_for_a_gpu_learns_the_same(tmp_path: Path) -> None:
    small = SMALL["for a GPU"]
    looped = Run(small, tmp_path)
    one_by_one = Run(Small(small.model, small.rows, small.settings, target="cpu"), tmp_path)
    texts = [
        program_text(Small(small.model, small.rows, small.settings, target=target), tmp_path)
        for target in ("cpu", "gpu")
    ]
    assert ["fori_loop" in text for text in texts] == [False, True]
    # they draw different numbers in training, so one of them is given the other's key
    assert [str(jax.random.key_impl(run.begun.key)) for run in (one_by_one, looped)] == ["threefry2x32", "rbg"]
    looped.begun = looped.begun._replace(key=one_by_one.begun.key)
    for one, other in zip(
        jax.tree.leaves(looped.epoch()[0].params), jax.tree.leaves(one_by_one.epoch()[0].params), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_bf16_keeps_weights_and_averages_in_float32(tmp_path: Path) -> None:
    run = Run(SMALL["bf16"], tmp_path)
    state, sums = run.epoch()
    for leaf in jax.tree.leaves((state.params, state.stats)):
        assert leaf.dtype == jnp.float32
    assert np.isfinite(sums["loss"])
    outputs = run.program.predict(state.params, state.stats, run.data[0])
    assert outputs.dtype == jnp.float32
    traced = jax.make_jaxpr(
        lambda params: run.program.apply(params, state.stats, run.data[0], train=True, key=state.key)
    )(state.params)
    heavy = [
        equation for equation in equations(traced) if equation.primitive.name in ("conv_general_dilated", "dot_general")
    ]
    assert len(heavy) == 2
    for equation in heavy:
        assert {variable.aval.dtype for variable in (*equation.invars, *equation.outvars)} == {jnp.dtype(jnp.bfloat16)}


@pytest.mark.parametrize("first", ["normalize(standard)", "normalize(minmax) -> normalize(center)"])
def test_bf16_takes_statistics_off_before_it_rounds(first: str) -> None:
    text = f"""
    model Years {{
        input x[2]
        {first} -> dense(1) -> sigmoid
    }}
    train {{
        data = moons(n = 60)
        loss = binary_cross_entropy
        optimizer = sgd(0.1)
        batch = 10
        epochs = 1
        precision = bf16
    }}
    """
    program = imported(emit(module_of(text)))
    years = np.stack([np.linspace(10_000, 10_010, 42), np.linspace(0, 1, 42)], 1).astype(np.float32)
    state = program.adapt(program.init(jax.random.key(0)), ({"x": years}, {}))
    outputs = np.asarray(program.predict(state.params, state.stats, {"x": years}))[:, 0]
    # in bfloat16 alone the ten years would be one number
    assert len(set(outputs.tolist())) > 20


def test_altering_the_text_alters_the_result(tmp_path: Path) -> None:
    small = SMALL["looped"]
    module, text = small.module(tmp_path), program_text(small, tmp_path)
    altered = text.replace("jnp.tanh(x)", "jax.nn.relu(x)")
    assert altered != text
    losses = [
        fit(module, program_text=each, arch_text=small.text, table=small.table(), runs=tmp_path).numbers["validation"][
            "loss"
        ]
        for each in (text, text, altered)
    ]
    assert losses[0] == losses[1] != losses[2]


def test_training_needs_no_kernels(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['archc.kernels'] = None\n"
        "from pathlib import Path\n"
        "from archc.train.driver import fit\n"
        "from tests.program.small import SMALL\n"
        "from tests.program.test_running import program_text\n"
        "small, folder = SMALL['looped'], Path(sys.argv[1])\n"
        "module = small.module(folder)\n"
        "text = program_text(small, folder)\n"
        "result = fit(module, program_text=text, arch_text=small.text, table=small.table(), runs=folder)\n"
        "print(result.numbers['validation'])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "accuracy" in run.stdout


def test_a_program_needs_no_archc(tmp_path: Path) -> None:
    small = SMALL["looped, ragged"]
    (tmp_path / "program.py").write_text(program_text(small, tmp_path))
    forbidden = "import sys; sys.modules.update(dict.fromkeys(['archc', 'pydantic', 'lark', 'click']))\n"
    code = (
        forbidden
        + "import runpy; sys.argv = ['program.py', 'rows.npz']; runpy.run_path('program.py', run_name='__main__')"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "best.npz").exists() and (tmp_path / "last.npz").exists()
