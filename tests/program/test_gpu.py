"""Programs for a GPU, on a machine without one: what XLA gets for CUDA, and that they learn the same on a CPU."""

import re
import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.diagnostics import Failed
from archc.ir import Module
from archc.program import emit
from archc.train.driver import fit, resume
from archc.train.progress import Progress, Silent
from archc.train.signals import Interrupted, Signals
from tests.models import FOLDER, built_in, imported, module_of
from tests.program.small import DENSE, Small

TWO = """\
block unit { conv(4, 3x3, padding = same, bias = false) -> batch_norm -> relu }

model Two {
    input image[6, 6, 1]
    input size[2]

    image -> conv(4, 3x3, padding = same) -> relu
    repeat 4 { unit }
    dropout(20%) -> global_avg_pool
    concat(it, size) -> tanh -> dropout(0.2)
    output kind  = dense(3) -> softmax
    output price = dense(1)
}

train {
    data      = npz("rows.npz", targets = ["kind", "cost"])
    loss      = cross_entropy(kind) + 0.5 * mse(price, cost)
    optimizer = sgd(0.05, momentum = 0.9)
    batch     = 8
    epochs    = 2
    validate  = 0
    test      = 0
    metrics   = [accuracy(kind), off = mae(price, cost)]
    precision = float32
}
"""
RANDOM = np.random.default_rng(2)
ROWS = {
    "image": RANDOM.normal(size=(22, 6, 6, 1)).astype(np.float32),
    "size": RANDOM.normal(size=(22, 2)).astype(np.float32),
    "kind": (np.arange(22) % 3).astype(np.int32),
    "cost": RANDOM.normal(size=(22, 1)).astype(np.float32),
}
BF16 = ("precision = float32", "precision = bf16")


def two(folder: Path, *changes: tuple[str, str]) -> Module:
    """The network above: 22 rows are two batches of 8 and one of 6."""
    np.savez(folder / "rows.npz", **ROWS)
    text = TWO
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return module_of(text, folder)


@dataclass(frozen=True)
class Lowered:
    """What XLA would get for CUDA: StableHLO by function, and the names and types of what `main` takes."""

    functions: dict[str, str]
    arguments: list[tuple[str, str, bool]]

    @property
    def steps(self) -> set[str]:
        """The functions that a training step consists of."""
        found: set[str] = set()
        waiting = [name for name in self.functions if re.fullmatch(r"train_step(_\d+)?", name)]
        while waiting:
            if (name := waiting.pop()) not in found:
                found.add(name)
                waiting += re.findall(r"(?<!_)call @([\w.]+)\(", self.functions[name])
        return found

    @property
    def loops(self) -> int:
        """How many device loops there are over training steps."""
        outside = [text for name, text in self.functions.items() if name not in self.steps]
        return sum(text.count("stablehlo.while") for text in outside)

    @property
    def convolutions(self) -> set[str]:
        """The types of elements that convolutions take and give."""
        lines = [line for text in self.functions.values() for line in text.splitlines() if ".convolution(" in line]
        return {kind for line in lines for kind in re.findall(r"tensor<(?:\d+x)*(\w+)>", line)}

    @property
    def parameters(self) -> set[str]:
        return {kind for name, kind, _ in self.arguments if name.startswith("state.params")}

    @property
    def donated(self) -> set[bool]:
        """Whether the arrays of the state may be overwritten."""
        return {donated for name, _, donated in self.arguments if name.startswith("state.")}

    @property
    def callbacks(self) -> list[str]:
        """What would have the device wait for Python."""
        names = re.findall(r"custom_call @(\w+)", "".join(self.functions.values()))
        host = re.findall(r"stablehlo\.(?:send|recv|infeed|outfeed)\b", "".join(self.functions.values()))
        return [name for name in names if "callback" in name] + host


def lowered(function: Any, *given: Any, platform: str = "cuda") -> Lowered:
    """What a jitted function becomes for a platform."""
    text = function.trace(*given).lower(lowering_platforms=(platform,)).as_text(debug_info=True)
    return read(text)


