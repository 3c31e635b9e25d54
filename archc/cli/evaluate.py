"""`archc evaluate`."""

import json
from pathlib import Path
from typing import Any

import click

from archc.cli.command import Command
from archc.cli.compiling import data_dir_option
from archc.cli.loading import load_again
from archc.cli.named import FileName, find_run
from archc.cli.terminal import Terminal

_WIDEST = 12
"""What a class name may take above a column of a confusion matrix."""
_SCORES = ("precision", "recall", "f1")
_SCORED = 20
"""Up to so many classes each has a line of figures."""


@click.command(
    cls=Command,
    examples=[
        ("archc evaluate runs/digits-1", "figures on the test part, and which digit was taken for which"),
        ("archc evaluate runs/digits-1 --part validation", "the same on the part that chose the best epoch"),
        ("archc evaluate runs/digits-1 --format json", "for scripts"),
    ],
)
@click.argument("run", metavar="RUN", type=FileName(runs=True, files=False))
@click.option(
    "--part",
    type=click.Choice(["test", "validation", "train"]),
    help="Which rows; unless said, those that the run was measured on at its end.",
)
@data_dir_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is shown.")
@click.pass_obj
def command(terminal: Terminal, /, run: str, part: str | None, data_dir: Path | None, form: str) -> None:
    """Measure a trained network on a part of its data.

    RUN is the folder of a run that is over; its best weights are measured.
    """
    from archc.cli.train import recipe_of
    from archc.train.folders import open_run, read_module

    path = find_run(run)
    folder = open_run(path, lock=False)
    module = read_module(folder)
    table = load_again(recipe_of(module), folder.beginning(), data_dir, terminal)

    from archc.train.compiled import keep_compiled
    from archc.train.evaluation import changes, evaluate

    keep_compiled()
    found = evaluate(path, table, part)
    for change in changes(folder, table):
        terminal.remark(f"note: {change}")
    if form == "json":
        terminal.result(json.dumps(found, indent=2, ensure_ascii=False))
        return
    confusions = found.pop("confusion")
    terminal.result(f"{terminal.bold(module.graph.name)}, the best weights of {run}")
    terminal.result(f"{found.pop('part')} part, {found.pop('examples'):,} examples\n")
    width = max(map(len, found))
    for name, value in found.items():
        terminal.result(f"{name:{width}}  {value:.5g}")
    for confusion in confusions.values():
        terminal.result("\n" + matrix(confusion))
        if len(confusion["classes"]) <= _SCORED:
            terminal.result("\n" + scores(confusion))


def matrix(confusion: dict[str, Any]) -> str:
    """How often each class (row) was taken for each (column)."""
    classes = [_short(name) for name in confusion["classes"]]
    counts = [[f"{count:,}" if count else "·" for count in row] for row in confusion["counts"]]
    widths = [max(map(len, column)) for column in zip(classes, *counts, strict=True)]
    first = max(map(len, classes))
    lines = [
        f"{name:>{first}} │ " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for name, row in [("", classes), *zip(classes, counts, strict=True)]
    ]
    lines.insert(1, "─" * (first + 1) + "┼" + "─" * (len(lines[0]) - first - 2))
    return f"{confusion['target']}: what it is (rows), what it was taken for (columns)\n" + "\n".join(lines)


def scores(confusion: dict[str, Any]) -> str:
    """Precision, recall and F1 of each class, and how many examples it has."""
    names = [_short(name) for name in confusion["classes"]]
    first = max(map(len, [confusion["target"], *names]))
    columns = zip(names, *(confusion[name] for name in _SCORES), map(sum, confusion["counts"]), strict=True)
    lines = [f"{confusion['target']:>{first}}  {'  '.join(f'{name:>9}' for name in _SCORES)}  examples"]
    lines += [
        f"{name:>{first}}  {'  '.join(f'{score:9.4f}' for score in each)}  {examples:8,}"
        for name, *each, examples in columns
    ]
    return "\n".join(lines)


def _short(name: str) -> str:
    return name if len(name) <= _WIDEST else name[: _WIDEST - 1] + "…"
