"""`archc summary`."""

import json
import re
from pathlib import Path

from tests.cli.conftest import GIVEN, Archc


def test_text(archc: Archc) -> None:
    result = archc("summary", "lenet5")
    assert result.exit_code == 0 and result.stderr == ""
    assert "C1          conv       [28, 28, 6]      5         156  117,600     18,816 B\n" in result.stdout
    assert "61,706" in result.stdout and "416,520" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_json(archc: Archc) -> None:
    found = json.loads(archc("summary", "lenet5", "--format", "json").stdout)
    told = ["model", "inputs", "outputs", "parameters", "state", "macs", "activations", "training_step", "layers"]
    assert list(found) == told
    assert found["inputs"] == {"image": [28, 28, 1]} and found["outputs"] == {"output": [10]}
    assert (found["parameters"], found["macs"]) == (61_706, 416_520)
    layers = {layer["name"]: layer for layer in found["layers"]}
    assert layers["C3"] == {
        "name": "C3",
        "op": "conv",
        "output": [10, 10, 16],
        "receptive_field": 14,
        "parameters": 2416,
        "macs": 240_000,
    }
    step = found["training_step"]
    parts = ("weights", "state", "batch_rows", "kept", "workspace")
    assert (step["batch"], step["optimizer"], step["weights"]) == (128, "adam", 4 * 61_708)
    assert step["total"] == sum(step[part] for part in parts)


def test_the_batch_of_a_training_step(archc: Archc) -> None:
    lines = archc("summary", "resnet18", "--batch", "128", "--depth", "0").stdout.splitlines()
    assert "             4.2 GB for a batch of 128" in lines
    [told] = [line for line in lines if line.startswith("training")]
    assert re.fullmatch(
        r"training     [\d.]+ GB for a step of 128 examples by plain sgd \(no recipe\), estimated:", told
    )
    assert "for a step of 128 examples by adam" in archc("summary", "lenet5").stdout, "the recipe's own batch"
    assert archc("summary", "lenet5", "--batch", "0").exit_code == 2


def test_the_style_of_courses(archc: Archc) -> None:
    lines = archc("summary", "alexnet", "--style", "lecture").stdout.splitlines()
    assert lines[0] == " 1   'data'     Image Input                   227x227x3 images with 'zerocenter' normalization"
    assert len(lines) == 25
    mixed = archc("summary", "alexnet", "--style", "lecture", "--format", "json")
    assert mixed.exit_code == 2 and "leave out --format" in mixed.stderr


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