def exported(function: Any, *given: Any) -> Lowered:
    """The same by way of `jax.export`, whose artefact another machine could run."""
    return read(str(jax.export.export(function, platforms=["cuda"])(*given).mlir_module()))


def read(text: str) -> Lowered:
    pieces = re.split(r"^  func\.func (?:public|private) @", text, flags=re.MULTILINE)[1:]
    functions = {piece.split("(", 1)[0]: piece for piece in pieces}
    head = functions["main"].splitlines()[0].split(" -> ")[0]
    arguments = []
    for one in re.split(r"%arg\d+: ", head)[1:]:
        name = re.search(r'loc\("(.*?)"', one)
        kind = re.match(r"tensor<(?:[\dx]*x)?(\w+)>", one)
        assert name and kind, one
        arguments.append((name[1], kind[1], "tf.aliasing_output" in one or "jax.buffer_donor" in one))
    return Lowered(functions, arguments)


def epoch_of(program: Any) -> Any:
    """The jitted function that runs steps start..stop of an epoch."""
    return program.run_steps if hasattr(program.run_steps, "trace") else program.device_loop


def taken(module: Module, program: Any) -> tuple[Any, ...]:
    """What an epoch takes, without its numbers."""
    recipe = module.recipe
    assert recipe is not None

    def array(shape: tuple[int, ...], kind: type) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct((recipe.train_rows, *shape), kind)

    inputs = {port.name: array(port.shape, np.float32) for port in module.graph.inputs}
    kinds = {column.name: np.int32 if column.kind == "class" else np.float32 for column in recipe.data.targets}
    targets = {column.name: array(column.shape, kinds[column.name]) for column in recipe.data.targets}
    number = jax.ShapeDtypeStruct((), np.int32)
    return jax.eval_shape(program.init, jax.random.key(0)), (inputs, targets), array((), np.int32), number, number


@pytest.mark.parametrize("name", ["lenet5", "mnist_mlp", "digits"])
def test_an_epoch_of_a_built_in_model_is_one_program(name: str) -> None:
    module = built_in(FOLDER / f"{name}.arch")
    program = imported(emit(module, "gpu"))
    found = exported(epoch_of(program), *taken(module, program))
    assert found.loops == 1
    assert found.donated == {True} and found.parameters == {"f32"}
    assert found.callbacks == []
    assert found.convolutions == (set() if name == "mnist_mlp" else {"f32"})


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> tuple[Module, str]:
    """The network with two inputs and outputs in bfloat16, and its program."""
    module = two(tmp_path_factory.mktemp("two"), BF16)
    return module, emit(module, "gpu")


def test_bf16_reaches_convolutions_and_not_parameters(network: tuple[Module, str]) -> None:
    module, text = network
    program = imported(text)
    found = exported(epoch_of(program), *taken(module, program))
    assert found.convolutions == {"bf16"}
    assert found.parameters == {"f32"} and found.donated == {True}
    assert found.loops == 1 and found.callbacks == []
    # the scan over the repeat is inside the step
    assert sum(found.functions[name].count("stablehlo.while") for name in found.steps) >= 2


RETURNED = "    return TrainState(\n        params, stats, optimizer"
ALTERED = {
    "loops": (
        "    full = device_loop(",
        "    state, _ = device_loop(state, data, order, start, start)\n    full = device_loop(",
    ),
    "donated": ('@jax.jit(donate_argnames="state")\ndef run_steps', "@jax.jit\ndef run_steps"),
    "convolutions": ("jnp.bfloat16", "jnp.float16"),
    "parameters": (RETURNED, f"    params = jax.tree.map(lambda w: w.astype(jnp.bfloat16), params)\n{RETURNED}"),
    "callbacks": ("    inputs, targets = jax", '    jax.debug.print("{}", state.step)\n    inputs, targets = jax'),
}


