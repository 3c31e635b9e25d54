"""`archc summary`."""

import json
from pathlib import Path

from tests.cli.conftest import GIVEN, Archc


def test_text(archc: Archc) -> None:
    result = archc("summary", "lenet5")
    assert result.exit_code == 0 and result.stderr == ""
    assert "C1          conv       [28, 28, 6]          156  117,600     18,816 B\n" in result.stdout
    assert "61,706" in result.stdout and "416,520" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_json(archc: Archc) -> None:
    found = json.loads(archc("summary", "lenet5", "--format", "json").stdout)
    assert list(found) == ["model", "inputs", "outputs", "parameters", "state", "macs", "layers"]
    assert found["inputs"] == {"image": [28, 28, 1]} and found["outputs"] == {"output": [10]}
    assert (found["parameters"], found["macs"]) == (61_706, 416_520)
    layers = {layer["name"]: layer for layer in found["layers"]}
    assert layers["C3"] == {"name": "C3", "op": "conv", "output": [10, 10, 16], "parameters": 2416, "macs": 240_000}


def test_settings_and_choices(archc: Archc) -> None:
    Path("given.arch").write_text(GIVEN)
    wider = archc("summary", "mnist_mlp", "--set", "hidden=10", "--format", "json")
    assert json.loads(wider.stdout)["parameters"] == 7960
    assert "warning[W0501]" in wider.stderr
    first = archc("summary", "given.arch")
    assert first.stdout.startswith("And (given.arch)\n")
    assert first.stderr == "given.arch has several models, and this is And; for another, say `--model`: Nor\n"
    assert archc("summary", "given.arch", "--model", "Nor").stdout.startswith("Nor (given.arch)\n")
    wrong = archc("summary", "mnist_mlp", "--set", "hiden=10")
    assert wrong.exit_code == 1 and "did you mean `hidden`?" in wrong.stderr
    assert archc("summary", "given.arch", "--model", "Nand").exit_code == 1
