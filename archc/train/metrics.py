"""metrics.jsonl: a line an epoch, without gaps or repeats however often the run was killed and resumed."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from archc.train.folders import RunFolder, writing
from archc.train.progress import EpochEnd


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


def _lines(path: Path) -> dict[int, str]:
    """The whole lines of an earlier sitting, by epoch: the last one may have been cut off."""
    lines = {}
    with suppress(OSError, UnicodeDecodeError):
        for text in path.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError, KeyError, TypeError):
                lines[int(json.loads(text)["epoch"])] = text
    return lines