@pytest.mark.parametrize("what", ALTERED)
def test_another_program_would_be_noticed(what: str, network: tuple[Module, str]) -> None:
    """Each thing that the tests above read is otherwise in a program where it is wrong."""
    module, text = network
    assert ALTERED[what][0] in text
    program = imported(text.replace(*ALTERED[what]))
    # JAX writes callbacks only for a platform that is there
    platform = "cpu" if what == "callbacks" else "cuda"
    found = lowered(epoch_of(program), *taken(module, program), platform=platform)
    right = {
        "loops": 1,
        "donated": {True},
        "convolutions": {"bf16"},
        "parameters": {"f32"},
        "callbacks": [],
    }
    assert {name for name, value in right.items() if getattr(found, name) != value} == {what}


def test_steps_that_are_calls_are_no_loop() -> None:
    module = built_in(FOLDER / "digits.arch")
    program = imported(emit(module, "cpu"))
    state, data, *_ = taken(module, program)
    assert lowered(program.train_step, state, data, jax.ShapeDtypeStruct((32,), np.int32)).loops == 0


class Run:
    """A program of the network with two inputs and outputs, and its first state."""

    def __init__(self, folder: Path, target: str, *changes: tuple[str, str]):
        self.program = imported(emit(two(folder, *changes), target))  # type: ignore[arg-type]
        self.data = self.program.parts(ROWS, 3)["train"]
        self.begun = self.program.adapt(self.program.init(jax.random.key(3)), self.data)

    def drawing_as(self, other: "Run") -> "Run":
        """The same with the other's random key, so that both drop the same values."""
        assert jax.random.key_impl(self.begun.key) != jax.random.key_impl(other.begun.key)
        same = copy(self)
        same.begun = self.begun._replace(key=other.begun.key)
        return same

    def named(self, params: Any) -> dict[str, np.ndarray]:
        named: dict[str, np.ndarray] = self.program.named(self.begun._replace(params=params, stats={}))
        return named

    def slopes(self) -> tuple[float, dict[str, np.ndarray]]:
        """The loss in training over all rows, and its gradient by weight."""
        program, (inputs, targets), state = self.program, self.data, self.begun

        def objective(params: Any) -> Any:
            return program.loss(program.apply(params, state.stats, inputs, train=True, key=state.key)[0], targets)

        value, slopes = jax.jit(jax.value_and_grad(objective))(state.params)
        return float(value), self.named(slopes)

    def epoch(self) -> tuple[dict[str, np.ndarray], dict[str, float]]:
        """The weights and statistics after an epoch, and its sums."""
        program = self.program
        order = program.order(program.PART_ROWS["train"], 3, 1)
        state = jax.tree.map(jnp.copy, self.begun)
        state, sums = program.run_steps(state, self.data, order, 0, program.STEPS)
        return program.named(state), {name: float(value) for name, value in sums.items()}


def close(one: dict[str, np.ndarray], other: dict[str, np.ndarray], far: float) -> None:
    """Whether all arrays are equal but for `far` times the largest number of each."""
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_allclose(other[name], value, atol=far * max(float(np.abs(value).max()), 1e-3), err_msg=name)


