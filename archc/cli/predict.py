"""`archc predict`."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.cli.command import Command
from archc.cli.compiling import Asked, checked, choice_options, typed
from archc.cli.named import FileName, find_run, is_run
from archc.cli.terminal import Terminal

if TYPE_CHECKING:
    from archc.ir import Module
    from archc.train.prediction import Prediction

_TOP = 3
_SHOWN = 10
"""So many numbers of an output are shown as text; JSON has them all."""


_NEGATIVE = re.compile(r"-[.\d]")
"""How a negative number begins, and no option does."""


class Predict(Command):
    """Takes `-1,0` for numbers, where any other command would see options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # a word that begins with a space is no option, and numbers are stripped before they are read
        return super().parse_args(ctx, [f" {word}" if _NEGATIVE.match(word) else word for word in args])


@click.command(
    cls=Predict,
    examples=[
        ("archc predict xor_given 0,0 0,1 1,0 1,1", "applies a network whose weights are written out"),
        ("archc predict runs/digits-1 seven.png --invert", "which digit is drawn here, dark on light paper?"),
        ("archc predict runs/digits-1 images.npy --top 1", "the likeliest class of each image of an array"),
        ("archc predict runs/xor-1 points.csv --format json", "a line of numbers for each example"),
    ],
)
@click.argument("file", metavar="RUN|FILE", type=FileName(runs=True))
@click.argument("inputs", metavar="INPUT…", nargs=-1, required=True, type=click.Path())
@click.option("--invert", is_flag=True, help="Take light for dark in images.")
@click.option("--top", type=click.IntRange(1), metavar="N", help=f"How many classes to show; {_TOP} unless said.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is shown.")
@choice_options
@click.pass_context
def command(
    ctx: click.Context, /, file: str, inputs: tuple[str, ...], invert: bool, top: int | None, form: str, **choice: Any
) -> None:
    """Apply a network to images, numbers or files.

    RUN is the folder of a trained network. A FILE can be applied as it is when all its weights are
    written out. An INPUT is an image, an .npy or .npz array, a .csv file with an example a line,
    or the numbers of one example, such as 0,1. Of a network that learnt from a table, rows are given as
    they stand there: columns are matched by the names of a header, and words encoded as in training.
    """
    terminal = ctx.ensure_object(Terminal)
    what, module = trained(ctx, file) if is_run(file) else written_out(Asked(file, **choice), terminal)
    from archc.cli.inputs import read_all

    given = read_all(module, inputs, invert, terminal)

    from archc.train.compiled import keep_compiled
    from archc.train.folders import RunFolder
    from archc.train.prediction import predict

    keep_compiled()
    found = predict(what, given.arrays)
    if isinstance(what, Path):
        from archc.train.evaluation import changes

        for change in changes(RunFolder(what)):
            terminal.remark(f"note: {change}")
    if form == "json":
        rows = [as_json(name, found, at, top) for at, name in enumerate(given.names)]
        terminal.result(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max(map(len, given.names))
    for at, name in enumerate(given.names):
        terminal.result(f"{name:{width}}  {as_text(found, at, top or _TOP)}")


def trained(ctx: click.Context, file: str) -> "tuple[Path, Module]":
    """A run's folder and its module. Raises Failed."""
    from archc.train.folders import open_run, read_module

    for name, option in (("settings", "--set"), ("model", "--model"), ("recipe", "--recipe")):
        if ctx.params[name]:
            raise click.UsageError(f"a run is applied as it was trained: `{option}` can't change it", ctx)
    path = find_run(file)
    return path, read_module(open_run(path, lock=False))


def written_out(asked: Asked, terminal: Terminal) -> "tuple[tuple[Module, str], Module]":
    """A module and its program. Raises Failed if it has errors or leaves a weight to chance."""
    from archc.diagnostics import Failed
    from archc.program import emit

    _, module = checked(asked, terminal)

    from archc.train.prediction import check_written_out

    try:
        check_written_out(module)
    except Failed as failed:
        # it knows the file by its own name alone, and a built-in model is called otherwise
        train = typed(["archc", "train", *asked.words()])
        help = f"train it, `{train}`, and give the run's folder instead of `{asked.file}`"
        raise Failed([replace(diagnostic, help=help) for diagnostic in failed.diagnostics]) from None
    return (module, emit(module)), module


def as_text(found: "dict[str, Prediction]", at: int, top: int) -> str:
    """What all outputs say of an example."""
    said = {name: _said(prediction, at, top) for name, prediction in found.items()}
    if len(said) == 1:
        return next(iter(said.values()))
    return "  ".join(f"{name}: {text}" for name, text in said.items())


def _said(prediction: "Prediction", at: int, top: int) -> str:
    if prediction.labels is not None:
        form = ".2%" if prediction.likely else ".6g"
        return "   ".join(f"{name} {score:{form}}" for name, score in likeliest(prediction, at, top))
    values = prediction.values[at].ravel()
    # -0 is written as 0
    numbers = " ".join(f"{value + 0.0:.6g}" for value in values[:_SHOWN])
    return numbers if len(values) <= _SHOWN else f"{numbers} … ({len(values):,} numbers)"


def likeliest(prediction: "Prediction", at: int, top: int | None) -> list[tuple[str, float]]:
    """Classes and their probabilities or scores, the likeliest first, equal ones in the order of the classes."""
    assert prediction.scores is not None
    pairs = list(zip(prediction.classes, map(float, prediction.scores[at]), strict=True))
    return sorted(pairs, key=lambda pair: -pair[1])[:top]


def as_json(name: str, found: "dict[str, Prediction]", at: int, top: int | None) -> dict[str, Any]:
    """What all outputs say of an example, for machines."""
    outputs: dict[str, Any] = {}
    for output, prediction in found.items():
        if prediction.labels is not None:
            what = "probabilities" if prediction.likely else "scores"
            outputs[output] = {"class": prediction.names[at], what: dict(likeliest(prediction, at, top))}
        else:
            outputs[output] = {"values": prediction.values[at].tolist()}
    return {"input": name, "outputs": outputs}
