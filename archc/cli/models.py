"""`archc models`."""

from pathlib import Path

import click

from archc.cli.command import Command
from archc.cli.named import FileName
from archc.cli.terminal import Terminal
from archc.locate import built_in, find_model


@click.command(
    cls=Command,
    examples=[
        ("archc models", "all of them, each with the command that trains or applies it"),
        ("archc models lenet5", "prints the file"),
        ("archc models lenet5 > mynet.arch", "a copy to change"),
    ],
)
@click.argument("name", required=False, metavar="[NAME]", type=FileName())
@click.pass_obj
def command(terminal: Terminal, /, name: str | None) -> None:
    """List the built-in models, or print one.

    Wherever a command takes a FILE, the bare name of a built-in model does too.
    """
    if name is not None:
        terminal.result(find_model(name).read_text(encoding="utf-8").rstrip("\n"))
        return
    models = built_in()
    width = max(map(len, models))
    for model, path in models.items():
        title, *below = header(path)
        terminal.result(f"{terminal.bold(f'{model:{width}}')}  {title}")
        for line in below:
            terminal.result(f"{'':{width}}  {line}")


def header(path: Path) -> list[str]:
    """The comment at the start of a file: what it is, and the command with what to expect of it."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return lines or [""]