Runs = Callable[..., Run]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Runs by target and changes, each made once."""
    folder = tmp_path_factory.mktemp("runs")
    return cache(lambda target, *changes: Run(folder, target, *changes))


def test_it_learns_the_same_on_a_cpu(runs: Runs) -> None:
    plain = runs("cpu")
    gpu = runs("gpu").drawing_as(plain)
    close(plain.named(plain.begun.params), gpu.named(gpu.begun.params), 1e-6)
    (loss, slopes), (other, others) = plain.slopes(), gpu.slopes()
    assert other == pytest.approx(loss, rel=1e-5)
    close(slopes, others, 1e-4)
    (weights, sums), (looped, added) = plain.epoch(), gpu.epoch()
    close(weights, looped, 1e-4)
    assert added == pytest.approx(sums, rel=1e-5)
    assert any((weights[name] != value).any() for name, value in plain.named(plain.begun.params).items())


def test_it_learns_nearly_the_same_in_bf16(runs: Runs) -> None:
    exact, plain = runs("cpu"), runs("cpu", BF16)
    gpu = runs("gpu", BF16).drawing_as(plain)
    (loss, _), (other, slopes) = exact.slopes(), gpu.slopes()
    assert loss != other == pytest.approx(loss, rel=0.02)
    close(plain.slopes()[1], slopes, 0.05)
    weights, _ = gpu.epoch()
    assert {value.dtype for value in weights.values()} == {np.dtype(np.float32)}
    close(plain.epoch()[0], weights, 0.05)


def test_pieces_of_an_epoch_are_one_compiled_program(runs: Runs) -> None:
    gpu = runs("gpu").drawing_as(runs("cpu"))
    program = gpu.program
    gpu.epoch()
    compiled = program.run_steps._cache_size()
    state, order = jax.tree.map(jnp.copy, gpu.begun), program.order(program.PART_ROWS["train"], 3, 1)
    for start, stop in ((0, 1), (1, 3)):
        state, _ = program.run_steps(state, gpu.data, order, start, stop)
    assert program.STEPS == 3 and program.run_steps._cache_size() == compiled
    for one, other in zip(program.named(state).values(), gpu.epoch()[0].values(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_both_targets_take_the_same_rows_in_the_same_order(runs: Runs) -> None:
    plain, gpu = runs("cpu"), runs("gpu")
    for one, other in zip(jax.tree.leaves(plain.data), jax.tree.leaves(gpu.data), strict=True):
        np.testing.assert_array_equal(one, other)
    for seed, epoch in ((3, 1), (3, 2), (2**31 - 1, 1)):
        orders = [run.program.order(22, seed, epoch) for run in (plain, gpu)]
        assert isinstance(orders[0], np.ndarray) and isinstance(orders[1], jax.Array)
        np.testing.assert_array_equal(*orders)


def test_masks_of_its_own_generator_are_fair(runs: Runs) -> None:
    """Each step drops other values, a fifth of them: 6 standard deviations."""
    gpu = runs("gpu")
    keys = [jax.random.fold_in(gpu.begun.key, step) for step in range(2)]
    masks = [np.asarray(gpu.program.dropout(np.ones(10_000, np.float32), key, rate=0.2)) for key in keys]
    assert (masks[0] != masks[1]).any()
    for mask in masks:
        assert set(np.unique(mask)) == {0.0, np.float32(1.25)}
        assert abs((mask == 0).mean() - 0.2) < 6 * 0.004


@pytest.mark.skipif(jax.default_backend() == "gpu", reason="there is a GPU")
def test_where_there_is_no_gpu_that_is_said(tmp_path: Path) -> None:
    module = two(tmp_path)
    with pytest.raises(Failed) as failed:
        fit(module, program_text=emit(module, "gpu"), arch_text=TWO, table=ROWS, run=tmp_path / "run", device="gpu")
    found = failed.value.diagnostics[0]
    assert (found.code, found.title) == ("E0803", "there is no device `gpu`")
    assert found.notes[0] == "JAX sees: cpu" and not (tmp_path / "run").exists()


class StopsAtOnce(Silent):
    """Asks a run to stop behind its first step."""

    def __init__(self) -> None:
        self.signals = Signals()

    def stepped(self, progress: Progress) -> None:
        assert (progress.epoch, progress.step) == (1, 1)
        self.signals.code, self.signals.asked_at = 130, time.monotonic()


def test_a_run_that_was_stopped_in_an_epoch_ends_with_the_same_bits(tmp_path: Path) -> None:
    """Though its key is of another kind, which a checkpoint has to tell."""
    small = Small(DENSE, 37, (("validate", "5"), ("test", "5")), target="gpu")
    module = small.module(tmp_path)
    given: dict[str, Any] = {"program_text": emit(module, "gpu"), "arch_text": small.text, "table": small.table()}
    fit(module, run=tmp_path / "whole", **given)
    listener = StopsAtOnce()
    with pytest.raises(Interrupted):
        fit(module, run=tmp_path / "stopped", listener=listener, signals=listener.signals, **given)
    resume(tmp_path / "stopped", small.table())
    ends = []
    for name in ("whole", "stopped"):
        with np.load(tmp_path / name / "last.npz") as file:
            ends.append({weight: file[weight].tobytes() for weight in file})
    assert ends[0] == ends[1]
    manifest = max(tmp_path.glob("stopped/checkpoints/0*/manifest.json")).read_text()
    assert '"key":"rbg"' in manifest
