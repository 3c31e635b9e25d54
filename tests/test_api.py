"""archc as a library."""

import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import archc
from archc.diagnostics import Failed

NET = """
model Net(hidden = 4) {
    input x[2]
    dense(hidden) -> tanh
    dense(2) -> softmax
}

train {
    data      = moons(n = 60)
    loss      = cross_entropy
    optimizer = adam(0.05)
    batch     = 8
    epochs    = 3
}
"""


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.arch"
    path.write_text(NET, encoding="utf-8")
    return path


def test_importing_archc_imports_little() -> None:
    code = "import sys, archc; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"jax", "numpy", "pydantic", "lark", "click"} & set(loaded)


def test_what_there_is_can_be_listed() -> None:
    assert {"load", "check", "compile", "fit", "Model", "Run", "Failed"} <= set(dir(archc))


def test_load_takes_files_names_and_settings(net: Path) -> None:
    assert archc.load(net).parameters == 22
    assert archc.load(str(net), settings={"hidden": 3, "train.epochs": 1}).parameters == 17
    assert archc.load("lenet5").macs == 416_520


def test_settings_may_be_expressions(net: Path) -> None:
    model = archc.load(net, settings={"train.optimizer": "sgd(0.1, momentum = 0.9)", "train.validate": 0.5})
    assert "optax.sgd(0.1, momentum=0.9)" in model.program()
    assert model.module.recipe is not None
    assert model.module.recipe.validation_rows == 30


def test_failed_tells_every_mistake(tmp_path: Path) -> None:
    path = tmp_path / "bad.arch"
    path.write_text("model Net {\n    input x[2]\n    dens(3)\n    dense(2, biass = false)\n}\n", encoding="utf-8")
    with pytest.raises(archc.Failed) as failed:
        archc.load(path)
    assert [d.span.line for d in failed.value.diagnostics if d.span] == [3, 4]
    first, second = str(failed.value).splitlines()
    assert first.endswith("bad.arch:3:5: E0301: there is no layer `dens` (did you mean `dense(3)`?)")
    assert "bad.arch:4:14: E0209" in second
    assert [d.code for d in archc.check(path)] == [d.code for d in failed.value.diagnostics]
    assert archc.check("digits") == []


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(Failed, match="lenet"):
        archc.load("lenet6")


def test_summary_prints_and_shows_in_notebooks(net: Path) -> None:
    summary = archc.load(net).summary()
    assert "dense1" in repr(summary)
    html = summary._repr_html_()
    assert html.startswith("<table>")
    assert "<td>dense1</td>" in html
    assert "a step of 77 examples" in repr(archc.load(net).summary(batch=77))


def test_compile_gives_the_program_imported(net: Path) -> None:
    program = archc.compile(net)
    state = program.init(jax.random.key(0))
    probabilities = program.predict(state.params, state.stats, {"x": np.zeros((3, 2), np.float32)})
    assert probabilities.shape == (3, 2)
    np.testing.assert_allclose(probabilities.sum(-1), 1, rtol=1e-6)


def test_fit_evaluate_predict(net: Path, tmp_path: Path) -> None:
    run = archc.load(net).fit(run=tmp_path / "run")
    assert run.result["epochs"] == 3
    assert [line["epoch"] for line in run.history()] == [1, 2, 3]
    assert run.weights()["dense1.kernel"].shape == (2, 4)
    assert run.evaluate()["accuracy"] == run.result["test"]["accuracy"]
    said = run.predict(x=np.zeros((3, 2), np.float32))["output"]
    assert said.values.shape == (3, 2)
    assert set(said.names) <= {"0", "1"}
    assert run.report.is_file()
    again = archc.open_run(tmp_path / "run")
    assert again.result == run.result
    assert again.evaluate("validation")["loss"] == run.result["validation"]["loss"]
    assert "run" in run._repr_html_()


def test_a_model_without_a_recipe_has_no_data() -> None:
    with pytest.raises(Failed, match="no `train` block"):
        archc.load("and").data()


def test_given_weights_need_no_run() -> None:
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    assert archc.load("xor_given").predict(x=rows)["output"].values[:, 0].tolist() == [0, 1, 1, 0]
    with pytest.raises(Failed):
        archc.load("digits").predict(image=np.zeros((1, 8, 8, 1), np.float32))


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(Failed):
        archc.open_run(tmp_path)


def test_an_input_can_be_the_target(tmp_path: Path) -> None:
    path = tmp_path / "auto.arch"
    path.write_text(
        "model Auto {\n    input x[2]\n    dense(8) -> tanh\n    output again = dense(2)\n}\n"
        "train {\n    data = moons(n = 200)\n    loss = mse(again, x)\n    metrics = mae(again, x)\n"
        "    optimizer = adam(0.05)\n    batch = 20\n    epochs = 30\n}\n"
    )
    run = archc.fit(path, seed=0, run=tmp_path / "run")
    assert run.result["test"]["mae"] < 0.1
    rows = np.array([[0.5, 0.2], [-0.3, 0.6]], np.float32)
    assert np.abs(run.predict(x=rows)["again"].values - rows).max() < 0.2
