"""Real steps of small networks, watched: whose their time is, and that none of it is lost."""

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import jax
import pytest

import archc
from archc.diagnostics import Failed
from archc.program.lowering import Lowering, forms
from archc.train.profiling import ceilings, profile, steps
from archc.train.profiling.advice import of_layer, of_step, rate, slowest
from archc.train.profiling.ceilings import Ceilings
from archc.train.profiling.costs import Work
from archc.train.profiling.events import CONTAINERS, LOOP
from archc.train.profiling.profile import Profile, Spent, trace_bytes
from archc.train.profiling.table import IDLE, as_json, as_text, rows
from tests.train.profiling.networks import DEEP, RECIPE, RESIDUAL

STEPS = 8


@pytest.fixture(scope="module", autouse=True)
def _quick() -> "pytest.Generator[None]":  # type: ignore[name-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ceilings, "SECONDS", 0.01)
        patch.setattr(ceilings, "_STREAM_BYTES", 8 << 20)
        yield


def profiled(text: str, folder: Path) -> Profile:
    path = folder / "net.arch"
    path.write_text(text, encoding="utf-8")
    model = archc.load(path)
    return profile.profile(model.module, model.source, None, steps=STEPS)


@pytest.fixture(scope="module")
def residual(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return profiled(RESIDUAL, tmp_path_factory.mktemp("residual"))


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return profiled(DEEP, tmp_path_factory.mktemp("deep"))


@pytest.fixture(params=["residual", "deep"])
def found(request: pytest.FixtureRequest) -> Profile:
    value: Profile = request.getfixturevalue(request.param)
    return value


def test_nothing_is_lost(found: Profile) -> None:
    parts = sum(spent.seconds for spent in (*found.layers.values(), *found.parts.values()))
    assert parts + found.unknown + found.idle == pytest.approx(found.traced)
    shown = [row.spent.seconds for row in rows(found) if row.depth == 0]
    assert sum(shown) == pytest.approx(sum(spent.seconds for spent in found.layers.values()))


def test_it_is_known_whose_the_time_is(found: Profile) -> None:
    assert found.attributed > 0.99
    computing = {key for key, layer in found.costs.layers.items() if layer.forward.flops}
    assert {key for key in computing if found.layers[key].forward and found.layers[key].backward} == computing
    assert {"optimizer", "batch"} <= set(found.parts)
    assert found.parts["optimizer"].backward == 0


def test_a_device_loop_is_watched_as_training_runs_it(deep: Profile, residual: Profile) -> None:
    def ran(found: Profile) -> set[str]:
        return {
            event["args"]["hlo_module"] for event in found.trace["traceEvents"] if "hlo_op" in event.get("args", {})
        }

    assert ran(deep) == {"jit_device_loop"}
    assert "loop" in deep.parts
    assert "jit_train_step" in ran(residual)


def test_the_table_names_every_layer_under_its_block(residual: Profile) -> None:
    text = as_text(residual)
    names = [line.split()[0] for line in text.splitlines() if line.startswith(" ")]
    assert names[:3] == ["conv1", "batch_norm1", "residual1"]
    assert "repeat ×2" in text
    assert "  residual1" not in as_text(residual, depth=0)
    assert re.search(r"^a step .*100\.0%", text, re.MULTILINE)
    assert f"\n{IDLE} " in text
    advice = re.findall(r"^(\d)\. \S.*, \d+% of a step: \S", text, re.MULTILINE)
    assert advice == ["1", "2", "3"]


def test_json_has_every_figure(residual: Profile) -> None:
    told = json.loads(json.dumps(as_json(residual)))
    assert (told["model"], told["batch"], told["precision"], told["platform"]) == ("Residual", 8, "float32", "cpu")
    layer = next(each for each in told["layers"] if each["name"] == "residual1.unit2.conv1")
    assert (layer["op"], layer["line"], layer["output"], layer["copies"]) == ("conv", 2, [8, 8, 4], 2)
    # two copies; 64 cells of 4 numbers from windows of 3x3x4; two operations each; the batch; backward twice as many
    assert layer["flops"] == 2 * 64 * 4 * 36 * 2 * 8 * 3
    assert layer["flops_per_second"] == pytest.approx(layer["flops"] / (layer["forward"] + layer["backward"]))
    assert layer["of_flops_ceiling"] == pytest.approx(layer["flops_per_second"] / told["ceilings"]["flops"])
    seconds = sum(
        each["forward"] + each["backward"] for each in (*told["layers"], *told["blocks"], *told["parts"].values())
    )
    assert seconds + told["not_attributed"] + told["nothing_runs"] == pytest.approx(told["traced_step"])
    assert [len(told["slowest"]), told["slowest"][0]["name"]] == [3, slowest(residual)[0].name]


def test_the_trace_tells_layers(residual: Profile) -> None:
    packed = json.loads(gzip.decompress(trace_bytes(residual, Path("trace.json.gz"))))
    assert packed == json.loads(trace_bytes(residual, Path("trace.json")))
    arguments = [event["args"] for event in packed["traceEvents"] if "layer" in event.get("args", {})]
    assert {"layer": "residual1.unit1.conv1", "pass": "backward", "line": "net.arch:2"}.items() <= next(
        each.items() for each in arguments if each["layer"] == "residual1.unit1.conv1" and each["pass"] == "backward"
    )
    assert trace_bytes(residual, Path("trace.json.gz")) == trace_bytes(residual, Path("trace.json.gz"))


def test_gradients_that_kernels_write_themselves_are_backward(tmp_path: Path) -> None:
    """Those of batch norm by products, and of a convolution whose gradient is spread."""
    layers = (
        "conv(6, 3x3, bias = false) -> batch_norm -> relu\n"
        " conv(6, 3x3, stride = 2, bias = false) -> batch_norm -> relu"
    )
    text = f"model Net {{\n input image[8, 8, 1]\n {layers}\n flatten -> dense(10) -> softmax\n}}"
    found = profiled(text + RECIPE, tmp_path)
    for name in ("batch_norm1", "conv2", "batch_norm2"):
        spent = found.layers[name,]
        assert spent.backward > spent.forward / 5, (name, spent)


def test_a_layer_that_does_most_is_named_first(tmp_path: Path) -> None:
    """Thirteen times the multiplications of all others."""
    text = (
        "model Net {\n input image[8, 8, 1]\n flatten\n dense(1000) -> dense(1000) -> dense(10) -> softmax\n}" + RECIPE
    )
    path = tmp_path / "net.arch"
    path.write_text(text.replace("batch     = 8", "batch     = 64"), encoding="utf-8")
    table = archc.profile(path, steps=2, random=True)
    found = table.profile
    seconds = {key: spent.seconds for key, spent in found.layers.items()}
    assert max(seconds, key=lambda key: seconds[key]) == ("dense2",)
    assert "dense2" in repr(table)
    assert "<pre>" in table._repr_html_()
    table.save_trace(tmp_path / "trace.json")
    assert json.loads((tmp_path / "trace.json").read_text(encoding="utf-8"))["traceEvents"]


def test_a_network_without_a_recipe_learns_random_rows(tmp_path: Path) -> None:
    """By the loss that suits each output: a softmax, a sigmoid, and what ends in neither."""
    path = tmp_path / "net.arch"
    text = (
        "model Net {\n input a[8, 8, 1]\n input b[3]\n let seen = a -> flatten -> dense(4) -> tanh\n"
        " let known = concat(seen, b)\n output kind = known -> dense(5) -> softmax\n"
        " output there = known -> dense(1) -> sigmoid\n output far = known -> dense(2)\n}"
    )
    path.write_text(text, encoding="utf-8")
    found = archc.profile(path, steps=2, batch=6).profile
    assert found.recipe.batch == 6
    losses = {term.output: term.loss.kind for term in found.recipe.losses}
    assert losses == {"kind": "loss:cross_entropy", "there": "loss:binary_cross_entropy", "far": "loss:mse"}
    assert all(spent.forward > 0 for key, spent in found.layers.items() if key[0].startswith("dense"))
    assert found.parts["optimizer"].seconds > 0


def test_a_batch_can_be_asked_for_and_is_no_larger_than_the_data(tmp_path: Path) -> None:
    text = "model Net {\n input image[8, 8, 1]\n flatten -> dense(10) -> softmax\n}" + RECIPE
    path = tmp_path / "net.arch"
    path.write_text(text, encoding="utf-8")
    rows = archc.load(path).module.recipe
    assert rows is not None
    for asked, taken in ((16, 16), (10**6, rows.train_rows)):
        assert archc.profile(path, steps=2, batch=asked, random=True).profile.recipe.batch == taken


def test_the_notes_of_jax_are_as_they_were(residual: Profile) -> None:
    before = getattr(jax.config, steps._FRAMES)
    with steps._all_frames():
        assert getattr(jax.config, steps._FRAMES) == steps._DEEP
    assert getattr(jax.config, steps._FRAMES) == before


def test_where_the_profiler_sees_nothing_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps.Stepper, "traced", lambda self: {"traceEvents": []})
    with pytest.raises(Failed, match="noted no operation"):
        profiled("model Net {\n input image[8, 8, 1]\n flatten -> dense(10) -> softmax\n}" + RECIPE, tmp_path)


