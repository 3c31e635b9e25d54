"""Files that a `.arch` file names: where they may lie, and written-out weights that are read from them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from archc.diagnostics import Diagnostic, Failed, Related
from archc.diagnostics.suggest import closest
from archc.ops import Op
from archc.ops.op import Weights
from archc.parameters import counted
from archc.resolve.wrong import Unknown, Wrong, wrong
from archc.resources import models_folder
from archc.source import Source, Span
from archc.syntax import Reader

LONGEST_PATH = 200
"""Characters of a path: names of files end at 255 bytes on most disks, whole paths at a few thousand."""

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
LARGEST_NUMBER = 1e18
"""As of numbers that are computed."""

Rows = tuple[tuple[float, ...], ...]


def contained(written: str, span: Span, folder: Path, project: Path, such_as: str) -> Path:
    """The file that a path in a file of `folder` means. Raises Wrong unless it lies in the project, or is built in."""
    if not written.strip():
        raise wrong("E0007", "this names no file", span, help=f"such as {such_as}")
    if len(written) > LONGEST_PATH:
        raise wrong("E0007", f"a path has at most {LONGEST_PATH} characters", span)
    if "\0" in written or "\\" in written:
        help = "a path is written with `/`, relative to this file"
        raise wrong("E0007", f"`{written}` is no path of a file", span, help=help)
    if written.startswith(("/", "~")) or re.match(r"[A-Za-z]:|[a-z]+://", written):
        help = "name the file relative to this one, within the project's folder"
        raise wrong("E0007", f"`{written}` is not relative", span, help=help)
    try:
        real = (folder / written).resolve()
        inside = real.is_relative_to(project) or real.is_relative_to(models_folder().resolve())
    except (OSError, RuntimeError):
        raise wrong("E0007", f"`{written}` leads in a circle of links", span) from None
    if not inside:
        title = f"`{written}` leads out of the project's folder"
        raise wrong("E0007", title, span, help="copy the file into the folder of the file that is compiled")
    return real


@dataclass
class Files:
    """Reads files of numbers, each once. `folders` are those of the `.arch` files, `read` keeps what was read."""

    project: Path
    reader: Reader
    folders: dict[Source, Path] = field(default_factory=dict)
    known: dict[Path, Rows | None] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)

    def filled(self, op: Op, spans: Mapping[str, Span], span: Span) -> Op:
        """The layer with numbers in place of the names of files that hold them. Raises Wrong."""
        values = op.values()
        named = [name for name, p in op.parameters.items() if isinstance(p, Weights) and isinstance(values[name], str)]
        if not named:
            return op
        return type(op).restore(values | {name: self.numbers(values[name], spans.get(name, span)) for name in named})

    def numbers(self, written: str, span: Span) -> Rows:
        """The rows of numbers in a file that is named at `span`. Raises Wrong, and Unknown if that was told before."""
        folder = self.folders.get(span.source, self.project)
        path = contained(written, span, folder, self.project, '`weights = "w.csv"`')
        if path not in self.known:
            self.known[path] = None
            try:
                source = self.reader(path, (Path(span.source.name).parent / written).as_posix())
            except Failed as failed:
                raise unreadable(failed.diagnostics[0], written, path, span) from None
            self.known[path] = rows_of(source, span)
            self.sources.append(source)
        rows = self.known[path]
        if rows is None:
            raise Unknown
        return rows


def unreadable(told: Diagnostic, written: str, path: Path, span: Span) -> Wrong:
    """What the reader said of a file, where it is named."""
    if told.span is not None:
        return Wrong(replace(told, related=(*told.related, Related(span, "read here"))))
    title = told.title.replace(f"`{told.title.split('`')[1]}`", f"`{written}`", 1)
    try:
        beside = [each.name for each in path.parent.glob("*.csv")] if not path.exists() else []
    except OSError:
        beside = []
    near = closest(path.name, beside)
    if near:
        meant = written.removesuffix(path.name) + near[0]
        return wrong(told.code, title, span, help=f"did you mean `{meant}`?", fix=f'"{meant}"')
    help = told.help if told.code != "E0001" else "name a file of numbers, relative to the `.arch` file that names it"
    return wrong(told.code, title, span, help=help)


def rows_of(source: Source, named: Span) -> Rows:
    """The numbers of a file, separated by commas, or by spaces or tabs where it has none. Raises Wrong.

    Empty lines and those that begin with `#` count for nothing.
    """
    rows: list[tuple[float, ...]] = []
    first = 0
    for number, start in enumerate(source.starts, 1):
        line = source.line(number)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        gap = re.search(r"^\s*,|,\s*,|,\s*$", line)
        if gap:
            title = f"a number is missing in row {number} of `{source.name}`"
            raise in_file(title, source.span(start + gap.start(), start + gap.end()), named, "no row ends in a comma")
        cells = re.finditer("[^,]+" if "," in line else r"\S+", line)
        row = tuple(value(source, start + m.start(), m.group(), number, named) for m in cells)
        if rows and len(row) != len(rows[0]):
            title = (
                f"row {number} of `{source.name}` has {counted(len(row), 'number')}, and row {first} has {len(rows[0])}"
            )
            help = "every row needs as many numbers as there are outputs"
            raise in_file(title, source.span(start, start + len(line)), named, help)
        first = first or number
        rows.append(row)
    if not rows:
        raise wrong("E0203", f"`{source.name}` holds no numbers", named, help="it holds a row of numbers a line")
    return tuple(rows)


def value(source: Source, start: int, text: str, row: int, named: Span) -> float:
    """A number of a file. Raises Wrong if it is none."""
    shown = text.strip()
    number = float(shown) if NUMBER.fullmatch(shown) else None
    if number is not None and abs(number) <= LARGEST_NUMBER:
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    at = start + len(text) - len(text.lstrip())
    what = "no number" if number is None else f"beyond {LARGEST_NUMBER:.0e}"
    title = f"`{shown[:40]}` in row {row} of `{source.name}` is {what}"
    help = "the file holds nothing but numbers with commas between them, and no header"
    raise in_file(title, source.span(at, at + len(shown)), named, help)


def in_file(title: str, span: Span, named: Span, help: str) -> Wrong:
    """Something wrong with the numbers of a file, and where that is named."""
    return wrong("E0203", title, span, help=help, related=(Related(named, "read here"),))
