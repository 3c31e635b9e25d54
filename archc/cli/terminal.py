"""What a command says: results to standard output, everything else to standard error."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import click

if TYPE_CHECKING:
    from archc.diagnostics import Diagnostic

_WIDEST = 100


@dataclass
class Terminal:
    """How much is said, and whether in colours; the options `-q` and `--color` set it."""

    quiet: bool = False
    color: str = "auto"

    def colors(self, stream: IO[str]) -> bool:
        """Whether what is written to a stream is coloured."""
        if self.color != "auto":
            return self.color == "always"
        return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def result(self, text: str) -> None:
        """What was asked for."""
        click.echo(text, color=True)

    def remark(self, text: str) -> None:
        """What may be good to know, unless that is unwanted."""
        if not self.quiet:
            click.echo(text, err=True, color=True)

    def tell(self, found: "Iterable[Diagnostic]") -> None:
        """Diagnostics, as text for people; on a screen they end with where there is more to read."""
        import shutil

        from archc.diagnostics.render import render_all

        width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
        diagnostics = list(found)
        if not diagnostics:
            return
        click.echo(render_all(diagnostics, color=self.colors(sys.stderr), width=width), err=True, color=True)
        if sys.stderr.isatty():
            first = min(diagnostics, key=lambda diagnostic: diagnostic.severity)  # errors come before warnings
            self.remark(f"for more: archc explain {first.code}")

    def difference(self, line: str) -> str:
        """A line of `diff -u`, or one that begins like it: what comes green, what goes red, what changes yellow."""
        code = {"+": 32, "-": 31, "~": 33, "@": 36}.get(line[:1], 0)
        return f"\x1b[{code}m{line}\x1b[0m" if code and self.colors(sys.stdout) else line

    def bold(self, text: str) -> str:
        """A text for a result, bold where that is coloured."""
        return f"\x1b[1m{text}\x1b[0m" if self.colors(sys.stdout) else text
