"""Programs of models with blocks and repeats, as people read them."""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.data.dataset import Where
from archc.data.readers import load
from archc.ir import Module
from archc.program import emit
from archc.train.driver import fit
from archc.train.evaluation import evaluate
from archc.train.weights import with_weights
from tests.cost import growth
from tests.jaxprs import equations
from tests.models import imported, module_of

FOLDER = Path(__file__).parents[1] / "golden" / "blocks"
FILES = sorted(FOLDER.glob("*.arch"))


def program(name: str, target: str = "cpu", *, unroll: bool = False) -> str:
    path = FOLDER / f"{name}.arch"
    module = module_of(path.read_text(encoding="utf-8"), name=path.name)
    # one function for all uses of a block shows best where layers of all shapes have one form
    return emit(module, target, unroll=unroll, plain=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_programs_with_blocks(path: Path, golden: Callable[[Path, str], None]) -> None:
    golden(path.with_suffix(".py"), program(path.stem))


def functions(text: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}


def deep(count: int, *, extra: str = "", layers: str = "dense(4) -> relu", recipe: bool = False) -> str:
    train = "train { data = moons(n = 60)\n loss = cross_entropy\n optimizer = adam(1e-2)\n batch = 12\n epochs = 2\n"
    model = f"model Deep {{ input x[2]\n dense(4)\n repeat {count} {{ {layers} }}\n dense(2) -> softmax }}\n"
    return model + (f"{train} {extra} }}\n" if recipe else "")


def test_a_block_is_a_function_that_says_what_it_is() -> None:
    found = functions(program("residual"))
    order = [name for name in found if name in ("unit", "residual", "residual_2", "stage", "stage_2", "apply")]
    assert order == ["unit", "residual", "residual_2", "stage", "stage_2", "apply"], "what is called stands before"
    doc = ast.get_docstring(found["unit"])
    assert doc == "Block unit, residual.arch:2: [28, 28, 1] -> [28, 28, 16] and other sizes."
    assert ast.get_docstring(functions(program("towers"))["tower"]) == "Block tower, towers.arch:2: [8] -> [4]."


def test_a_block_has_a_function_for_each_form_of_its_layers() -> None:
    found = functions(emit(module_of((FOLDER / "residual.arch").read_text(encoding="utf-8"))))
    units = [name for name in found if re.fullmatch(r"unit(_\d)?", name)]
    assert units == ["unit", "unit_2", "unit_3"]
    forms = [re.findall(r"conv2d\w*", ast.unparse(found[name])) for name in units]
    assert forms == [["conv2d_by_products"], ["conv2d_apart"], ["conv2d_spread_back"]]


def test_a_function_takes_what_it_needs_and_no_more() -> None:
    def parameters(name: str, of: str) -> str:
        return ast.unparse(functions(program(of))[name].args)

    assert parameters("gated", "towers") == "params, x, other"
    assert parameters("tower", "towers") == "params, stats, x, *, train"
    assert parameters("highway", "deep") == "params, x"
    assert parameters("stage_2", "residual") == "params, stats, x, *, count, train"
    assert parameters("init_unit", "residual") == "key, *, inputs, filters"


def test_settings_are_called_what_the_file_calls_them() -> None:
    text = """
    block unit(filters, rate) { dense(filters) -> dropout(rate) -> leaky_relu(rate / 10) }
    model Net { input x[2]
        unit(3, 10%) -> unit(4, 20%) -> unit(5, 20%) }
    """
    found = functions(emit(module_of(text)))
    assert ast.unparse(found["init_unit"].args) == "key, *, inputs, filters"
    unit = ast.unparse(found["unit"])
    assert "rate=rate" in unit
    apply = ast.unparse(found["apply"])
    assert "rate=0.1" in apply and apply.count("rate=0.2") == 2


def test_uses_that_differ_in_more_than_numbers_are_siblings() -> None:
    text = """
    block unit(n, act) { dense(n) -> act }
    model Net { input x[2]
        unit(3, act = relu) -> unit(3, act = tanh) -> unit(4, act = relu) }
    """
    found = functions(emit(module_of(text)))
    assert [name for name in found if name.startswith("unit")] == ["unit", "unit_2"]
    assert ast.unparse(found["apply"]).count(" unit(") == 2
    assert [name for name in found if name.startswith("init_unit")] == ["init_unit"], "their weights start alike"


CLASHES = ["conv2d", "glorot_uniform", "jax", "init", "init_apply", "apply", "named", "print", "name", "copy", "i", "f"]


@pytest.mark.parametrize("name", CLASHES)
def test_a_block_may_have_any_name(name: str) -> None:
    text = f"""
    block {name}(n) {{ dense(n) -> dropout(20%) -> relu }}
    block f_2(n) {{ dense(n) as {name} -> relu }}
    model Net {{ input x[2]
        {name}(3) -> f_2(4) -> {name}(5)
        repeat 2 {{ {name}(5) -> dense(5) }}
        dense(1) as f_3 }}
    """
    built = imported(emit(module_of(text)))
    state = built.init(jax.random.key(0))
    for train in (True, False):
        outputs, _ = built.apply(
            state.params, state.stats, {"x": np.ones((3, 2), np.float32)}, train=train, key=jax.random.key(1)
        )
        assert outputs.shape == (3, 1) and np.isfinite(outputs).all()


@pytest.mark.parametrize(("target", "unroll"), [("cpu", False), ("gpu", False), ("cpu", True)])
def test_a_program_is_as_long_for_many_copies_as_for_few(target: str, unroll: bool) -> None:
    few, many = (
        emit(module_of(deep(count, layers="dense(4) -> batch_norm -> dropout(10%) -> relu")), target, unroll=unroll)  # type: ignore[arg-type]
        for count in (110, 990)
    )
    assert len(few.splitlines()) == len(many.splitlines())
    assert few.replace("110", "990").count("990") == many.count("990") > 1


def test_a_scan_is_as_large_for_many_copies_as_for_few() -> None:
    def size(count: int, *, unroll: bool = False) -> int:
        built = imported(emit(module_of(deep(count, recipe=True)), unroll=unroll))
        state = jax.eval_shape(built.init, jax.random.key(0))
        batch = ({"x": np.zeros((60, 2), np.float32)}, dict.fromkeys(targets(built), np.zeros(60, np.int32)))
        return len(list(equations(jax.make_jaxpr(built.train_step)(state, batch, np.arange(12)))))

    assert size(1000) == size(16)
    assert size(32, unroll=True) > 1.5 * size(16, unroll=True)


def targets(built: Any) -> list[str]:
    class Table(dict[str, Any]):
        def __missing__(self, key: str) -> Any:
            self[key] = np.zeros((60, 2), np.float32)
            return self[key]

    table = Table()
    built.select(table, slice(None))
    return [name for name in table if name not in built.MODEL["inputs"]]


def test_weights_of_a_scanned_program_are_known_layer_by_layer() -> None:
    text = deep(18, layers="dense(4) -> batch_norm -> relu")
    scanned, unrolled = (imported(emit(module_of(text), unroll=unroll)) for unroll in (False, True))
    assert not hasattr(unrolled, "stack")
    inputs = {"x": np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)}
    for one, other in ((scanned, unrolled), (unrolled, scanned)):
        state = one.init(jax.random.key(2))
        weights = one.named(state)
        assert {f"dense{i}.kernel" for i in range(1, 21)} <= set(weights)
        assert {f"batch_norm{i}.mean" for i in range(1, 19)} <= set(weights)
        assert not any("repeat" in name for name in weights)
        taken = with_weights(other, weights, "here")
        assert jax.tree.structure(taken.params) == jax.tree.structure(other.init(jax.random.key(0)).params)
        for name, array in other.named(taken).items():
            np.testing.assert_array_equal(array, weights[name])
        np.testing.assert_allclose(
            other.predict(taken.params, taken.stats, inputs), one.predict(state.params, state.stats, inputs), atol=1e-6
        )


