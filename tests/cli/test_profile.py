"""`archc profile`."""

import gzip
import json
import re
from pathlib import Path

import pytest

from archc.data import readers
from archc.train.profiling import ceilings
from tests.cli.conftest import GIVEN, LINES, Archc


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceilings, "SECONDS", 0.01)
    monkeypatch.setattr(ceilings, "_STREAM_BYTES", 8 << 20)


def test_a_table_a_trace_and_figures(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "load", None)  # with `--random` no data are read
    Path("lines.arch").write_text(LINES, encoding="utf-8")
    words = ("--steps", "3", "--random", "-o", "trace.json.gz", "--json", "figures.json")
    done = archc("profile", "lines.arch", *words)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("Lines (lines.arch), a step of 64 examples in float32, on cpu")
    assert "\ndense1 " in done.stdout
    assert "wrote trace.json.gz: open it at https://ui.perfetto.dev" in done.stderr
    assert not Path("runs").exists()
    with gzip.open("trace.json.gz") as file:
        assert json.load(file)["traceEvents"]
    figures = json.loads(Path("figures.json").read_text(encoding="utf-8"))
    assert {layer["name"] for layer in figures["layers"]} == {"flatten1", "dense1"}


def test_where_data_are_missing_it_says_how_to_do_without(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHC_OFFLINE", "1")
    monkeypatch.setenv("ARCHC_DATA", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path.cwd()))
    missing = archc("profile", "mnist_mlp")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "error[E0609]" in missing.stderr
    assert "with `--random`" in missing.stderr


def test_a_network_without_a_recipe_is_watched_on_random_rows(archc: Archc) -> None:
    Path("given.arch").write_text(GIVEN, encoding="utf-8")
    done = archc("profile", "given.arch", "--model", "And", "--batch", "4")
    assert done.exit_code == 0
    assert "given.arch has no recipe: the steps are those of sgd on random rows, 4 at a time" in done.stderr
    assert "a step of 4 examples in float32" in done.stdout


def test_a_step_takes_no_more_examples_than_there_are(archc: Archc) -> None:
    Path("lines.arch").write_text(LINES, encoding="utf-8")
    done = archc("profile", "lines.arch", "--random", "--batch", "100000000")
    assert done.exit_code == 0, done.stderr
    (rows,) = re.findall(r"there are ([\d,]+) examples to train on, and a step takes all of them", done.stderr)
    assert f"a step of {rows} examples" in done.stdout


def test_a_batch_for_which_there_is_no_memory(archc: Archc) -> None:
    for command in ("profile", "tune"):
        done = archc(command, "resnet18", "--batch", "100000000")
        assert (done.exit_code, done.stdout) == (1, "")
        assert "error[E0806]: ResNet18 needs at least 60,2" in done.stderr
        assert "help: take a smaller batch: one of " in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no.arch"], "no.arch"),
        (["lines.arch", "--device", "gpu", "--random"], "error[E0803]: there is no device `gpu`"),
    ],
)
def test_what_is_wrong_is_said(archc: Archc, words: list[str], said: str) -> None:
    Path("lines.arch").write_text(LINES, encoding="utf-8")
    Path("given.arch").write_text(GIVEN, encoding="utf-8")
    done = archc("profile", *words)
    assert done.exit_code == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-o", "same.json", "--json", "same.json"], "both name `same.json`"),
        (["-o", "lines.arch"], "a name for a model"),
        (["--json", "."], "is a folder"),
        (["--steps", "0"], "--steps"),
    ],
)
def test_options_that_do_not_fit(archc: Archc, options: list[str], said: str) -> None:
    Path("lines.arch").write_text(LINES, encoding="utf-8")
    done = archc("profile", "lines.arch", *options)
    assert done.exit_code == 2
    assert said in done.stderr
