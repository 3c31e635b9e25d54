"""How good a run's best weights are on a part of its data."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from archc.data.table import Table, check_against, fingerprint
from archc.diagnostics import Diagnostic, Failed
from archc.ir import Module
from archc.source import Source
from archc.train.figures import numbers
from archc.train.folders import RunFolder, open_run, read_module
from archc.train.loading import Origins, explained
from archc.train.prediction import class_targets, load_best, predictions


@dataclass(frozen=True)
class Confusion:
    """How often each class of a target (row) was taken for each (column)."""

    output: str
    target: str
    classes: tuple[str, ...]
    counts: np.ndarray

    def scores(self) -> dict[str, np.ndarray]:
        """Precision, recall and F1 of each class [classes], 0 where nothing is there to be divided by."""
        right, said, there = np.diag(self.counts), self.counts.sum(axis=0), self.counts.sum(axis=1)
        shares = {"precision": (right, said), "recall": (right, there), "f1": (2 * right, said + there)}
        return {name: part / np.maximum(whole, 1) for name, (part, whole) in shares.items()}

    def as_json(self) -> dict[str, Any]:
        scores = {name: each.tolist() for name, each in self.scores().items()}
        return {"target": self.target, "classes": list(self.classes), "counts": self.counts.tolist(), **scores}


def evaluate(run: Path, table: Table, part: str | None = None) -> dict[str, Any]:
    """The averages of a run's best weights over a part: the one that is read at the end, unless given.

    `{"part": "test", "examples": 270, "loss": …, "accuracy": …, "confusion": {output: {"target",
    "classes", "counts", "precision", "recall", "f1"}}}`, the last for class targets, and by its name for a
    `confusion` of the recipe that compares an output with another target than its loss does. Raises Failed if
    the data are not those of the run or have no such part.
    """
    folder = open_run(run, lock=False)
    module = read_module(folder)
    if module.recipe is not None:
        check_against(table, module.recipe)
    program, state = load_best(folder)
    origins = Origins(program, Source(*folder.arch()))
    with explained(origins, "the data are split"):
        parts = program.parts(table, folder.beginning().seed)
    part = part or str(program.FINAL)
    if part not in parts:
        title = f"the data of {run} have no {part} part"
        raise Failed(Diagnostic("E0708", title, help=f"they have: {', '.join(parts)}"))
    with explained(origins, "it evaluates"):
        measured = program.evaluate(state, parts[part])
        found = [*confusions(program, module, state, parts[part]), *counted(module, measured)]
    return {
        "part": part,
        "examples": len(next(iter(parts[part][0].values()))),
        **numbers(measured),
        "confusion": {confusion.output: confusion.as_json() for confusion in found},
    }


def changes(folder: RunFolder, table: Table | None = None) -> list[str]:
    """What of a run is not as it was trained: its program, and its data if they are given. Raises Failed."""
    hashes = folder.beginning().hashes
    found = []
    if hashes.get("program") not in (None, _sha256(folder.program)):
        found.append(f"{folder.program} was changed since the run began: this is what the changed program says")
    if table is not None and hashes.get("data") not in (None, fingerprint(table)):
        found.append("the data have changed since the run began: rows may have moved between its parts")
    return found


def _sha256(path: Path) -> str | None:
    # whoever executes the program says why it can't be read
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def confusions(program: ModuleType, module: Module, state: Any, data: tuple[Any, Any]) -> list[Confusion]:
    """The confusion matrix of every output that tells classes apart."""
    targets = class_targets(module)
    if not targets:
        return []
    inputs, truths = data
    found = []
    for name, prediction in predictions(program, module, state, inputs).items():
        if prediction.labels is None:
            continue
        column = targets[name]
        counts = np.zeros((len(column.classes), len(column.classes)), dtype=np.int64)
        np.add.at(counts, (np.asarray(truths[column.name]).astype(int).ravel(), prediction.labels), 1)
        found.append(Confusion(name, column.name, column.classes, counts))
    return found


def counted(module: Module, measured: Mapping[str, Any]) -> list[Confusion]:
    """The matrices that the recipe asks for and that `confusions` doesn't give anyway."""
    recipe = module.recipe
    if recipe is None:
        return []
    given = {(output, column.name) for output, column in class_targets(module).items()}
    columns = {column.name: column for column in (*recipe.data.targets, *recipe.data.features)}
    return [
        Confusion(term.name, term.target, columns[term.target].classes, np.array(measured[term.name]))
        for term in recipe.metrics
        if isinstance(term.target, str)
        and isinstance(measured[term.name], list)
        and (term.output, term.target) not in given
    ]
