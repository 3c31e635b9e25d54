"""docs/networks.md says of the models what they themselves say."""

import re
from pathlib import Path

import pytest

import archc
from archc.locate import built_in

PAGE = Path(__file__).parents[1] / "docs" / "networks.md"
ROWS = {
    cells[0].split("`")[1]: cells
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if (cells := [cell.strip() for cell in line.strip("|").split("|")])[0].startswith("`")
}
"""By the name of a model: model, parameters, multiply-accumulates, published, reached, learns in."""


def number(cell: str) -> int | None:
    return int(cell.replace(",", "")) if cell else None


@pytest.mark.parametrize("name", ROWS)
def test_counts_are_those_of_the_model(name: str) -> None:
    model = archc.load(name)
    assert number(ROWS[name][1]) == model.parameters
    assert number(ROWS[name][2]) == model.macs


@pytest.mark.parametrize("name", [name for name in built_in() if name in ROWS and ROWS[name][4]])
def test_figures_are_those_of_the_header(name: str) -> None:
    stated = re.search(r"([\d.]+) %", built_in()[name].read_text(encoding="utf-8"))
    shown = re.search(r"([\d.]+) %", ROWS[name][4])
    assert stated and shown and shown[1] == stated[1]


def test_all_models_that_learn_from_data_are_shown() -> None:
    """Headers with a figure in percent have a row."""
    figures = {n for n, path in built_in().items() if re.search(r"^# archc train .*%", path.read_text("utf-8"), re.M)}
    assert figures <= set(ROWS)
