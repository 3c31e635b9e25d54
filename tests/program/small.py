"""Small models that between them take every way a program can go, and rows for them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.models import FOLDER, module_of

CONV = """\
model Small {
    input image[6, 6, 1]
    normalize(standard)
    conv(3, 3x3, bias = false) -> batch_norm -> relu
    max_pool(2x2)
    dropout(25%)
    flatten
    dense(3) -> softmax
}
"""
DENSE = """\
model Small {
    input x[4]
    dense(5) -> tanh
    dropout(0.2)
    dense(3)
}
"""
SETTINGS = {"loss": "cross_entropy", "optimizer": "adam(cosine(1e-2))", "batch": "8", "epochs": "2", "seed": "3"}


@dataclass(frozen=True)
class Small:
    """A model with its settings, and how many rows there are; `tests` of them are a test part of their own."""

    model: str
    rows: int
    settings: tuple[tuple[str, str], ...] = ()
    tests: int = 0
    target: str = "cpu"

    @property
    def text(self) -> str:
        settings = {"data": 'npz("rows.npz")', **SETTINGS, **dict(self.settings)}
        return self.model + "\ntrain {\n" + "".join(f"    {key} = {value}\n" for key, value in settings.items()) + "}\n"

    def table(self) -> dict[str, np.ndarray]:
        names = {"image": (6, 6, 1), "x": (4,)} if "Small" in self.model else {"image": (28, 28, 1)}
        random = np.random.default_rng(1)
        (name,) = (name for name in names if f"input {name}[" in self.model)
        classes = 3 if "Small" in self.model else 10
        columns: dict[str, np.ndarray] = {}
        for prefix, rows in (("", self.rows), ("test.", self.tests)):
            if rows:
                columns[prefix + name] = random.normal(size=(rows, *names[name])).astype(np.float32)
                columns[f"{prefix}digit"] = (np.arange(rows) % classes).astype(np.int32)
        return columns

    def module(self, folder: Path) -> Any:
        np.savez(folder / "rows.npz", **self.table())
        return module_of(self.text, folder)


LENET5 = (FOLDER / "lenet5.arch").read_text(encoding="utf-8")

SMALL = {
    "lenet5": Small(LENET5[: LENET5.index("train {")], 30, (("validate", "10"),), tests=5),
    "one by one, ragged, stops early": Small(
        CONV, 40, (("stop", "early_stopping(val_accuracy, patience = 1)"), ("epochs", "9"), ("weight_decay", "1e-3"))
    ),
    "looped": Small(DENSE, 40, (("validate", "8"), ("test", "0"), ("optimizer", "sgd(0.1, momentum = 0.9)"))),
    "looped, ragged": Small(DENSE, 37, (("validate", "5"), ("test", "5"))),
    "nothing held out": Small(
        DENSE, 16, (("validate", "0"), ("test", "0"), ("loss", "0.5 * mse"), ("metrics", "[share = accuracy]"))
    ),
    "counts, looped, ragged": Small(
        DENSE, 37, (("validate", "5"), ("test", "5"), ("metrics", "[f1, confusion, micro = iou(average = micro)]"))
    ),
    "ranks, looped": Small(DENSE, 40, (("validate", "8"), ("test", "0"), ("metrics", "[recall, auc(positive = 1)]"))),
    "counts, one by one": Small(CONV, 30, (("validate", "5"), ("test", "5"), ("metrics", "[f1, top_k(2)]"))),
    "for a GPU": Small(CONV, 30, (("validate", "5"), ("test", "5")), target="gpu"),
    "bf16": Small(CONV, 30, (("precision", "bf16"), ("validate", "5"), ("test", "5"), ("optimizer", "adamw(1e-2)"))),
}
