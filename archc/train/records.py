"""Files with a line of JSON for each epoch or so, which a run appends to until it is over, is stopped or is killed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from archc.diagnostics import Diagnostic, Failed
from archc.train.folders import AGAIN, RunFolder

Record = TypeVar("Record")
Parse = Callable[[Any, int], Record]
"""What a value of JSON says, on the line of a number from 1. Raises ValueError with the rest of a sentence."""


def read_records(path: Path, parse: Parse[Record]) -> list[Record]:
    """What the lines of a file say; nothing if there is none. A last line that was cut off is no line.

    Raises Failed if another is damaged.
    """
    found = []
    for number, (_, said) in enumerate(_lines(path, parse), 1):
        if isinstance(said, ValueError):
            title = f"{path} is damaged: line {number} {said}"
            help = f"`archc train {path.parent} --resume` writes it anew if there is a checkpoint; else train again"
            if RunFolder(path.parent).result.exists():
                help = AGAIN
            raise Failed(Diagnostic("E0704", title, help=help)) from None
        found.append(said)
    return found


def whole_records(path: Path, parse: Parse[Record]) -> list[tuple[str, Record]]:
    """The lines that are not damaged, and what they say."""
    return [(line, said) for line, said in _lines(path, parse) if not isinstance(said, ValueError)]


def _lines(path: Path, parse: Parse[Record]) -> Iterator[tuple[str, Record | ValueError]]:
    try:
        text = path.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return
    for number, line in enumerate(text.split("\n")[:-1], 1):
        try:
            yield line, parse(_value(line), number)
        except ValueError as error:
            yield line, error


def _value(line: str) -> Any:
    def unknown(constant: str) -> None:
        raise ValueError(f"holds {constant}")

    try:
        return json.loads(line, parse_constant=unknown)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("is no JSON") from None
