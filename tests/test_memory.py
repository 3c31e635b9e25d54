"""The estimate of what a training step needs, beside what XLA says of the compiled step."""

from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.ir import Module
from archc.memory import Estimate, Span, estimate, housed
from tests.models import FOLDER, module_of, program_of

CLOSE, CLOSER = 0.2, 0.1
"""How far the estimate may be off, as a share of what XLA says, and of what it says of large networks."""

SMALL = {
    "dense": "flatten\n repeat 6 { dense(256) -> relu }\n dense(10)",
    "normed": "flatten\n repeat 6 { dense(256) -> layer_norm -> tanh -> dropout(20%) }\n dense(10)",
    "scanned": "flatten\n dense(64) -> relu\n repeat 20 { dense(64) -> relu }\n dense(10)",
    "lenet": "conv(6, 5x5, padding = 2) -> tanh -> avg_pool(2x2)\n conv(16, 5x5) -> tanh -> avg_pool(2x2)\n flatten\n"
    " dense(120) -> tanh -> dense(84) -> tanh -> dense(10)",
    "residual": "conv(16, 3x3, padding = 1, bias = false) -> batch_norm -> relu\n"
    " repeat 3 { add(it, conv(16, 3x3, padding = 1, bias = false) -> batch_norm) -> relu }\n"
    " max_pool(2x2) -> conv(32, 3x3) -> relu\n global_avg_pool -> dense(10)",
    "concatenated": "conv(16, 3x3, padding = 1)\n"
    " repeat 4 { concat(it, batch_norm -> relu -> conv(12, 3x3, padding = 1)) }\n global_avg_pool -> dense(10)",
    "there_and_back": "let a = conv(16, 3x3, padding = 1) -> relu\n"
    " a -> max_pool(2x2) -> conv(32, 3x3, padding = 1) -> relu -> conv_transpose(16, 2x2, stride = 2)\n"
    " concat(it, a)\n conv(16, 3x3, padding = 1) -> relu -> global_avg_pool -> dense(10)",
    "sliding": "conv(16, 3x3, padding = 1) -> relu -> lrn(5) -> max_pool(3x3, stride = 2)\n"
    " conv(32, 3x3, padding = 1, groups = 2) -> relu -> max_pool(3x3, stride = 2)\n flatten\n dense(50) -> dense(10)",
}


def trained(text: str, shape: tuple[int, int, int], folder: Path, batch: int, optimizer: str, classes: int) -> Module:
    """A model with a recipe for random images, one training batch of them."""
    labels = np.append(np.arange(batch + 1) % classes, classes - 1)
    np.savez(folder / "rows.npz", image=np.zeros((batch + 2, *shape), np.uint8), label=labels)
    outputs = [line.split()[1] for line in text.splitlines() if line.strip().startswith("output ")]
    loss = " + ".join(f"cross_entropy({name})" for name in outputs) or "cross_entropy"
    recipe = (
        f'data = npz("rows.npz")\n validate = 1\n test = 1\n loss = {loss}\n'
        f" optimizer = {optimizer}\n batch = {batch}\n epochs = 1"
    )
    return module_of(f"{text}\ntrain {{\n {recipe}\n}}\n", folder)


def by_xla(module: Module) -> int:
    """Bytes of the compiled step: arguments, results and temporary values, what is donated counted once."""
    program, recipe = program_of(module), module.recipe
    assert recipe is not None
    state = jax.eval_shape(program.init, jax.random.key(0))
    inputs = {port.name: jax.ShapeDtypeStruct((recipe.batch, *port.shape), jnp.float32) for port in module.graph.inputs}
    targets = {column.name: jax.ShapeDtypeStruct((recipe.batch,), jnp.int32) for column in recipe.data.targets}
    rows = jax.ShapeDtypeStruct((recipe.batch,), jnp.int32)
    found = program.train_step.lower(state, (inputs, targets), rows).compile().memory_analysis()
    kept = found.argument_size_in_bytes - found.alias_size_in_bytes
    return int(kept + found.output_size_in_bytes + found.temp_size_in_bytes)


def compared(module: Module, close: float = CLOSE) -> None:
    assert estimate(module).total == pytest.approx(by_xla(module), rel=close)


@pytest.mark.parametrize("name", SMALL)
def test_small_networks(name: str, tmp_path: Path) -> None:
    text = f"model Net {{\n input image[32, 32, 3]\n {SMALL[name]}\n}}\n"
    compared(trained(text, (32, 32, 3), tmp_path, 64, "sgd(0.1)", 10))


ALONE = pytest.mark.xfail(reason="XLA holds 0.9 MB an example up to batches of 32, and 0.56 from 64 on", strict=True)


