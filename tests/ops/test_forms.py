"""Every form of a layer gives what its plain form gives: values and gradients, alone and in whole programs."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.data.made import digits
from archc.diagnostics import Failed
from archc.ir.items import op_of
from archc.ir.tuning import Measured, Timed, Tuning, layer_key
from archc.kernels.norm import standardized, standardized_by_products
from archc.ops import Op
from archc.ops.form import Target
from archc.program import emit
from archc.program.lowering import Lowering, planned
from archc.program.plan import plan
from archc.types import TensorType
from tests.models import imported, module_of

LAYERS = [
    ("28, 28, 1", "conv(6, 5x5, padding = 2)"),
    ("28, 28, 1", "conv(8, 3x3, padding = same, bias = false)"),
    ("14, 14, 6", "conv(16, 5x5)"),
    ("9, 11, 3", "conv(8, 3x2, stride = 2x3, padding = [(1, 0), (2, 1)])"),
    ("9, 8, 6", "conv(4, 3x3, stride = 2, padding = same)"),
    ("9, 8, 6", "conv(4, 2x5, stride = 3x1, padding = 1)"),
    ("8, 7, 5", "conv(3, 1x1, stride = 2)"),
    ("8, 7, 5", "conv(3, 1x1)"),
    ("2, 2, 7", "conv(4, 3x3, padding = 1)"),
    ("12, 12, 2", "conv(5, 5x5, stride = 2, padding = same, connect = [[0], [0, 1], [1], [0, 1], [1]])"),
    ("9, 8, 3", "max_pool(2x2)"),
    ("9, 8, 3", "max_pool(3x3, stride = 2)"),
    ("9, 8, 3", "max_pool(3x2, stride = 1x2, padding = [(1, 1), (0, 1)])"),
    ("9, 8, 3", "max_pool(2x2, stride = 3, ceil = true)"),
    ("9, 8, 3", "avg_pool(2x2)"),
    ("8, 8, 3", "avg_pool(2x2)"),
    ("9, 8, 3", "avg_pool(3x3, stride = 2, padding = 1)"),
    ("9, 8, 3", "avg_pool(3x2, stride = 2, ceil = true)"),
    ("13, 4", "max_pool(3, stride = 2)"),
    ("13, 4", "avg_pool(3, stride = 2)"),
    ("5, 6, 7, 2", "max_pool(3x2x3, stride = 2)"),
    ("5, 6, 7, 2", "avg_pool(3x2x3, stride = 2, padding = 1)"),
    ("13, 4", "pointwise(6)"),
    ("6, 5, 4", "pointwise(7, bias = false)"),
    ("130", "dense(3)"),
    ("128", "dense(32, bias = false)"),
]
TARGETS: tuple[Target, ...] = ("cpu", "gpu")


def layer(shape: str, text: str) -> tuple[Any, Op, TensorType]:
    module = module_of(f"model Net {{ input x[{shape}]\n {text} }}")
    node = module.graph.nodes[0]
    op = op_of(node)
    assert op is not None
    return module, op, TensorType(module.graph.inputs[0].shape)


def choosing(op: Op, x: TensorType, form: str, target: Target = "cpu") -> Tuning:
    measured = Measured(
        device="a CPU", versions="jax", batch=2, layers={layer_key(op, x): Timed(form=form, milliseconds={})}
    )
    return Tuning(file="net.lowering.json", **{target: measured})


def values_and_gradients(text: str) -> tuple[Any, Any, Any]:
    """What a program gives for random numbers, the gradients of its weights and of what enters."""
    program = imported(text)
    with jax.enable_x64(True):
        key = jax.random.key(0)
        params, stats = jax.tree.map(lambda each: each.astype(jnp.float64), program.init(key)[:2])
        shape = program.MODEL["inputs"]["x"]
        # no two cells of a window are equal, so that there is one largest
        x = jax.random.permutation(key, jnp.arange(3 * np.prod(shape), dtype=jnp.float64)).reshape(3, *shape) / 100

        def give(params: Any, x: Any) -> Any:
            return program.apply(params, stats, {"x": x}, train=True, key=key)[0]

        @jax.jit
        def both(params: Any, x: Any) -> Any:
            y, back = jax.vjp(give, params, x)
            return (y, *back(jax.random.normal(key, y.shape, y.dtype)))

        return both(params, x)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("shape", "text"), LAYERS, ids=lambda text: text)
def test_every_form_gives_the_same(shape: str, text: str, target: Target) -> None:
    module, op, x = layer(shape, text)
    forms = op.forms(x, target)
    plain = emit(module, target, plain=True)
    assert [form.plain for form in forms].count(True) == (1 if forms else 0)
    expected = values_and_gradients(plain)
    programs = {emit(module, target, tuning=choosing(op, x, form.name, target)) for form in forms}
    assert len(programs) == len(forms), "each is written otherwise"
    for program in programs:
        found = values_and_gradients(program)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9), found, expected)


def test_layers_have_several_forms_on_a_cpu() -> None:
    assert all(len(op.forms(x, "cpu")) > 1 for _, op, x in (layer(*each) for each in LAYERS))


@pytest.mark.parametrize(
    ("shape", "text", "name"),
    [
        ("28, 28, 1", "conv(6, 5x5, padding = 2)", "conv2d_by_products"),
        ("20, 20, 4", "conv(4, 5x5)", "conv2d_by_lines"),
        ("28, 28, 1", "conv(32, 3x3, padding = 1)", "conv2d_by_products"),
        ("28, 28, 1", "conv(32, 5x5, padding = 2)", "conv2d_by_products"),
        ("32, 32, 3", "conv(16, 3x3, padding = 1)", "conv2d_by_products"),
        ("32, 32, 3", "conv(64, 3x3, padding = 1)", "conv2d_apart"),
        ("14, 14, 6", "conv(16, 5x5)", "conv2d_by_lines"),
        ("32, 32, 16", "conv(16, 3x3, padding = 1)", "conv2d_apart"),
        ("32, 32, 16", "conv(32, 3x3, padding = 1, stride = 2)", "conv2d_spread_back"),
        ("32, 32, 16", "conv(32, 1x1, stride = 2)", "conv2d_pointwise"),
        ("2, 2, 512", "conv(512, 3x3, padding = 1)", "conv2d_by_patches"),
        ("55, 55, 64", "max_pool(3x3, stride = 2)", "max_pool_by_direction"),
        ("28, 28, 6", "avg_pool(2x2)", "as_written"),
        ("128", "dense(10)", "product_to_few"),
    ],
)
def test_the_rule_takes_what_was_measured_to_be_fastest(shape: str, text: str, name: str) -> None:
    _, op, x = layer(shape, text)
    assert Lowering(barriers=True).forms(op, x)[0].name == name
    assert not Lowering().forms(op, x)[0].barrier, "without a recipe no step is compiled so that barriers last"
    assert Lowering(plain=True).forms(op, x)[0].plain
    assert Lowering(narrow=True).forms(op, x) == ()


def test_what_was_measured_goes_before_the_rule() -> None:
    module, op, x = layer("14, 14, 6", "conv(16, 5x5)")
    key = layer_key(op, x)
    timed = Timed(
        form="conv2d_by_patches", milliseconds={"conv2d_by_patches": 1.0, "conv2d": 2.5, "conv2d_by_lines": 3}
    )
    measured = Measured(device="a CPU", versions="jax", batch=2, layers={key: timed})
    tuning = Tuning(file="net.lowering.json", cpu=measured)
    first = Lowering(tuning=tuning).forms(op, x)[0]
    assert (first.name, first.measured) == ("conv2d_by_patches", "net.lowering.json")
    assert first.why == "1 ms, and 2.5 by XLA's convolution (net.lowering.json)"
    text = emit(module, tuning=tuning)
    assert "conv2d_by_patches(\n" in text.split("def apply")[1] or "conv2d_by_patches(x" in text.split("def apply")[1]
    assert "# 1 ms, and 2.5 by XLA's convolution (net.lowering.json)\ndef conv2d_by_patches(" in text
    assert emit(module, "gpu", tuning=tuning) == emit(module, "gpu"), "it was measured on a CPU"
    assert emit(module, plain=True, tuning=tuning) == emit(module, plain=True)


def test_a_form_that_is_none_is_told() -> None:
    module, op, x = layer("9, 8, 3", "max_pool(2x2)")
    with pytest.raises(Failed) as failed:
        emit(module, tuning=choosing(op, x, "max_pool_sideways"))
    (told,) = failed.value.diagnostics
    assert told.code == "E1101"
    assert told.title.startswith("net.lowering.json wants the form `max_pool_sideways` for max_pool(")
    assert "it has `as_written`, `max_pool_windows`" in told.help


def test_what_is_standardized_by_products_is_standardized() -> None:
    close = np.testing.assert_allclose
    with jax.enable_x64(True):
        keys = jax.random.split(jax.random.key(0), 3)
        x = jax.random.normal(keys[0], (5, 4, 3, 6), jnp.float64) * 3 + 1
        scale, shift = (jax.random.normal(key, (6,), jnp.float64) for key in keys[1:])
        for one, other in zip(
            standardized(x, scale, shift, 1e-3), standardized_by_products(x, scale, shift, 1e-3), strict=True
        ):
            close(one, other, rtol=1e-12, atol=1e-12)
    far = np.random.default_rng(0).normal(1000, 1, (128, 28, 28, 8)).astype(np.float32)
    _, mean, variance = jax.jit(lambda x: standardized_by_products(x, np.ones(8), np.zeros(8), 1e-5))(far)
    close(mean, far.astype(np.float64).mean((0, 1, 2)), rtol=3e-7)
    close(variance, far.astype(np.float64).var((0, 1, 2)), rtol=3e-6)


def test_gradients_of_what_is_standardized_by_products() -> None:
    close = np.testing.assert_allclose
    with jax.enable_x64(True):
        keys = jax.random.split(jax.random.key(0), 4)
        x, slopes = (jax.random.normal(key, (5, 4, 3, 6), jnp.float64) * 3 + 1 for key in keys[:2])
        scale, shift = (jax.random.normal(key, (6,), jnp.float64) for key in keys[2:])
        gradients = [
            jax.vjp(lambda *given, form=form: form(*given, 1e-3)[0], x, scale, shift)[1](slopes)
            for form in (standardized, standardized_by_products)
        ]
        for one, other in zip(*gradients, strict=True):
            close(one, other, rtol=1e-10, atol=1e-11)


def test_beside_convolutions_small_heads_are_as_written() -> None:
    heads = "flatten -> dense(10)", "pointwise(9) -> flatten -> dense(10)"
    for size, name in ((4, "as_written"), (20, "product_to_few")):
        for head in heads:
            text = f"model Net {{\n input x[{size}, {size}, 8]\n conv(9, 3x3, padding = 1) -> {head}\n}}"
            found = {step.node.op: step.form for step in planned(module_of(text), Lowering()).layers()}
            assert (found["dense"].name if found["dense"] else "as_written") == name
            assert "pointwise" not in found or found["pointwise"].name == "product_of_rows"


def test_behind_a_norm_gradients_are_not_scattered() -> None:
    """XLA would compute the sum of shifted copies again for all that a norm's own gradient does with it."""
    strided = "conv(8, 3x3, stride = 2, padding = 1)"
    text = "model Net {{\n input x[28, 28, 8]\n {} -> {}\n global_avg_pool -> dense(2)\n}}"
    for before, form in (
        ("batch_norm", "conv2d_apart"),
        ("relu", "conv2d_spread_back"),
        ("layer_norm", "conv2d_apart"),
    ):
        layers = plan(module_of(text.format(before, strided)).graph, Lowering(barriers=True)).layers()
        assert next(step for step in layers if step.node.op == "conv").form.name == form, before


