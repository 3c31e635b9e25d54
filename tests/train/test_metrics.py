"""Figures that are no means: in runs, resumed runs, reports, and the program alone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archc.ir import Module
from archc.program import emit
from archc.train.driver import fit, resume
from archc.train.evaluation import evaluate
from archc.train.loop import Loop
from archc.train.timing import Clock
from tests.models import module_of

METRICS = "[accuracy, f1, zero = recall(positive = 0), auc(positive = 2), confusion, all = confusion]"
TEXT = f"""
model Small {{
    input x[2]
    dense(6) -> tanh
    dense(3) -> softmax
}}
train {{
    data      = npz("rows.npz")
    loss      = cross_entropy
    optimizer = adam(2e-2)
    batch     = 16
    epochs    = 6
    validate  = 31
    test      = 30
    metrics   = {METRICS}
    stop      = early_stopping(val_f1, patience = 2)
}}
"""
ROWS = 150


class Cut(Exception):
    """The run is cut here."""


def table() -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    y = random.integers(0, 3, ROWS).astype(np.int32)
    centres = np.array([[0, 1], [1, -1], [-1, -1]])
    return {"x": (centres[y] + random.normal(size=(ROWS, 2))).astype(np.float32), "y": y}


@pytest.fixture
def module(tmp_path: Path) -> Module:
    np.savez(tmp_path / "rows.npz", **table())  # type: ignore[arg-type]
    return module_of(TEXT, tmp_path)


def trained(module: Module, run: Path) -> Path:
    return fit(module, program_text=emit(module), arch_text=TEXT, table=table(), run=run).run


def lines(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def result(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "result.json").read_text()))


def test_what_a_run_writes_down(module: Module, tmp_path: Path) -> None:
    run = trained(module, tmp_path / "run")
    last = lines(run)[-1]
    assert list(last["validation"]) == ["loss", "accuracy", "f1", "zero", "auc"], "numbers, no tables"
    assert list(last["validation"])[:4] == list(last)[2:6], "ranks are of parts alone"
    scores = [line["validation"]["f1"] for line in lines(run)]
    assert result(run)["best_epoch"] == scores.index(max(scores)) + 1
    test = result(run)["test"]
    assert np.array(test["confusion"]).sum() == 30
    assert np.trace(test["confusion"]) == pytest.approx(30 * test["accuracy"])
    assert "confusion" not in result(run)["validation"]


def test_evaluation_and_report_agree_with_the_run(module: Module, tmp_path: Path) -> None:
    run = trained(module, tmp_path / "run")
    found = evaluate(run, table())
    assert found["confusion"]["output"]["counts"] == result(run)["test"]["confusion"]
    assert list(found["confusion"]) == ["output"], "each pair of output and target has one matrix"
    for name in ("loss", "accuracy", "f1", "zero", "auc"):
        assert found[name] == pytest.approx(result(run)["test"][name], rel=1e-6)
    page = (run / "report.html").read_text()
    assert "Confusion matrix: y" in page and page.count("<svg") == 7, "five curves, gradients, regions"
    assert "test auc" in page and "test confusion" not in page


def test_a_run_cut_in_mid_epoch_ends_the_same(module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trained(module, tmp_path / "whole")
    saves, save = [0], Loop._save

    def cut(self: Loop) -> None:
        save(self)
        saves[0] += 1
        if saves[0] == 9:
            raise Cut

    with monkeypatch.context() as patched:
        patched.setattr(Loop, "_save", cut)
        patched.setattr(Clock, "measured", lambda *given: None)  # chunks stay of one step
        with pytest.raises(Cut):
            fit(
                module,
                program_text=emit(module),
                arch_text=TEXT,
                table=table(),
                run=tmp_path / "cut",
                checkpoint_seconds=0,
            )
    manifest = json.loads(max((tmp_path / "cut").glob("checkpoints/0*/manifest.json")).read_bytes())["manifest"]
    assert manifest["position"] and np.sum(manifest["sums"]["confusion"]) == 16 * manifest["position"]
    run = resume(tmp_path / "cut", table()).run
    assert [line["validation"] for line in lines(run)] == [line["validation"] for line in lines(whole)]
    for name in ("accuracy", "f1", "zero"):
        assert [line[name] for line in lines(run)] == [line[name] for line in lines(whole)]
    assert result(run)["test"] == result(whole)["test"]
    assert all((run / name).read_bytes() == (whole / name).read_bytes() for name in ("best.npz", "last.npz"))


def test_the_program_alone_says_and_learns_the_same(module: Module, tmp_path: Path) -> None:
    run = trained(module, tmp_path / "run")
    command = [sys.executable, str(run / "program.py"), "rows.npz", "--seed", "0"]
    environment = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    best = result(run)["test"]
    assert done.stdout.splitlines()[-1].split(": test ")[1] == str({**best})
    for name in ("best.npz", "last.npz"):
        alone, driven = np.load(tmp_path / name), np.load(run / name)
        assert all(alone[key].tobytes() == driven[key].tobytes() for key in driven.files)
