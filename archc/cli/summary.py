"""`archc summary`."""

import json
from typing import Any

import click

from archc.cli.command import Command
from archc.cli.compiling import Asked, checked, choice_options
from archc.cli.named import FileName
from archc.cli.terminal import Terminal


@click.command(
    cls=Command,
    examples=[
        ("archc summary lenet5", "the layers of the built-in LeNet-5, with totals"),
        ("archc summary mnist_mlp --set hidden=300", "the same of another width"),
        ("archc summary lenet5 --depth 0", "blocks and repeats closed, where there are any"),
        ("archc summary lenet5 --format json", "for scripts"),
    ],
)
@click.argument("file", metavar="FILE", type=FileName())
@choice_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is shown.")
@click.option(
    "--depth", type=click.IntRange(0), metavar="N", help="How many levels of blocks to open; all unless said."
)
@click.pass_obj
def command(terminal: Terminal, /, file: str, form: str, depth: int | None, **choice: Any) -> None:
    """Show layers, shapes, parameters and costs.

    Parameters are the trainable ones; MACs are the multiply-accumulates of convolutions and dense
    layers; all costs are those of one example. What is in a block stands below it; a repeat's row
    counts all its copies, and the rows below it are those of one.
    """
    _, module = checked(Asked(file, **choice), terminal)
    from archc.summary import as_json, as_text, summarize

    summary = summarize(module, depth)
    terminal.result(json.dumps(as_json(summary), indent=2) if form == "json" else as_text(summary))