@pytest.mark.slow
@pytest.mark.parametrize("batch", [8, 256])
@pytest.mark.parametrize("name", SMALL)
def test_small_networks_with_adam_and_other_batches(
    name: str, batch: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if (name, batch) == ("sliding", 8):
        request.applymarker(ALONE)
    text = f"model Net {{\n input image[32, 32, 3]\n {SMALL[name]}\n}}\n"
    compared(trained(text, (32, 32, 3), tmp_path, batch, "adam(0.1)", 10))


@pytest.mark.slow
def test_a_resnet_of_small_images(tmp_path: Path) -> None:
    text = (FOLDER / "resnet18.arch").read_text(encoding="utf-8").split("    expect")[0] + "head(classes)\n}\n"
    shape = (64, 64, 3)
    compared(
        trained(text.replace("[224, 224, 3]", "[64, 64, 3]"), shape, tmp_path, 16, "sgd(0.1, momentum = 0.9)", 1000)
    )


@pytest.mark.slow
@pytest.mark.parametrize("batch", [2, 8, 32])
@pytest.mark.parametrize("name", ["alexnet", "vgg16", "resnet18", "resnet50", "googlenet"])
def test_large_networks(name: str, batch: int, tmp_path: Path) -> None:
    text = (FOLDER / f"{name}.arch").read_text(encoding="utf-8")
    side = 227 if name == "alexnet" else 224
    compared(trained(text, (side, side, 3), tmp_path, batch, "sgd(0.01, momentum = 0.9)", 1000), CLOSER)


def of(text: str, batch: int | None = None) -> Estimate:
    return estimate(module_of(f"model Net {{\n input x[32, 32, 3]\n {text}\n}}\n"), batch)


def test_what_it_is_made_of() -> None:
    one, many = (of("conv(8, 3x3) -> batch_norm -> relu\n flatten\n dense(10)", batch) for batch in (None, 100))
    assert one.weights == 4 * (8 * 27 + 8 + 4 * 8 + 7200 * 10 + 10)
    assert (one.batch, one.optimizer, one.state) == (1, "", 0), "without a recipe a step is plain sgd's, on one example"
    assert many.batch_rows == 100 * one.batch_rows == 400 * 32 * 32 * 3
    assert many.kept == 100 * one.kept
    assert one.total == one.weights + one.state + one.batch_rows + one.kept + one.workspace


def test_an_optimizer_keeps_arrays_of_what_learns(tmp_path: Path) -> None:
    text = "model Net {\n input image[8, 8, 1]\n flatten\n dense(20) -> relu -> dense(10)\n}\n"
    for optimizer, slots in (("sgd(0.1)", 0), ("sgd(0.1, momentum = 0.9)", 1), ("adam(0.1)", 2)):
        module = trained(text, (8, 8, 1), tmp_path, 4, optimizer, 10)
        assert estimate(module).state == slots * estimate(module).weights
    assert module.recipe is not None
    frozen = module.model_copy(update={"recipe": module.recipe.model_copy(update={"freeze": ("dense1",)})})
    assert estimate(frozen).state == 2 * 4 * (20 * 10 + 10)


def test_what_is_frozen_first_keeps_nothing(tmp_path: Path) -> None:
    text = (
        "model Net {\n input image[8, 8, 1]\n conv(64, 3x3) -> relu -> conv(64, 3x3) -> relu\n flatten\n dense(10)\n}\n"
    )
    module = trained(text, (8, 8, 1), tmp_path, 4, "sgd(0.1)", 10)
    assert module.recipe is not None
    frozen = module.model_copy(update={"recipe": module.recipe.model_copy(update={"freeze": ("conv1", "conv2")})})
    assert estimate(frozen).kept < estimate(module).kept / 3
    assert estimate(frozen).total < estimate(module).total


@pytest.mark.parametrize("tower", ["dense(64)", "dense(64) -> relu -> dense(64)"])
def test_shared_weights_count_once(tower: str, tmp_path: Path) -> None:
    text = f"model Net {{\n input image[8, 8, 1]\n flatten\n share tower = {tower}\n tower -> tower -> dense(10)\n}}\n"
    step = estimate(trained(text, (8, 8, 1), tmp_path, 4, "adam(0.1)", 10))
    assert step.weights == 4 * (tower.count("dense") * 65 * 64 + 65 * 10)
    assert step.state == 2 * step.weights


def test_a_network_of_no_layers_needs_no_more_than_its_input() -> None:
    assert of("flatten").total == 4 * 2 * 32 * 32 * 3


def test_a_batch_in_bf16_takes_half(tmp_path: Path) -> None:
    text = "model Net {\n input image[8, 8, 1]\n conv(64, 3x3) -> relu -> global_avg_pool -> dense(10)\n}\n"
    module = trained(text, (8, 8, 1), tmp_path, 4, "sgd(0.1)", 10)
    assert module.recipe is not None
    half = module.model_copy(update={"recipe": module.recipe.model_copy(update={"precision": "bf16"})})
    assert 2 * estimate(half).kept == estimate(module).kept


def test_a_place_takes_one_thing_that_ends_before_it_is_written() -> None:
    place = Span(0, 9, 100, once=True, place=True)
    early, late, large = Span(1, 5, 60, once=True), Span(1, 9, 80, once=True), Span(1, 5, 120, once=True)
    assert housed([place, early, late, large], 4) == 4 * 60
    assert housed([place, early, replace(early, size=70)], 4) == 4 * 70, "the largest that fits, and one only"
    assert housed([place], 4) == 0, "a copy doesn't stand where it is copied from"
