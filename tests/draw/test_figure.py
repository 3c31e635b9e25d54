"""Figures as the library hands them out."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import archc
from archc.cli.application import application


def test_a_notebook_is_given_svg_and_words() -> None:
    bundle = archc.load("lenet5").draw()._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<?xml")
    assert bundle["text/plain"] == (
        "<archc figure: The network LeNet5: 14 layers, 61,706 parameters · 417 k MACs, "
        "from image [28, 28, 1] to output [10].>"
    )


def test_a_notebook_gets_what_it_asks_for_alone() -> None:
    figure = archc.load("lenet5").draw()
    assert list(figure._repr_mimebundle_(include={"text/plain"})) == ["text/plain"]
    assert list(figure._repr_mimebundle_(exclude={"text/plain"})) == ["image/svg+xml"]


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_saved_figures_are_those_of_the_command(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archc.load("googlenet").draw(depth=0, theme="dark", width="3.3in").save(f"a.{ending}")
    command = ["draw", "googlenet", "--depth", "0", "--theme", "dark", "--width", "3.3in", "-o", f"b.{ending}", "-q"]
    with pytest.raises(SystemExit) as exit:
        application.main(command)
    assert exit.value.code == 0
    assert Path(f"a.{ending}").read_bytes() == Path(f"b.{ending}").read_bytes()


def test_an_ending_that_says_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"net\.bmp ends in none of \.svg, \.png"):
        archc.load("lenet5").draw().save(tmp_path / "net.bmp")


def test_a_style_that_does_not_suit_is_told() -> None:
    with pytest.raises(archc.Failed, match="neurons"):
        archc.load("lenet5").draw("neurons")


@pytest.mark.parametrize("ending", ["html", "dot"])
def test_pages_and_dot_are_those_of_the_command(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archc.load("googlenet").draw(theme="dark").save(f"a.{ending}")
    with pytest.raises(SystemExit) as exit:
        application.main(["draw", "googlenet", "--theme", "dark", "-o", f"b.{ending}", "-q"])
    assert exit.value.code == 0
    assert Path(f"a.{ending}").read_bytes() == Path(f"b.{ending}").read_bytes()


def test_what_a_form_cannot_hold_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="as wide as its window"):
        archc.load("lenet5").draw(width="3in").save(tmp_path / "a.html")
    with pytest.raises(ValueError, match="holds the graph style alone"):
        archc.load("lenet5").draw("volumes").save(tmp_path / "a.dot")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> archc.Run:
    folder = tmp_path_factory.mktemp("learnt") / "xor"
    return archc.load("xor", settings={"train.epochs": 2}).fit(run=folder)


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["--given", "x=0,1", "y=1"], {"given": {"x": [0, 1], "y": 1}}),
        (["--example", "3"], {"example": 3}),
        ([], {}),
    ],
)
@pytest.mark.parametrize("learnt", [False, True])
def test_examples_are_those_of_the_command(
    words: list[str],
    arguments: dict[str, Any],
    learnt: bool,
    run: archc.Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    weights = {"weights": run.folder} if learnt else {}
    archc.load("xor").draw("backprop", **arguments, **weights).save("a.svg")
    options = [*words, *(["--weights", str(run.folder)] if learnt else [])]
    with pytest.raises(SystemExit) as exit:
        application.main(["draw", "xor", "--style", "backprop", *options, "-o", "b.svg", "-q"])
    assert exit.value.code == 0
    assert Path("a.svg").read_text() == Path("b.svg").read_text()
    if learnt:
        assert run.draw("backprop", **arguments).svg() == Path("a.svg").read_text()


def test_a_run_draws_what_it_has_learnt(run: archc.Run) -> None:
    assert run.draw("neurons").svg() == archc.load("xor").draw("neurons", weights=run.folder).svg()
    assert "learnt weights" in repr(run.draw("neurons"))
    assert "learnt" not in repr(run.draw())


def test_a_run_of_another_network_is_refused(run: archc.Run) -> None:
    with pytest.raises(archc.Failed, match="another network"):
        archc.load("and").draw("neurons", weights=run.folder)


@pytest.mark.parametrize(
    ("style", "arguments", "said"),
    [
        ("graph", {"given": {"x": 1}}, "`given` is for the style backprop"),
        ("volumes", {"weights": "runs/a"}, "`weights` is for the style neurons and backprop"),
        ("neurons", {"depth": 1}, "`depth` is for"),
        ("backprop", {"full": True}, "`full` is for"),
        ("backprop", {"example": 0}, "counted from 1"),
        ("backprop", {"example": 1, "given": {"x": 1}}, "leave out `example`"),
        ("graf", {}, "there is no style `graf`"),
        ("graph", {"depth": -1}, "from 0 on, and -1 is no such number"),
        ("volumes", {"depth": "all"}, "from 0 on, and 'all' is no such number"),
        ("graph", {"theme": "drak"}, "there is no theme `drak`"),
        ("graph", {"width": "wide"}, "`wide` is no width"),
        ("graph", {"width": "-3in"}, "from 0.1in to 200in"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_in_words(style: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        archc.load("xor").draw(style, **arguments)


def test_one_layer_is_no_layers(tmp_path: Path) -> None:
    (tmp_path / "one.arch").write_text("model One {\n    input x[2]\n    dense(1)\n}\n")
    assert "One: 1 layer, 3 parameters" in repr(archc.load(tmp_path / "one.arch").draw())


@pytest.mark.parametrize("given", [{"x": [0, "a"], "y": 1}, {"x": None, "y": 1}, {"x": [0, float("nan")], "y": 1}])
def test_what_is_no_number_is_refused_in_words(given: dict[str, Any]) -> None:
    with pytest.raises(archc.Failed, match="is not a number"):
        archc.load("xor").draw("backprop", given=given)


def test_numbers_of_any_make_are_taken() -> None:
    shown = archc.load("xor").draw("backprop", given={"x": np.array([0, 1]), "y": True}).svg()
    assert shown == archc.load("xor").draw("backprop", given={"x": [0, 1], "y": 1}).svg()
