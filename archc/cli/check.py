"""`archc check`."""

from typing import TYPE_CHECKING

import click

from archc.cli.command import Command
from archc.cli.compiling import counted, data_dir_option
from archc.cli.named import FileName
from archc.cli.terminal import Terminal
from archc.locate import find_file

if TYPE_CHECKING:
    from pathlib import Path

    from archc.diagnostics import Report
    from archc.ir import Module


@click.command(
    cls=Command,
    examples=[
        ("archc check mynet.arch", "says that it is fine, or what is wrong and where"),
        ("archc check *.arch -q", "checks many files, and is silent where all is well"),
        ("archc check lenet5 --format json", "the diagnostics as a JSON list, for editors and scripts"),
    ],
)
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=FileName())
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How it is told.")
@data_dir_option
@click.pass_obj
def command(terminal: Terminal, /, files: tuple[str, ...], form: str, data_dir: "Path | None") -> int:
    """Say everything that is wrong with .arch files.

    The exit status is 1 if a file has errors; warnings don't change it.
    """
    from archc.diagnostics import Report
    from archc.diagnostics.render import as_json

    found = Report()
    for file in files:
        report = Report()
        modules = resolve_file(file, data_dir, report)
        if not report.errors and form == "text" and not terminal.quiet:
            parts = "; ".join(f"{module.graph.name}, {counted(module)}" for module in modules)
            terminal.result(f"{file}: {terminal.bold('fine')} ({parts})")
        found.extend(report.found)
    if form == "json":
        import json

        terminal.result(json.dumps([as_json(diagnostic) for diagnostic in found.found], indent=2, ensure_ascii=False))
    else:
        terminal.tell(found.found)
    return 1 if found.errors else 0


def resolve_file(file: str, data_dir: "Path | None", report: "Report") -> "list[Module]":
    """The models of a file; what is wrong goes to the report."""
    from archc.diagnostics import Failed
    from archc.pipeline import Job, resolved

    try:
        return resolved(Job(find_file(file), data_dir=data_dir), report)[1]
    except Failed as failed:
        report.extend(failed.diagnostics)
        return []
