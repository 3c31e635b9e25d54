"""docs/gallery.md and its figures are what `archc draw` gives now (`pytest --update`, or `python docs/gallery.py`)."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[1] / "docs"


def script() -> Any:
    spec = importlib.util.spec_from_file_location("gallery", DOCS / "gallery.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GALLERY = script()


def test_page_is_what_the_script_writes(golden: Callable[[Path, str], None]) -> None:
    golden(GALLERY.PAGE, GALLERY.page())


@pytest.mark.parametrize("figure", GALLERY.FIGURES, ids=lambda figure: figure.name)
def test_figure_is_what_the_command_draws(figure: Any, tmp_path: Path, golden: Callable[[Path, str], None]) -> None:
    assert not GALLERY.draw(figure, tmp_path)
    golden(GALLERY.FOLDER / figure.name, (tmp_path / figure.name).read_bytes().decode())


def test_folder_holds_the_figures_alone() -> None:
    names = [figure.name for figure in GALLERY.FIGURES]
    assert sorted(names) == sorted(path.name for path in GALLERY.FOLDER.iterdir())