def test_which_repeats_are_scanned() -> None:
    def scanned(text: str, target: str) -> bool:
        return "lax.scan" in emit(module_of(text), target)  # type: ignore[arg-type]

    convolutions = "model C { input image[8, 8, 1]\n repeat 20 { conv(1, 3x3, padding = same) -> relu } }"
    assert [scanned(deep(count), "cpu") for count in (2, 15, 16)] == [False, False, True]
    assert [scanned(deep(count), "gpu") for count in (2, 3, 4)] == [False, False, True]
    assert not scanned(convolutions, "cpu"), "a convolution in a device loop is many times slower on a CPU"
    assert scanned(convolutions, "gpu")


def test_bf16_in_scans() -> None:
    layers = "dense(4) -> batch_norm -> dropout(10%) -> relu"
    built = imported(emit(module_of(deep(16, layers=layers, extra="precision = bf16", recipe=True))))
    state = built.init(jax.random.key(0))
    outputs, stats = built.apply(
        state.params, state.stats, {"x": np.ones((4, 2), np.float32)}, train=True, key=jax.random.key(1)
    )
    assert outputs.dtype == np.float32 and np.isfinite(outputs).all()
    for leaf in jax.tree.leaves((state.params, stats)):
        assert leaf.dtype == np.float32


def test_bf16_goes_through_blocks() -> None:
    text = (
        (FOLDER / "residual.arch")
        .read_text(encoding="utf-8")
        .replace("batch        =", "precision    = bf16\n    batch        =")
    )
    built = imported(emit(module_of(text)))
    state = jax.eval_shape(built.init, jax.random.key(0))
    inputs = {"image": jax.ShapeDtypeStruct((4, 28, 28, 1), np.float32)}  # type: ignore[no-untyped-call]
    traced = jax.make_jaxpr(lambda p, s, x: built.apply(p, s, x, train=True, key=jax.random.key(0)))(
        state.params, state.stats, inputs
    )
    heavy = [e for e in equations(traced) if e.primitive.name in ("conv_general_dilated", "dot_general")]
    assert len(heavy) > 20
    for equation in heavy:
        assert {variable.aval.dtype for variable in (*equation.invars, *equation.outvars)} == {np.dtype(jnp.bfloat16)}


