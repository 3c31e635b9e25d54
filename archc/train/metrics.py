"""metrics.jsonl: a line an epoch, without gaps or repeats however often the run was killed and resumed."""

import json
import math
import os
from contextlib import suppress
from typing import IO, Any

from archc.train.folders import RunFolder, writing
from archc.train.progress import EpochEnd
from archc.train.records import read_records, whole_records

PARTS = ("validation", "train")
"""What may be evaluated after each epoch."""


class MetricsFile:
    """The lines of a run's epochs: those before `history` ends are kept, what was written after it is dropped."""

    def __init__(self, folder: RunFolder, history: list[dict[str, float]], part: str, steps: int):
        known = {line["epoch"]: text for text, line in whole_records(folder.metrics, _epoch)}
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
    """A dict an epoch, in their order. Raises Failed if the file is damaged."""
    first: set[str] | None = None

    def in_order(line: Any, number: int) -> dict[str, Any]:
        nonlocal first
        found = _epoch(line, number)
        figures = _figures(found)
        first = figures if first is None else first
        if figures != first:
            raise ValueError("has other figures than the first")
        if found["epoch"] != number:
            raise ValueError(f"is of epoch {found['epoch']}, and that of epoch {number} is missing")
        return found

    return read_records(folder.metrics, in_order)


def _epoch(line: Any, number: int) -> dict[str, Any]:
    """What a line says of an epoch, whichever. Raises ValueError."""
    part = next((name for name in PARTS if isinstance(line, dict) and isinstance(line.get(name), dict)), None)
    if part is None or type(line.get("epoch")) is not int:
        raise ValueError("says nothing of an epoch")
    figures = [*line[part].values(), *(line[name] for name in line[part] if name in line)]
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in figures):
        raise ValueError("holds something else than finite numbers")
    return dict(line)


def _figures(line: dict[str, Any]) -> set[str]:
    """Those of the evaluation: a line that was lost has no others when it is written anew."""
    return {f"{part}.{name}" for part in PARTS for name in line.get(part, ())}
