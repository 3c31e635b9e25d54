"""`archc fmt`."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.cli.command import Command
from archc.cli.named import FileName
from archc.cli.terminal import Terminal
from archc.locate import SUFFIX, built_in, find_file

if TYPE_CHECKING:
    from archc.diagnostics import Report
    from archc.source import Source

_STDIN = "-"


@click.command(
    cls=Command,
    examples=[
        ("archc fmt mynet.arch", "lays the file out anew, in place"),
        ("archc fmt nets --check", "changes nothing: names the files in the folder that are not in order"),
        ("archc fmt mynet.arch --diff", "changes nothing: shows what would change"),
        ("archc fmt - < mynet.arch", "prints the text of standard input, laid out anew"),
    ],
)
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=FileName(models=False))
@click.option("--check", is_flag=True, help="Change nothing; name the files that would change.")
@click.option("--diff", is_flag=True, help="Change nothing; show the lines that would change.")
@click.pass_obj
def command(terminal: Terminal, /, files: tuple[str, ...], check: bool, diff: bool) -> int:
    """Give .arch files one layout, comments kept.

    FILE is a file, a folder (its .arch files and those in folders below; hidden ones, links and
    runs are left out), or `-` for standard input. What a file says stays the same. A file with
    syntax errors is left as it is.

    The exit status is 1 if a file has errors, and with --check or --diff also if one would change.
    """
    from archc.diagnostics import Failed, Report

    report = Report()
    seen = changed = 0
    for file in _all_files(files, report):
        try:
            before, after = _formatted(file)
            seen += 1
            if file == _STDIN and not (check or diff):
                _print_bytes(after)
            elif before != after:
                changed += 1
                _change(file, before, after, check, diff, terminal)
        except Failed as failed:
            report.extend(failed.diagnostics)
    terminal.tell(report.found)
    if not report.errors and files != (_STDIN,):
        terminal.remark(_summary(seen, changed, check or diff))
    return 1 if report.errors or (changed and (check or diff)) else 0


def _all_files(written: Iterable[str], report: "Report") -> Iterator[str]:
    """The files that are meant, each once; those that aren't there are told to the report."""
    from archc.diagnostics import Failed

    found: dict[str, None] = {}
    for name in written:
        try:
            found.update(dict.fromkeys([name] if name == _STDIN else _files(name)))
        except Failed as failed:
            report.extend(failed.diagnostics)
    yield from found


def _files(written: str) -> list[str]:
    """A file, or the files in a folder. Raises Failed."""
    from archc.diagnostics import Diagnostic, Failed

    path = Path(written)
    if path.is_dir():
        return _in_folder(path)
    if path.suffix == SUFFIX:
        find_file(written)  # which knows what was meant instead
    elif not path.exists() and written in built_in():
        title = f"`{written}` is a built-in model, which is not yours to change"
        raise Failed(Diagnostic("E0001", title, help=f"`archc models {written} > {written}.arch` makes a copy"))
    return [path.as_posix()]


def _in_folder(folder: Path) -> list[str]:
    """The `.arch` files in a folder and below, sorted. Raises Failed."""
    found: list[str] = []
    for place, folders, names in os.walk(folder, onerror=_no_folder):
        if "run.json" in names:
            # a run keeps the file that it was trained from, to the byte
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = [Path(place, name) for name in names if name.endswith(SUFFIX) and not name.startswith(".")]
        found += [path.as_posix() for path in paths if path.is_file() and not path.is_symlink()]
    return sorted(found)


def _no_folder(error: OSError) -> None:
    from archc.diagnostics import Diagnostic, Failed

    reason = (error.strerror or str(error)).lower()
    raise Failed(Diagnostic("E0001", f"the folder `{error.filename}` cannot be read: {reason}")) from None


def _formatted(file: str) -> tuple[bytes, bytes]:
    """What a file holds, and what it should. Raises Failed."""
    from archc.syntax.formatter import format_source

    source, before = _read(file)
    return before, format_source(source).encode("utf-8")


def _read(file: str) -> "tuple[Source, bytes]":
    from archc.syntax import read_source, source_from_bytes

    if file == _STDIN:
        data = sys.stdin.buffer.read()
        return source_from_bytes(data, _shown(file)), data
    return read_source(Path(file), file), Path(file).read_bytes()


def _shown(file: str) -> str:
    return "<stdin>" if file == _STDIN else file


def _change(file: str, before: bytes, after: bytes, check: bool, diff: bool, terminal: Terminal) -> None:
    from archc.cli.writing import rewrite

    if diff:
        terminal.result(_difference(_shown(file), before, after, terminal.colors(sys.stdout)))
    elif check:
        terminal.result(_shown(file))
    else:
        rewrite(Path(file), after.decode("utf-8"))
        if not terminal.quiet:
            terminal.result(f"formatted {file}")


def _difference(name: str, before: bytes, after: bytes, color: bool) -> str:
    """A unified diff, as `patch` takes it."""
    from difflib import unified_diff

    old, new = (data.decode("utf-8").split("\n") for data in (before, after))
    lines: list[str] = []
    for line in unified_diff(_ended(old), _ended(new), name, name):
        mark = {"+": "32", "-": "31", "@": "36"}.get(line[0]) if color else None
        lines += [f"\x1b[{mark}m{part}\x1b[0m" if mark else part for part in line.rstrip("\n").split("\n")]
    return "\n".join(lines)


def _ended(lines: list[str]) -> list[str]:
    """Lines as diffs show them: a last one that has no end says so."""
    *whole, last = lines
    return [f"{line}\n" for line in whole] + ([f"{last}\n\\ No newline at end of file\n"] if last else [])


def _print_bytes(data: bytes) -> None:
    """As it is, whatever letters standard output can say."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _summary(seen: int, changed: int, would: bool) -> str:
    files = f"{seen:,} file{'s' * (seen != 1)}"
    if not seen:
        return "there are no .arch files"
    if not changed:
        return f"{files} in order"
    return f"{changed:,} of {files} {'would be' if would else 'was' if changed == 1 else 'were'} changed"
