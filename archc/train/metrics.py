"""metrics.jsonl: a line an epoch, without gaps or repeats however often the run was killed and resumed."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from archc.diagnostics import Diagnostic, Failed
from archc.train.folders import RunFolder, writing
from archc.train.progress import EpochEnd

PARTS = ("validation", "train")
"""What may be evaluated after each epoch."""


class MetricsFile:
    """The lines of a run's epochs: those before `history` ends are kept, what was written after it is dropped."""

    def __init__(self, folder: RunFolder, history: list[dict[str, float]], part: str, steps: int):
        known = _lines(folder.metrics)
        kept = []
        for epoch, averages in enumerate(history, 1):
            bare = {"epoch": epoch, "step": epoch * steps, part: averages}
            kept.append(known.get(epoch) or json.dumps(bare))
        folder.write_text(folder.metrics.name, "".join(line + "\n" for line in kept))
        self._folder = folder
        self._steps = steps
        with writing(folder.metrics):
            self._file: IO[str] = folder.metrics.open("a", encoding="utf-8")

    def write(self, end: EpochEnd) -> None:
        """Appends an epoch. Raises Failed."""
        line = {"epoch": end.epoch, "step": end.epoch * self._steps, **end.training, end.part: end.averages}
        line["examples_per_second"] = end.examples_per_second and round(end.examples_per_second, 1)
        with writing(self._folder.metrics):
            self._file.write(json.dumps(line, allow_nan=False) + "\n")
            self._file.flush()

    def flush_to_disk(self) -> None:
        """Before a checkpoint says that these epochs are done. Raises Failed."""
        with writing(self._folder.metrics):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        # every line was flushed, or its failure told of
        with suppress(OSError):
            self._file.close()


def read_history(folder: RunFolder) -> list[dict[str, Any]]:
    """A dict an epoch, in their order; a last line that was cut off is none. Raises Failed if another is damaged."""
    try:
        text = folder.metrics.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return []
    lines = text.split("\n")[:-1]
    history = []
    for number, line in enumerate(lines, 1):
        try:
            history.append(_epoch(line, number))
        except (ValueError, RecursionError) as error:
            title = f"{folder.metrics} is damaged: line {number} {error}"
            help = f"`archc train {folder.path} --resume` writes it anew if there is a checkpoint; else train again"
            raise Failed(Diagnostic("E0704", title, help=help)) from None
    return history


def _epoch(text: str, number: int) -> dict[str, Any]:
    """What a line says of an epoch. Raises ValueError if that isn't whole, with the rest of the sentence."""

    def unknown(constant: str) -> None:
        raise ValueError(f"holds {constant}")

    try:
        line: Any = json.loads(text, parse_constant=unknown)
    except json.JSONDecodeError:
        raise ValueError("is no JSON") from None
    part = next((name for name in PARTS if isinstance(line, dict) and isinstance(line.get(name), dict)), None)
    if part is None:
        raise ValueError("says nothing of an epoch")
    if line.get("epoch") != number:
        raise ValueError(f"is of epoch {line.get('epoch')}, and that of epoch {number} is missing")
    figures = [*line[part].values(), *(line[name] for name in line[part] if name in line)]
    if not all(isinstance(value, int | float) for value in figures):
        raise ValueError("holds something else than numbers")
    return dict(line)


def _lines(path: Path) -> dict[int, str]:
    """The whole lines of an earlier sitting, by epoch: the last one may have been cut off."""
    lines = {}
    with suppress(OSError):
        for text in path.read_bytes().decode("utf-8", errors="replace").splitlines():
            with suppress(ValueError, KeyError, TypeError, RecursionError):
                epoch = int(json.loads(text)["epoch"])
                _epoch(text, epoch)
                lines[epoch] = text
    return lines