def test_rates_are_held_against_both_ceilings() -> None:
    top = Ceilings("float32", 100.0, 10.0)
    assert rate(Work(120, 4), 2.0, top) == rate(Work(60, 2), 1.0, top)
    assert (rate(Work(60, 2), 1.0, top).of_flops, rate(Work(60, 2), 1.0, top).bound) == (0.6, "compute")
    assert rate(Work(6, 2), 1.0, top).bound == "memory"
    assert rate(Work(6, 0), 1.0, top).bound == "neither"
    assert rate(Work(), 1.0, top).bound == ""
    assert rate(Work(6, 2), 0.0, top).flops == 0


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., str]:
    """What is advised for a layer, the first or that named `which`, that takes so long, on a made-up machine."""

    def advice(layers: str, forward: float, backward: float, **setting: str) -> str:
        path = tmp_path / "net.arch"
        path.write_text(
            f"model Net {{\n input image[32, 32, 8]\n {layers}\n global_avg_pool -> dense(3)\n}}", encoding="utf-8"
        )
        recipe = archc.load("digits").module.recipe
        assert recipe is not None
        module = archc.load(path).module
        recipe = recipe.model_copy(update={"batch": 32, "precision": setting.get("precision", "float32")})
        found = profile.costs(module.graph, recipe)
        lowering = Lowering("cpu", plain="plain" in setting)
        made = SimpleNamespace(
            platform=setting.get("platform", "cpu"),
            lowering=lowering,
            forms=forms(module, lowering),
            rules=forms(module, Lowering("cpu")),
            recipe=recipe,
            ceilings=Ceilings("float32", 1e11, 1e10),
            costs=found,
        )
        layer = found.layers[setting.get("which", next(iter(found.layers))[0]),]
        return of_layer(made, layer, Spent(forward, backward))  # type: ignore[arg-type]

    return advice


