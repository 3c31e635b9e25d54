"""A run from its beginning to its end: what it leaves, and that it is the program's own training."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from archc.data.table import save
from archc.diagnostics import Failed
from archc.train.driver import Result, resume
from archc.train.evaluation import evaluate
from archc.train.folders import open_run
from archc.train.prediction import predict
from archc.train.weights import read_weights
from tests.train import logistic
from tests.train.conftest import train


def test_what_a_run_leaves(finished: Result) -> None:
    run = finished.run
    assert run.name == "logistic-1"
    names = {entry.name for entry in run.iterdir()} - {".lock"}
    assert names == {
        "logistic.arch", "program.py", "ir.json", "run.json", "metrics.jsonl", "gradients.jsonl", "checkpoints",
        "best.npz", "last.npz", "result.json", "report.html",
    }  # fmt: skip
    assert (run / "program.py").read_text() == logistic.program_text()
    assert (run / "logistic.arch").read_text() == logistic.ARCH_TEXT
    result = json.loads((run / "result.json").read_text())
    assert result == finished.numbers
    assert list(result) == [
        "test", "validation", "best_epoch", "epochs", "seconds", "examples_per_second", "parameters", "versions",
        "seeds", "hashes",
    ]  # fmt: skip
    assert result["parameters"] == 3 and result["epochs"] == 5 and set(result["test"]) == {"loss", "accuracy"}
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [(line["epoch"], line["step"]) for line in lines] == [(e, 3 * e) for e in range(1, 6)]
    assert lines[result["best_epoch"] - 1]["validation"] == result["validation"]


def test_it_is_what_the_program_does_alone(finished: Result, tmp_path: Path) -> None:
    save(logistic.table(), tmp_path / "data.npz")
    (tmp_path / "program.py").write_text(logistic.program_text())
    subprocess.run([sys.executable, "program.py", "data.npz", "--seed", "0"], cwd=tmp_path, check=True)
    for name in ("best.npz", "last.npz"):
        alone, driven = read_weights(tmp_path / name), read_weights(finished.run / name)
        assert {key: array.tobytes() for key, array in alone.items()} == {
            key: array.tobytes() for key, array in driven.items()
        }


def test_the_text_of_the_program_is_what_trains(finished: Result, tmp_path: Path) -> None:
    other = train(tmp_path, program_text=logistic.program_text(optimizer="optax.adam(0.05)"))
    assert (other.run / "last.npz").read_bytes() != (finished.run / "last.npz").read_bytes()


def test_the_same_again_gives_the_same_files(finished: Result, tmp_path: Path) -> None:
    again = train(tmp_path)
    for name in ("best.npz", "last.npz", "program.py", "ir.json"):
        assert (again.run / name).read_bytes() == (finished.run / name).read_bytes()
    assert (train(tmp_path, seed=1).run / "last.npz").read_bytes() != (finished.run / "last.npz").read_bytes()


def test_a_device_loop_gives_the_same(finished: Result, tmp_path: Path) -> None:
    looped = train(tmp_path, program_text=logistic.program_text(looped=True))
    assert looped.numbers["test"] == pytest.approx(finished.numbers["test"], rel=1e-5)


def test_a_finished_run_is_left_alone(finished: Result) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.run.rglob("*") if path.is_file()}
    assert resume(finished.run, logistic.table()).numbers == finished.numbers
    after = {path: path.stat().st_mtime_ns for path in finished.run.rglob("*") if path.is_file()}
    before.pop(finished.run / ".lock")
    after.pop(finished.run / ".lock")
    assert after == before


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="E0803") as caught:
        train(tmp_path, device="tpu")
    assert "JAX sees: " in caught.value.diagnostics[0].notes[0]
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_train(tmp_path: Path) -> None:
    from archc.train.driver import fit

    module = logistic.module().model_copy(update={"recipe": None})
    with pytest.raises(Failed, match="E0805"):
        fit(module, program_text="", arch_text="", table={}, runs=tmp_path)


def test_data_that_do_not_fit_are_refused_before_a_folder_is_made(tmp_path: Path) -> None:
    table = logistic.table()
    table["y"][3] = 2
    with pytest.raises(Failed, match="label 2 in row 3"):
        train(tmp_path, table=table)
    assert list(tmp_path.iterdir()) == []


def test_evaluation_repeats_what_training_found(finished: Result) -> None:
    found = evaluate(finished.run, logistic.table())
    assert found["part"] == "test" and found["examples"] == 4
    assert {name: found[name] for name in ("loss", "accuracy")} == finished.numbers["test"]
    confusion = found["confusion"]["output"]
    assert confusion["classes"] == ["no", "yes"]
    counts = np.array(confusion["counts"])
    assert counts.sum() == 4 and np.trace(counts) / 4 == found["accuracy"]
    assert evaluate(finished.run, logistic.table(), "validation")["loss"] == finished.numbers["validation"]["loss"]
    with pytest.raises(Failed, match="no nonsense part"):
        evaluate(finished.run, logistic.table(), "nonsense")


def test_prediction(finished: Result) -> None:
    x = logistic.table(300)["x"]
    found = predict(finished.run, {"x": x})["output"]
    assert found.values.shape == (300,) and found.probabilities is not None
    assert np.allclose(found.probabilities.sum(axis=1), 1)
    assert set(found.names) == {"no", "yes"}
    # batches have one size, so how many are asked for together doesn't matter
    assert np.allclose(predict(finished.run, {"x": x[:1]})["output"].values, found.values[:1], atol=1e-6)
    for wrong in ({}, {"x": x, "z": x}, {"x": x[0]}, {"x": x[:0]}, {"x": x.astype(str)}):
        with pytest.raises(Failed, match="E0901"):
            predict(finished.run, wrong)


def test_prediction_with_weights_that_the_file_gives() -> None:
    text = logistic.program_text()
    module = logistic.module()
    x = logistic.table()["x"]
    assert predict((module, text), {"x": x})["output"].values.shape == (30,)
    normalize, dense = module.graph.nodes
    kernel = dense.weights[0].model_copy(update={"init": logistic.declared("initialiser", "he_normal")})
    nodes = (normalize, dense.model_copy(update={"weights": (kernel, dense.weights[1])}))
    random = module.model_copy(update={"graph": module.graph.model_copy(update={"nodes": nodes})})
    with pytest.raises(Failed, match=r"`dense1\.kernel` is random until it is trained"):
        predict((random, text), {"x": x})


def test_weights_that_do_not_fit(finished: Result, tmp_path: Path) -> None:
    from archc.train.loading import load_program
    from archc.train.weights import with_weights

    program, weights = load_program(logistic.program_text()), read_weights(finished.run / "best.npz")
    for change in ({"dense1.kernel": np.zeros((3, 1), np.float32)}, {"dense2.bias": np.zeros(1, np.float32)}):
        with pytest.raises(Failed, match="E0709"):
            with_weights(program, weights | change, "best.npz")
    with pytest.raises(Failed, match=r"needs `dense1\.bias`"):
        with_weights(program, {k: v for k, v in weights.items() if k != "dense1.bias"}, "best.npz")
    for data in (b"", b"PK\x03\x04", (finished.run / "best.npz").read_bytes()[:-30]):
        (tmp_path / "bad.npz").write_bytes(data)
        with pytest.raises(Failed, match="E0709"):
            read_weights(tmp_path / "bad.npz")


def test_run_json_lets_the_run_be_repeated(tmp_path: Path) -> None:
    options = {"source_folder": tmp_path, "data_dir": tmp_path / "data", "command": ("archc", "train", "logistic")}
    run = train(tmp_path, **options).run
    beginning = open_run(run, lock=False).beginning()
    assert beginning.command == options["command"] and beginning.seed == 0
    assert (beginning.source_folder, beginning.data_dir) == (str(tmp_path), str(tmp_path / "data"))
