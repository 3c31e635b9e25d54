"""Programs, executed: their text becomes a module, and their failures point at the `.arch` file."""

import ast
import importlib.util
import linecache
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path
from types import ModuleType

from archc.diagnostics import Diagnostic, Failed
from archc.source import Source, Span

_ORIGIN = re.compile(r"#\s*(?P<file>[^#:]+\.arch):(?P<line>\d+)\s*$")
_serial = count(1)


def load_program(program: Path | str, name: str = "program") -> ModuleType:
    """The module that a program's file, or its text, defines.

    Every call gives a module of its own, so that two runs in one process share no state. Raises
    Failed if the file cannot be read or the program fails while it is being executed.
    """
    unique = f"archc_program_{next(_serial)}_{name}"
    if isinstance(program, Path):
        file, text = str(program), _read(program)
    else:
        file, text = f"<{unique}>", program
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = ModuleType(unique)
    module.__file__ = file
    module.__spec__ = importlib.util.spec_from_loader(unique, loader=None)
    sys.modules[unique] = module
    try:
        exec(compile(text, file, "exec"), module.__dict__)
    except Exception as error:
        del sys.modules[unique]
        notes = (f"{type(error).__name__}: {_first_line(error)}",)
        help = "compile the `.arch` file again; if that doesn't mend it, this is a fault of archc: please report it"
        raise Failed(Diagnostic("E0801", f"{file} cannot be executed", notes=notes, help=help)) from error
    return module


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(Diagnostic("E0704", f"{path} cannot be read", notes=(str(error),))) from None


class Origins:
    """Which line of the `.arch` file each line of a program came from.

    `arch` is that file's text; without it diagnostics name the line and show nothing.
    """

    def __init__(self, program: ModuleType, arch: Source | None = None):
        self.file = str(program.__file__)
        self.arch = arch

    @cached_property
    def _lines(self) -> list[str]:
        return linecache.getlines(self.file)

    @cached_property
    def _statements(self) -> list[tuple[int, int]]:
        """First and last line of every statement inside a function, the innermost first."""
        tree = ast.parse("".join(self._lines))
        inside = [
            (node.lineno, node.end_lineno or node.lineno)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
            if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef)
        ]
        return sorted(set(inside), key=lambda lines: lines[1] - lines[0])

    def statement(self, line: int) -> int | None:
        """The first line of the statement that the program's `line` is in; None outside functions."""
        return next((first for first, last in self._statements if first <= line <= last), None)

    def of_line(self, line: int) -> tuple[str, int] | None:
        """File and line of what the program's `line` does, or None for a line that no layer owns."""
        for first, last in self._statements:
            if first <= line <= last:
                # the comment ends the layer's statement, so a later line is nearer in meaning than an earlier one
                for number in (*range(line, last + 1), *range(line - 1, first - 1, -1)):
                    if match := _ORIGIN.search(self._lines[number - 1]):
                        return match["file"].strip(), int(match["line"])
        return None

    def of_error(self, error: BaseException) -> tuple[str, int] | None:
        """File and line of the layer in which an exception was raised, or None if it was raised in no layer."""
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if frame.filename == self.file and frame.lineno and (place := self.of_line(frame.lineno)):
                return place
        return None

    def span(self, place: tuple[str, int] | None) -> Span | None:
        """The text of a line of the `.arch` file, if that is at hand."""
        if place is None or self.arch is None or not 0 < place[1] <= len(self.arch.starts):
            return None
        start, text = self.arch.starts[place[1] - 1], self.arch.line(place[1])
        return self.arch.span(start + len(text) - len(text.lstrip()), start + len(text.rstrip()))

    def explain(self, error: Exception, doing: str) -> Diagnostic:
        """What went wrong in the program while it was `doing` something."""
        place = self.of_error(error)
        where = f" in {place[0]}, line {place[1]}" if place else ""
        span, notes = self.span(place), (f"{type(error).__name__}: {_first_line(error)}",)
        if "RESOURCE_EXHAUSTED" in str(error) or isinstance(error, MemoryError):
            help = "make `batch` in the train block smaller, or the model"
            return Diagnostic(
                "E0804", f"not enough memory while {doing}{where}", self.span(place), notes=notes, help=help
            )
        help = "check that the data have the shapes that the file says; if they do, this is a fault of archc"
        return Diagnostic("E0801", f"the program failed while {doing}{where}", span, notes=notes, help=help)


@contextmanager
def explained(origins: Origins, doing: str) -> Iterator[None]:
    """Raises Failed, with the place in the `.arch` file, for any exception that the block raises."""
    try:
        yield
    except Failed:
        raise
    except Exception as error:
        raise Failed(origins.explain(error, doing)) from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), "no message")