@pytest.mark.parametrize(
    ("layer", "forward", "backward", "setting", "words"),
    [
        ("conv(32, 3x3, padding = same)", 2e-3, 4e-3, {}, "only less work"),
        ("conv(32, 3x3, padding = same)", 0.02, 0.2, {}, "10 times its forward pass"),
        ("conv(32, 3x3, padding = same)", 0.02, 0.04, {}, "fewer filters or a larger stride"),
        ("conv(32, 3x3, padding = same)", 0.02, 0.04, {"platform": "gpu"}, "precision = bf16"),
        (
            "conv(32, 3x3, padding = same)",
            0.02,
            0.04,
            {"platform": "gpu", "precision": "bf16"},
            "fewer filters or a larger stride",
        ),
        ("conv(32, 3x3, padding = same)", 2e-5, 4e-5, {"platform": "gpu", "precision": "bf16"}, "only less work"),
        ("conv(32, 1x1, stride = 2)", 0.02, 0.04, {}, "archc tune` measures whether another"),
        ("conv(32, 1x1, stride = 2)", 0.02, 0.04, {"plain": "true"}, "Without `--plain` it has a form"),
        ("conv(8, 3x3, stride = 2)", 0.02, 0.04, {}, "Its form (its gradient spread cell by cell)"),
        ("batch_norm -> conv(8, 3x3, stride = 2)", 0.02, 0.04, {"which": "conv1"}, "Its form (by XLA's convolution)"),
        ("max_pool(3, stride = 2)", 1e-3, 9e-3, {}, "`max_pool(2x2)`, with windows side by side"),
        ("max_pool(2x2)", 1e-2, 9e-2, {}, "computes little"),
        ("max_pool(2x2)", 1e-4, 1e-4, {}, "rate of adding to a large array"),
        ("batch_norm", 1e-2, 2e-2, {}, "its 262,144 numbers several times"),
        ("tanh", 1e-2, 2e-2, {}, "`relu` takes one"),
        ("relu", 1e-2, 2e-2, {}, "hardly anything"),
        ("relu", 1e-5, 2e-5, {}, "rate of adding"),
        ("dropout(50%)", 1e-2, 2e-2, {}, "random numbers for 262,144 values"),
    ],
)
def test_advice_fits_the_cause(
    told: Callable[..., str], layer: str, forward: float, backward: float, setting: dict[str, str], words: str
) -> None:
    assert words in told(layer, forward, backward, **setting)


def test_where_nothing_runs_the_step_is_too_small(residual: Profile) -> None:
    assert "a larger `batch` than 8" in of_step(replace(residual, idle=0.5 * residual.traced)).lower()
    assert of_step(replace(residual, idle=0.01 * residual.traced)) == ""


def test_loops_and_calls_are_known_by_their_opcode() -> None:
    assert LOOP not in CONTAINERS
