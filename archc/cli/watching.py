"""A run as someone at a terminal sees it: from its first line to the next thing to type."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from archc.cli.terminal import Terminal
from archc.data.given_rows import GivenRows
from archc.ir import Module
from archc.train.driver import Result
from archc.train.progress import Lines, Listener
from archc.train.signals import Interrupted

_FEW = 8
"""So many numbers can be typed as an example."""


class Watcher(Lines):
    """Lines of progress under those that said what would happen."""

    def __init__(self, terminal: Terminal):
        super().__init__(sys.stdout, quiet=terminal.quiet, color=terminal.colors(sys.stdout))
        self._silent = terminal.quiet

    def began(self, run: Path, module: Module, device: str, epoch: int) -> None:
        if not self._silent:
            self.said(f"run      {run.as_posix()}, on {device}{f', from epoch {epoch}' if epoch > 1 else ''}")


def watched(train: Callable[[Listener], Result], module: Module, terminal: Terminal) -> int:
    """Trains, and gives the exit status. Raises Failed; ends the process where a thread can't be stopped."""
    watcher = Watcher(terminal)
    try:
        result = train(watcher)
    except Interrupted as interrupted:
        watcher.clear()
        click.echo(f"archc: {interrupted}", err=True)
        if interrupted.stuck:
            sys.stdout.flush()
            os._exit(interrupted.code)
        return interrupted.code
    except BaseException:
        watcher.clear()
        raise
    if not terminal.quiet:
        run = result.run.as_posix()
        terminal.result(f"run folder {run}; next: archc evaluate {run}, or archc predict {run} {example(module)}")
    return 0


def example(module: Module) -> str:
    """What a person might give the network."""
    shapes = [port.shape for port in module.graph.inputs]
    table = GivenRows.of(module)
    if table is not None and not (table.plain and len(table.fields) <= _FEW):
        return "new.csv"
    if len(shapes) == 1 and len(shapes[0]) == 3:
        return "IMAGE.png"
    if len(shapes) == 1 and len(shapes[0]) == 1 and shapes[0][0] <= _FEW:
        return ",".join(["0"] * shapes[0][0])
    return "FILE.npz"
