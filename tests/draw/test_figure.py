"""Figures as the library hands them out."""

from pathlib import Path

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