def test_barriers_last_in_steps_and_steps_are_those_of_the_plain_program(tmp_path: Path) -> None:
    """XLA without its expander computes nothing together that stands on two sides of one."""
    layers = (
        "conv(8, 3x3, padding = 1, bias = false) -> batch_norm -> relu\n"
        " conv(8, 3x3, padding = 1, bias = false) -> batch_norm -> relu\n conv(8, 3x3, stride = 2)"
    )
    recipe = "data = digits()\n loss = cross_entropy\n optimizer = sgd(0.1)\n batch = 32\n epochs = 1"
    text = f"model Net {{\n input image[8, 8, 1]\n {layers} -> relu\n flatten -> dense(10) -> softmax\n}}"
    module = module_of(f"{text}\ntrain {{\n {recipe}\n}}\n", tmp_path)
    taken = []
    for plain in (False, True):
        program = imported(emit(module, plain=plain))
        data = program.parts(digits(), 0)["train"]
        state, rows = program.init(jax.random.key(0)), jnp.arange(32)
        compiled = program.train_step.lower(state, data, rows).compile()
        assert ("opt-barrier" in compiled.as_text()) != plain
        for _ in range(3):
            state, sums = compiled(state, data, rows)
        taken.append((state.params, state.stats, sums))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-5), *taken)
