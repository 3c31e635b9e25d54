"""docs/networks.md says of the models what they themselves say."""

import re
from pathlib import Path

import pytest

import archc
from archc.locate import built_in

PAGE = Path(__file__).parents[1] / "docs" / "networks.md"
ROWS = {
    line.split("`")[1]: [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| `")
}
"""By the name of a model: model, parameters, multiply-accumulates, published, and what is reached where it learns."""
TRAINED = [name for name, row in ROWS.items() if len(row) == 5]


def number(cell: str) -> int:
    return int(cell.replace(",", ""))


def header(name: str) -> str:
    """The line that says how a model is trained, or nothing if none does."""
    found = re.search(rf"^# archc train {name} .*", built_in()[name].read_text(encoding="utf-8"), re.MULTILINE)
    return found[0] if found else ""


def percent(text: str) -> str | None:
    found = re.search(r"([\d.]+) %", text)
    return found and found[1]


@pytest.mark.parametrize("name", ROWS)
def test_counts_are_those_of_the_model(name: str) -> None:
    model = archc.load(name)
    assert number(ROWS[name][1]) == model.parameters
    assert number(ROWS[name][2]) == model.macs


@pytest.mark.parametrize("name", TRAINED)
def test_figures_are_those_of_the_header(name: str) -> None:
    assert percent(ROWS[name][4]) == percent(header(name))


def test_every_model_whose_header_has_a_figure_is_shown() -> None:
    assert {name for name in built_in() if percent(header(name))} == set(TRAINED)
