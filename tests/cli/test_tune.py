"""`archc tune`, and what `archc compile` makes of its file."""

import json
import re
from pathlib import Path
from typing import Any

import jax
import pytest

from archc.ir.tuning import Tuning
from archc.ops.form import Form
from archc.train import contest, tuning
from archc.train.whole_steps import WholeSteps
from tests.cli.conftest import Archc

NET = """
model Net {
    input image[8, 8, 1]
    conv(3, 3x3) -> tanh
    max_pool(2x2, stride = 1)
    conv(3, 1x1, stride = 2, bias = false) -> batch_norm -> relu
    flatten
    dense(10)
}
train {
    data = digits
    loss = cross_entropy
    optimizer = adam(1e-3)
    batch = 16
    epochs = 1
}
"""
FILE = Path("net.lowering.json")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contest, "_MOMENT", 0.0)
    monkeypatch.setattr(contest, "_FEWEST", 2)


@pytest.fixture
def net(archc: Archc) -> Archc:
    Path("net.arch").write_text(NET, encoding="utf-8")
    return archc


@pytest.fixture
def untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is compiled or timed: what the rule takes is fastest."""

    def contested(what: str, titles: dict[str, str], makers: dict[str, Any]) -> contest.Contest:
        return contest.Contest(what, next(iter(makers)), {name: place + 1 for place, name in enumerate(makers)}, titles)

    monkeypatch.setattr(tuning, "contested", contested)
    monkeypatch.setattr(WholeSteps, "_contest", lambda self, what, titles, ways: contested(what, titles, ways))


def test_a_device_that_is_not_there(net: Archc) -> None:
    done = net("tune", "net.arch", "--device", "gpu")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "error[E0803]: there is no device `gpu`" in done.stderr


def test_it_times_every_form_and_compile_takes_the_fastest(net: Archc) -> None:
    before = net("compile", "net.arch").stdout
    done = net("tune", "net.arch")
    assert done.exit_code == 0, done.stderr
    assert "timing the forms of 3 layers and whole steps of Net, 16 examples at a time" in done.stderr
    assert "wrote net.lowering.json: `archc compile` and `archc train` read it" in done.stderr
    # with what XLA may compute together with it, in the order in which it is computed
    assert "(filters = 3, window = 3x3) of [8, 8, 1] -> max_pool(window = 2x2, stride = 1) -> tanh\n" in done.stdout
    assert "stride = 2, bias = false) of [5, 5, 3] -> batch_norm -> relu\n" in done.stdout
    parts = [part for part in re.split(r"(?m)^(?=\S)", done.stdout) if part]
    assert all(len(re.findall(r"(?m)^  \* +\d+\.\d{3} ms  .*", part)) == 1 for part in parts)
    assert [part for part in parts if part.startswith("a step of Net\n")] == parts[-1:]
    assert "XLA's own convolutions and products\n" in parts[-1]
    found = Tuning.model_validate_json(FILE.read_text(encoding="utf-8"))
    assert found.cpu is not None and found.gpu is None and found.cpu.batch == 16
    for layer, timed in found.cpu.layers.items():
        assert len(timed.milliseconds) > 1 and timed.form in timed.milliseconds, layer
    assert found.cpu.library is not None and found.cpu.library.milliseconds.keys() == {"xla", "ynnpack"}
    # the fastest is chosen, whichever the machine says it is
    chosen = {"conv": "conv2d_by_patches", "max_pool": "max_pool_windows"}
    text = json.loads(FILE.read_text(encoding="utf-8"))
    for layer, timed in text["cpu"]["layers"].items():
        timed["form"] = "conv2d" if "1x1" in layer else chosen[layer.split("(")[0]]
    FILE.write_text(json.dumps(text), encoding="utf-8")
    after = net("compile", "net.arch")
    assert "net.lowering.json says which forms layers have and which library multiplies, measured" in after.stderr
    assert re.findall(r"x = ((?:conv2d|max_pool)\w*)\(", after.stdout.split("def apply")[1]) == [
        "conv2d_by_patches",
        "max_pool_windows",
        "conv2d",
    ]
    assert net("compile", "net.arch", "--plain").stdout != after.stdout != before
    FILE.unlink()
    assert net("compile", "net.arch").stdout == before


def test_it_is_explained(net: Archc) -> None:
    ruled = net("compile", "net.arch", "--explain-lowering").stdout
    assert "pooling: one direction after the other\n" in ruled
    assert "  where      max_pool1 (net.arch:5)\n" in ruled
    assert "library: XLA's own convolutions, YNNPACK's products\n" in ruled
    measured = {"device": "a CPU", "versions": "jax", "batch": 16}
    layers = {
        "max_pool(window = 2x2, stride = 1) of [6, 6, 3]": {
            "form": "max_pool_windows",
            "milliseconds": {"max_pool_windows": 0.1, "max_pool_by_direction": 0.25},
        }
    }
    FILE.write_text(json.dumps({"cpu": {**measured, "layers": layers}}), encoding="utf-8")
    told = net("compile", "net.arch", "--explain-lowering").stdout
    assert (
        "pooling: by XLA's windows\n"
        "  why        0.1 ms, and 0.25 one direction after the other (net.lowering.json)\n"
        "  instead of one direction after the other\n"
    ) in told
    layers["max_pool(window = 2x2, stride = 1) of [6, 6, 3]"]["form"] = "max_pool_by_direction"
    FILE.write_text(json.dumps({"cpu": {**measured, "layers": layers}}), encoding="utf-8")
    told = net("compile", "net.arch", "--explain-lowering").stdout
    assert "why        0.25 ms, and 0.1 by XLA's windows, which whole steps gained nothing from" in told
    plain = net("compile", "net.arch", "--explain-lowering", "--plain").stdout
    assert "library:" not in plain
    assert "convolution: by XLA's convolution\n  why        `--plain` asks for the form that is shortest" in plain


def test_what_a_file_is_good_for_is_said(net: Archc) -> None:
    measured = {"device": "a CPU", "versions": "jax", "batch": 64}
    layer = {"conv(filters = 3, window = 3x3) of [8, 8, 1]": {"form": "conv2d", "milliseconds": {"conv2d": 1.0}}}
    for layers, target, says in (
        (layer, "cpu", "net.lowering.json says which forms 1 of the 3 layers have, measured for batches of 64"),
        (layer, "gpu", "net.lowering.json says nothing of this network on a GPU: archc's own rules choose"),
        ({}, "cpu", "net.lowering.json says nothing of this network on a CPU: archc's own rules choose"),
    ):
        FILE.write_text(json.dumps({"cpu": {**measured, "layers": layers}}), encoding="utf-8")
        assert says in net("compile", "net.arch", "--target", target).stderr


def test_a_folder_in_the_place_of_the_file(net: Archc) -> None:
    FILE.mkdir()
    told = net("compile", "net.arch")
    assert told.exit_code == 1 and "E1101" in told.stderr and "it is no file" in told.stderr
    told = net("tune", "net.arch")
    assert told.exit_code == 2 and "is a folder: rename it" in told.stderr and not told.stdout


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"batch": 0}, "line 5: `cpu.batch` has to be larger"),
        ({"batch": "two"}, "line 5: `cpu.batch` has to be a whole number"),
        ({"batch": 2, "sort": 1}, "line 7: `cpu.sort` is nothing that archc knows there"),
        ({"batch": 2, "layers": {"conv": {"form": 3}}}, "line 8: `cpu.layers.conv.form` has to be a text"),
        ({}, "line 2: `cpu.batch` is missing"),
        (
            {"batch": 2, "layers": {"conv": {"form": "a", "milliseconds": {"a": -1}}}},
            "line 10: `cpu.layers.conv.milliseconds.a` has to be larger",
        ),
    ],
)
def test_what_cannot_be_is_told_with_its_line(net: Archc, wrong: dict[str, object], why: str) -> None:
    held = {"device": "", "versions": "", **({"batch": wrong["batch"]} if "batch" in wrong else {}), "layers": {}}
    FILE.write_text(json.dumps({"cpu": {**held, **wrong}}, indent=2), encoding="utf-8")
    told = net("compile", "net.arch").stderr
    assert "E1101" in told and f"note: {why}\n" in told


def test_the_other_target_is_kept(net: Archc, untimed: None) -> None:
    other = {"device": "a GPU", "versions": "jax", "batch": 16, "layers": {}}
    FILE.write_text(json.dumps({"gpu": other}), encoding="utf-8")
    assert net("tune", "net.arch").exit_code == 0
    found = json.loads(FILE.read_text(encoding="utf-8"))
    assert found["gpu"] == other and found["cpu"]["layers"]


def test_what_has_one_form_leaves_no_file(archc: Archc) -> None:
    done = archc("tune", "xor")
    assert done.exit_code == 0 and list(Path().iterdir()) == []
    assert "nothing to time in Xor: no layer has several forms, and no library makes a difference; no" in done.stderr


def test_bfloat16_has_one_form(net: Archc) -> None:
    done = net("tune", "net.arch", "--set", "train.precision=bf16")
    assert done.exit_code == 0 and not FILE.exists()
    assert "values are bfloat16, in which other forms lose digits" in done.stderr


@pytest.mark.parametrize(
    ("text", "why"),
    [("[]", "object"), ("{", "JSON"), ('{"cpu": {"layers": 3}}', "cpu.device"), ('{"tpu": null}', "tpu")],
)
def test_a_file_that_holds_something_else(net: Archc, untimed: None, text: str, why: str) -> None:
    FILE.write_text(text, encoding="utf-8")
    for words in (("compile",), ("train",), ("profile", "--random")):
        told = net(words[0], "net.arch", *words[1:])
        assert told.exit_code == 1
        assert told.stderr.startswith("error[E1101]: net.lowering.json does not hold what `archc tune` writes"), words
        assert why in told.stderr
    assert FILE.read_text(encoding="utf-8") == text
    assert net("compile", "net.arch", "--plain").exit_code == 0
    assert net("tune", "net.arch").exit_code == 0
    assert net("compile", "net.arch").exit_code == 0, "it was written anew"


@pytest.mark.parametrize("slower", [0.5, 2.0])
def test_a_form_is_taken_where_whole_steps_are_faster_with_it(
    net: Archc, monkeypatch: pytest.MonkeyPatch, slower: float
) -> None:
    alone = {"conv2d": 1.0, "max_pool_windows": 1.0}
    tried: list[str] = []

    def timed(calls: dict[str, Any]) -> dict[str, float]:
        return {name: alone.get(name, 3.0) for name in calls}

    def of_steps(self: WholeSteps, what: str, titles: dict[str, str], ways: dict[str, Any]) -> contest.Contest:
        tried.append(what)
        rule, *others = ways
        return contest.Contest(what, rule, dict.fromkeys(others, slower) | {rule: 1.0}, titles)

    monkeypatch.setattr(contest, "timed", timed)
    monkeypatch.setattr(WholeSteps, "_contest", of_steps)
    assert net("tune", "net.arch").exit_code == 0
    found = Tuning.model_validate_json(FILE.read_text(encoding="utf-8")).cpu
    assert found is not None and found.library is not None
    assert tried[-1] == "a step of Net" and len(tried) > 1
    taken = {timed.form for timed in found.layers.values()}
    assert ("max_pool_windows" in taken) == (slower < 1)
    assert found.library.form == ("xla" if slower < 1 else "ynnpack")


def test_choices_and_a_stage_are_not_asked_for_at_once(net: Archc) -> None:
    told = net("compile", "net.arch", "--explain-lowering", "--emit", "ir")
    assert told.exit_code == 2 and "say one of them" in told.stderr


def test_forms_that_cannot_be_run_are_no_choice(net: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tuning._call

    def failing(layer: tuning.Layer, form: Form, *others: Any) -> Any:
        if layer.op.name == "max_pool" or form.plain:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: out of memory")
        return real(layer, form, *others)

    monkeypatch.setattr(tuning, "_call", failing)
    done = net("tune", "net.arch")
    assert done.exit_code == 0, done.stderr
    assert "           failed  by XLA's windows\n" in done.stdout
    layers = json.loads(FILE.read_text(encoding="utf-8"))["cpu"]["layers"]
    assert len(layers) == 2 and not any("max_pool" in layer for layer in layers)
    assert all("conv2d" not in timed["milliseconds"] for timed in layers.values())
    assert net("compile", "net.arch").exit_code == 0
