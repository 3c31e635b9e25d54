"""`archc draw --style backprop`: which example, whose weights, and what is refused."""

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archc.cli.application import application
from tests.models import FOLDER


def typed(*words: str) -> Any:
    return CliRunner().invoke(application, ["draw", *words])


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_an_example_is_chosen_or_given() -> None:
    said: list[list[str]] = []
    for words in (["--example", "3"], ["--given", "x=1,0", "y=1"], ["--given", "x=1,0", "--given", "y=1"]):
        result = typed("xor", "--style", "backprop", *words)
        assert result.exit_code == 0, result.output
        said.append(re.findall(">([^<]+)</text>", Path("xor.svg").read_text(encoding="utf-8")))
    assert said[0][-1] == "example 3 of 4; first weights of seed 0"
    assert said[1] == said[2] == [*said[0][:-1], "x = (1, 0), y = 1; first weights of seed 0"]


def test_numbers_may_be_negative_and_options_follow() -> None:
    result = typed("--given", "x=-1,0.5", "y=0", "--style", "backprop", "xor", "-o", "here.svg")
    assert result.exit_code == 0, result.output
    assert "x = (−1, 0.5), y = 0" in Path("here.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--example", "1"], "`--example` and `--given` are for `--style backprop`"),
        (["--given", "x=1,0", "y=1"], "`--example` and `--given` are for `--style backprop`"),
        (["--style", "backprop", "--example", "1", "--given", "x=1"], "leave out `--example`"),
        (["--style", "backprop", "--given", "1,0"], "`--given 1,0`: write a name and its numbers"),
        (["--style", "backprop", "--given", "x=1,0", "x=1,1"], "`--given` says twice what `x` is"),
        (["--style", "backprop", "--example", "0"], "there is no row 0: rows are counted from 1"),
        (["--style", "backprop", "--example", "two"], "`two` is not the number of a row"),
        (["--style", "backprop", "--depth", "1"], "`--depth` is for `--style graph`, `--style volumes`: leave it out"),
        (["--style", "backprop", "--full"], "`--full` is for `--style graph`"),
        (["--style", "neurons", "--depth", "0"], "`--depth` is for `--style graph`"),
        (["--width", "1e9in"], "`1e9in` is no width of a figure: one is from 0.1in to 200in wide"),
        (["--width", "0in"], "from 0.1in to 200in"),
        (["--width", "-3in"], "from 0.1in to 200in"),
    ],
)
def test_wrong_usage(words: list[str], message: str) -> None:
    result = typed("xor", *words)
    assert result.exit_code == 2
    assert message in result.output


def test_learnt_weights_of_a_run() -> None:
    trained = CliRunner().invoke(application, ["train", "xor", "--set", "train.epochs=2"])
    assert trained.exit_code == 0, trained.output
    result = typed("--style", "backprop", "--weights", "runs/xor-1", "--example", "2", "-o", "a.svg")
    assert result.exit_code == 0, result.output
    text = Path("a.svg").read_text(encoding="utf-8")
    assert "example 2 of 4; weights of runs/xor-1" in text
    assert (
        typed("xor", "--style", "backprop", "--weights", "runs/xor-1", "--example", "2", "-o", "b.svg").exit_code == 0
    )
    assert Path("b.svg").read_text(encoding="utf-8") == text


def test_weights_that_a_recipe_starts_from() -> None:
    trained = CliRunner().invoke(application, ["train", "xor", "--set", "train.epochs=2"])
    assert trained.exit_code == 0, trained.output
    text = (FOLDER / "xor.arch").read_text(encoding="utf-8")
    Path("on.arch").write_text(text.replace("batch ", 'start = run("runs/xor-1")\n    batch '), encoding="utf-8")
    drawn = []
    for words in (["on.arch"], ["xor", "--weights", "runs/xor-1"]):
        result = typed(*words, "--style", "backprop", "-o", "a.svg")
        assert result.exit_code == 0, result.output
        drawn.append(re.findall(">([^<]+)</text>", Path("a.svg").read_text(encoding="utf-8")))
    assert drawn[0][-1] == "example 1 of 4; weights that on.arch starts from"
    assert drawn[0][:-1] == drawn[1][:-1]


def test_a_network_that_does_not_suit_is_refused_before_anything_is_loaded() -> None:
    layers = "input image[28, 28, 1]\n flatten\n let a = dense(8)\n add(a, dense(8)) -> dense(10) -> softmax"
    recipe = "data = mnist\n loss = cross_entropy\n optimizer = adam(0.01)\n batch = 8\n epochs = 1"
    Path("m.arch").write_text(f"model M {{\n {layers}\n}}\ntrain {{\n {recipe}\n}}\n", encoding="utf-8")
    result = typed("m.arch", "--style", "backprop")
    assert result.exit_code == 1
    assert "E1001" in result.output and "E0609" not in result.output


@pytest.mark.parametrize(("label", "said"), [("7", "`y=7` is no label"), ("-1", "`y=-1` is no label")])
def test_a_label_that_the_loss_does_not_know_is_refused(label: str, said: str) -> None:
    result = typed("logistic", "--style", "backprop", "--given", "x=1,2,4", f"y={label}")
    assert result.exit_code == 1
    assert said in result.output and "0 and 1" in result.output
    assert typed("logistic", "--style", "backprop", "--given", "x=1,2,4", "y=0").exit_code == 0


def test_small_text_is_folded_only_where_it_can_be() -> None:
    assert "print it wider" in (said := typed("xor", "--style", "neurons", "--width", "0.5in").output)
    assert "--depth" not in said
    assert "--depth" not in typed("xor", "--width", "0.5in").output, "it has no blocks"
    assert "--depth" in typed("resnet18", "--width", "0.5in").output