def test_a_run_that_scans_keeps_weights_layer_by_layer(tmp_path: Path) -> None:
    text = deep(16, layers="dense(4) -> dropout(10%) -> tanh", recipe=True, extra="weight_decay = 1e-3")
    module = module_of(text)
    table = load(module.recipe.data, Where(tmp_path))  # type: ignore[union-attr]
    found = []
    for unroll in (False, True):
        program_text = emit(module, unroll=unroll)
        assert ("lax.scan" in program_text) != unroll
        run = fit(module, program_text=program_text, arch_text=text, table=table, runs=tmp_path).run
        found.append(dict(np.load(run / "best.npz")))
        assert evaluate(run, table)["loss"] > 0
    assert set(found[0]) == {f"dense{i}.{weight}" for i in range(1, 19) for weight in ("kernel", "bias")}
    for name, array in found[0].items():
        np.testing.assert_allclose(array, found[1][name], atol=1e-5, err_msg=name)


def test_a_thousand_layers_compile_about_as_fast_as_ten() -> None:
    """XLA is given no more operations, and makes no more of them."""

    def compiled(count: int) -> list[int]:
        built = imported(emit(module_of(deep(count, recipe=True))))
        state = jax.eval_shape(built.init, jax.random.key(0))
        batch = ({"x": np.zeros((60, 2), np.float32)}, dict.fromkeys(targets(built), np.zeros(60, np.int32)))
        lowered = built.train_step.lower(state, batch, np.arange(12))
        return [text.count(" = ") for text in (lowered.as_text(), lowered.compile().as_text())]

    ten, hundred, thousand = map(compiled, (10, 100, 1000))
    assert thousand == hundred
    assert thousand <= ten, "ten are written out"


def test_a_thousand_layers_cost_no_more_than_one_each() -> None:
    def tall(count: int) -> Module:
        unit = "block unit(n) { add(dense(n) -> relu, it) }\n"
        return module_of(unit + "model Tall { input x[4]\n" + "unit(4)\n" * count + "}")

    assert emit(tall(1000)).count("= unit(") == 1000
    modules = {count: tall(count) for count in (100, 400)}
    assert growth(lambda count: emit(modules[count]), 100) < 4.4
