"""Loads what a recipe learns from, and tells of downloads."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from archc.data.readers import Table
    from archc.ir import DataSpec, Recipe
    from archc.train.folders import Beginning

_MEGABYTE = 1_000_000


class Download:
    """Shows how far a download is: a line that moves on a terminal, one line elsewhere."""

    def __init__(self, name: str, terminal: Terminal, stop_if_asked: "Callable[[], None] | None" = None):
        self._name = name
        self._stop_if_asked = stop_if_asked
        self._silent = terminal.quiet
        self._live = sys.stderr.isatty()
        self._shown = -1

    def __call__(self, there: int, total: int) -> None:
        if self._stop_if_asked is not None:
            self._stop_if_asked()
        percent = 100 * there // max(total, 1)
        if self._silent or percent == self._shown or (self._shown >= 0 and not self._live):
            return
        self._shown = percent
        size = f"{total / _MEGABYTE:.1f} MB"
        if not self._live:
            click.echo(f"downloading {self._name} ({size})", err=True)
            return
        click.echo(f"\r\x1b[Kdownloading {self._name}: {percent} % of {size}", err=True, nl=there == total)


def load_table(
    spec: "DataSpec",
    folder: Path,
    data_dir: Path | None,
    terminal: Terminal,
    stop_if_asked: "Callable[[], None] | None" = None,
) -> "Table":
    """All rows of a data set that a file in `folder` speaks of. Raises Failed."""
    from archc.data.dataset import Where
    from archc.data.readers import load

    return load(spec, Where(folder, data_dir=data_dir), Download(spec.name, terminal, stop_if_asked))


def load_again(
    recipe: "Recipe",
    beginning: "Beginning",
    data_dir: Path | None,
    terminal: Terminal,
    stop_if_asked: "Callable[[], None] | None" = None,
) -> "Table":
    """The rows that a run began with, from where they were then unless `data_dir` says otherwise. Raises Failed."""
    folder = Path(beginning.source_folder or ".")
    if data_dir is None and beginning.data_dir:
        data_dir = Path(beginning.data_dir)
    return load_table(recipe.data, folder, data_dir, terminal, stop_if_asked)


def rows_of_parts(recipe: "Recipe") -> str:
    """How many rows each part has, in words."""
    parts = {"to train": recipe.train_rows, "to validate": recipe.validation_rows, "to test": recipe.test_rows}
    return ", ".join(f"{rows:,} {part}" for part, rows in parts.items() if rows)
