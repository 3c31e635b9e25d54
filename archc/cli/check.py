"""`archc check`."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from archc.cli.command import Command
from archc.cli.compiling import counted, data_dir_option
from archc.cli.named import FileName
from archc.cli.terminal import Terminal
from archc.locate import find_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from archc.cli.fixing import Files
    from archc.diagnostics import Diagnostic, Report
    from archc.diagnostics.fixing import Drafts, Mended
    from archc.ir import Module
    from archc.syntax import Reader


@click.command(
    cls=Command,
    examples=[
        ("archc check mynet.arch", "says that it is fine, or what is wrong and where"),
        ("archc check *.arch -q", "checks many files, and is silent where all is well"),
        ("archc check mynet.arch --fix", "mends what archc knows how to mend, and says what is left"),
        ("archc check mynet.arch --diff", "shows what `--fix` would change, and writes nothing"),
        ("archc check lenet5 --format json", "the diagnostics as a JSON list, for editors and scripts"),
    ],
)
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=FileName())
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="How it is told: github is for its workflows, sarif for code hosts and editors.",
)
@click.option("--fix", is_flag=True, help="Apply the fixes that messages propose, then check again.")
@click.option("--diff", is_flag=True, help="Show what `--fix` would change, and write nothing.")
@data_dir_option
@click.pass_context
def command(
    ctx: click.Context, /, files: tuple[str, ...], form: str, fix: bool, diff: bool, data_dir: "Path | None"
) -> int:
    """Say everything that is wrong with .arch files.

    The exit status is 1 if a file has errors; warnings don't change it. With `--fix` only those
    count that are left.
    """
    terminal = ctx.ensure_object(Terminal)
    if diff and form != "text":
        raise click.UsageError("`--diff` is text: leave out `--format`", ctx)
    if diff:
        return shown_fixes(files, data_dir, terminal)
    if fix:
        apply_fixes(files, data_dir, terminal, form)

    from archc.diagnostics import Report

    found = Report()
    for file in files:
        report = Report()
        modules = resolve_file(file, data_dir, report)
        if not report.errors and form == "text" and not terminal.quiet:
            parts = "; ".join(f"{module.graph.name}, {counted(module)}" for module in modules)
            terminal.result(f"{file}: {terminal.bold('fine')} ({parts or 'blocks for other files'})")
        found.extend(report.found)
    if form == "text":
        terminal.tell(found.found)
    elif text := for_machines(found.found, form):
        terminal.result(text)
    return 1 if found.errors else 0


def for_machines(found: "Iterable[Diagnostic]", form: str) -> str:
    """Diagnostics as JSON, SARIF or commands of GitHub's workflows."""
    from archc.diagnostics.machine import github_text, json_text
    from archc.diagnostics.sarif import sarif_text

    return {"json": json_text, "github": github_text, "sarif": sarif_text}[form](found)


def apply_fixes(files: tuple[str, ...], data_dir: "Path | None", terminal: Terminal, form: str) -> None:
    """Mends the files, and says what was mended. Raises Failed if one cannot be written."""
    mended, known = mend_files(files, data_dir)
    known.write(mended.drafts)
    say = terminal.result if form == "text" and not terminal.quiet else terminal.remark
    for mend in mended.fixed:
        say(f"{mend.diagnostic.span!r}: {terminal.bold('fixed')} {mend.diagnostic.code}: {mend.fix.title}")
    tell_refused(mended, terminal)


def shown_fixes(files: tuple[str, ...], data_dir: "Path | None", terminal: Terminal) -> int:
    """Prints how the files would change, and tells what would be left; gives the exit status."""
    mended, known = mend_files(files, data_dir)
    for line in known.differences(mended.drafts):
        terminal.result(terminal.difference(line))
    tell_refused(mended, terminal)
    terminal.tell(mended.found)
    errors = any(diagnostic.severity == "error" for diagnostic in mended.found)
    return 1 if errors or mended.drafts else 0


def tell_refused(mended: "Mended", terminal: Terminal) -> None:
    """Says which fixes were tried and taken back."""
    for mend in mended.refused:
        place = f"{mend.diagnostic.span!r}: {mend.diagnostic.code}"
        terminal.remark(f"{place}: left as it is: with `{mend.fix.title}` more would be wrong than before")


def mend_files(files: tuple[str, ...], data_dir: "Path | None") -> "tuple[Mended, Files]":
    """What the fixes make of the files, and what the disk holds."""
    from pathlib import Path

    from archc.cli.fixing import Files
    from archc.diagnostics import Report
    from archc.diagnostics.fixing import Mend, Mended, mend

    known = Files(frozenset(path for path in map(Path, files) if path.is_file()))
    fixed: list[Mend] = []
    refused: list[Mend] = []
    found = Report()
    for file in files:

        def check(drafts: "Drafts", file: str = file) -> "list[Diagnostic]":
            known.drafts = drafts
            report = Report()
            resolve_file(file, data_dir, report, known.read)
            return report.found

        mended = mend(check, known.changeable, known.drafts)
        known.drafts = mended.drafts
        fixed += mended.fixed
        refused += mended.refused
        found.extend(mended.found)
    return Mended(known.drafts, tuple(fixed), tuple(refused), tuple(found.found)), known


def resolve_file(file: str, data_dir: "Path | None", report: "Report", read: "Reader | None" = None) -> "list[Module]":
    """The models of a file; what is wrong goes to the report."""
    from archc.diagnostics import Failed
    from archc.pipeline import Job, resolved

    try:
        job = Job(find_file(file), data_dir=data_dir, whole=True)
        return resolved(replace(job, read=read) if read else job, report)[1]
    except Failed as failed:
        report.extend(failed.diagnostics)
        return []
