"""`archc train`, `evaluate` and `predict`, in this process."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from archc.diagnostics import Report
from archc.pipeline import Job, program
from tests.cli.conftest import GIVEN, LINES, Archc


def test_what_training_says(trained: Path) -> None:
    first, second, third, fourth, *_, last = (trained / "said.txt").read_text().splitlines()
    assert first == "model    Lines, 650 parameters"
    assert second == "data     digits: 1,257 to train, 270 to validate, 270 to test"
    assert third == "program  the bytes of: archc compile lines.arch -o program.py"
    assert fourth == "run      runs/lines-1, on cpu"
    assert last == (
        "run folder runs/lines-1; next: archc evaluate runs/lines-1, or archc predict runs/lines-1 IMAGE.png"
    )
    run = trained / "runs" / "lines-1"
    assert (run / "program.py").read_text() == program(Job(trained / "lines.arch"), Report())
    assert (run / "lines.arch").read_text() == LINES


def test_choices_of_a_run(archc: Archc) -> None:
    Path("lines.arch").write_text(LINES)
    words = ["train", "lines.arch", "--set", "train.epochs=1", "--seed", "7", "--run", "here", "-q"]
    result = archc(*words)
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 1 and result.stdout.startswith("test loss ")
    assert json.loads(Path("here/result.json").read_text())["epochs"] == 1
    assert json.loads(Path("here/run.json").read_text())["seed"] == 7
    again = archc(*words)
    assert again.exit_code == 1 and "E0702" in again.stderr
    over = archc("train", "here", "--resume")
    assert over.exit_code == 0 and "is finished" in over.stdout


def test_what_cannot_be_trained(there: Archc, tmp_path: Path) -> None:
    result = there("train", "and")
    assert result.exit_code == 1 and "E0805" in result.stderr
    lost = there("train", "lines-1", "--resume")
    assert lost.exit_code == 1 and "did you mean `runs/lines-1`?" in lost.stderr
    file = there("train", "lines.arch", "--resume")
    assert file.exit_code == 1 and "train it first" in file.stderr
    folder = there("train", "runs/lines-1")
    assert folder.exit_code == 2 and "archc train runs/lines-1 --resume" in folder.stderr
    changed = there("train", "runs/lines-1", "--resume", "--seed", "0")
    assert changed.exit_code == 2 and "`--seed`" in changed.stderr
    other = there("train", tmp_path, "--resume")
    assert other.exit_code == 1 and "E0704" in other.stderr


def test_evaluate(there: Archc) -> None:
    result = there("evaluate", "runs/lines-1")
    assert result.exit_code == 0 and result.stderr == ""
    assert result.stdout.startswith("Lines, the best weights of runs/lines-1\ntest part, 270 examples\n\nloss ")
    matrix = result.stdout.split("digit: what it is (rows), what it was taken for (columns)\n")[1].splitlines()
    assert matrix[0].split() == ["│", *map(str, range(10))]
    counts = [int(cell) for line in matrix[2:12] for cell in line.split()[2:] if cell != "·"]
    assert sum(counts) == 270
    assert matrix[12] == "" and matrix[13].split() == ["digit", "precision", "recall", "f1", "examples"]
    eight = matrix[14 + 8].split()
    right, said, there_are = (
        int(matrix[2 + 8].split()[2 + 8]),
        sum(int(line.split()[2 + 8].replace("·", "0")) for line in matrix[2:12]),
        sum(int(cell) for cell in matrix[2 + 8].split()[2:] if cell != "·"),
    )
    assert [eight[0], eight[4]] == ["8", str(there_are)] and len(matrix) == 14 + 10
    assert float(eight[1]) == pytest.approx(right / said, abs=1e-4)
    assert float(eight[2]) == pytest.approx(right / there_are, abs=1e-4)
    assert float(eight[3]) == pytest.approx(2 * right / (said + there_are), abs=1e-4)
    measured = json.loads(there("evaluate", "runs/lines-1", "--format", "json").stdout)
    assert (measured["part"], measured["examples"]) == ("test", 270)
    assert f"{measured['confusion']['output']['f1'][8]:.4f}" == eight[3]
    stored = json.loads(Path("runs/lines-1/result.json").read_text())["test"]
    assert measured["accuracy"] == pytest.approx(stored["accuracy"])
    assert "1,257 examples" in there("evaluate", "runs/lines-1", "--part", "train").stdout
    assert there("evaluate", "lines.arch").exit_code == 1


def test_predict_with_a_run(there: Archc, tmp_path: Path) -> None:
    image = np.zeros((8, 8), np.uint8)
    image[:, 3:5] = 255
    Image.fromarray(255 - image).resize((32, 32)).save(tmp_path / "one.png")
    np.save(tmp_path / "two.npy", np.stack([image, image]).astype(np.float32) / 255)
    result = there("predict", "runs/lines-1", tmp_path / "one.png", "--invert")
    assert result.exit_code == 0, result.output
    assert "resized from 32x32 to 8x8" in result.stderr and "inverted" in result.stderr
    name, *likeliest = result.stdout.split()
    assert name.endswith("one.png") and len(likeliest) == 6 and likeliest[1].endswith("%")
    two = there("predict", "runs/lines-1", tmp_path / "two.npy", "--top", "1").stdout.splitlines()
    assert len(two) == 2 and "two.npy[1]" in two[1] and len(two[1].split()) == 3
    one, _ = json.loads(there("predict", "runs/lines-1", tmp_path / "two.npy", "--format", "json").stdout)
    said = one["outputs"]["output"]
    assert sum(said["probabilities"].values()) == pytest.approx(1) and said["class"] in said["probabilities"]
    assert there("predict", "runs/lines-1", "none.png").exit_code == 1
    assert there("predict", "runs/lines-1", "none.png", "--set", "a=1").exit_code == 2


@pytest.mark.parametrize(("model", "truth"), [("and", "0 0 0 1"), ("nor", "1 0 0 0"), ("xor_given", "0 1 1 0")])
def test_predict_with_given_weights(archc: Archc, model: str, truth: str) -> None:
    rows = ["0,0", "0,1", "1,0", "1,1"]
    result = archc("predict", model, *rows)
    assert result.exit_code == 0 and result.stderr == ""
    assert result.stdout == "".join(f"{row}  {value}\n" for row, value in zip(rows, truth.split(), strict=True))


def test_predict_with_numbers(archc: Archc) -> None:
    Path("given.arch").write_text(GIVEN)
    assert (
        archc("predict", "given.arch", "--model", "Nor", "-1,-2.5e0", "3, 1").stdout == "-1,-2.5e0  1\n3, 1       0\n"
    )
    assert json.loads(archc("predict", "and", "1,1", "--format", "json").stdout) == [
        {"input": "1,1", "outputs": {"output": {"values": [1.0]}}}
    ]
    Path("rows.csv").write_text("a,b\n0,1\n1,1\n")
    result = archc("predict", "and", "rows.csv")
    assert result.stdout == "rows.csv[0]  0\nrows.csv[1]  1\n" and "header" in result.stderr
    for words in (["1"], ["1,2,3"], ["1e39,0"], ["nan,0"]):
        wrong = archc("predict", "and", *words)
        assert wrong.exit_code == 1 and wrong.stdout == "" and wrong.stderr.startswith("error[E"), wrong.output


def test_predict_needs_weights(archc: Archc) -> None:
    result = archc("predict", "digits", "one.png")
    assert result.exit_code == 1 and "E0902" in result.stderr and "`archc train digits`" in result.stderr
