"""Whatever is typed, the compiler answers: with a program, or with messages that point into the file."""

import random
import re
from pathlib import Path

import pytest

from archc.diagnostics import Report
from archc.diagnostics.render import render_all
from archc.ops import OPS
from archc.parameters import FAMILIES
from archc.program import emit
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse
from tests.author import Author
from tests.models import BUILT_IN

VALUES = [
    *OPS,
    *(name for family in FAMILIES.values() for name in family),
    *(
        "it",
        "params",
        "macs",
        "data",
        "data.classes",
        "it.channels",
        "it.height",
        "x",
        "n1",
        "n2",
        "True",
        "none",
        "n3",
    ),
    *(
        "0",
        "1",
        "3",
        "-1",
        "2.5",
        "1e300",
        "10**10**10",
        "40%",
        "3x3",
        "2x2x2",
        "(3, 3)",
        "[1, 2]",
        "[[1], [2]]",
        '"same"',
    ),
    *(
        "same",
        "valid",
        "standard",
        "val_loss",
        "min(1, 2)",
        "sqrt(2)",
        "float32",
        "units",
        "it[0]",
        "n2.params",
        "not n1",
    ),
]
SIGNS = [
    *(
        "->",
        "-> relu",
        "as n1",
        "=",
        "==",
        "+ 1",
        "* 2",
        "and true",
        "(",
        ")",
        ",",
        ".channels",
        "[0]",
        "(2)",
        "\n    ",
    ),
    *("stride = 2", "bias = false", "window = 3", "\n    output y = it", "\n    let n3 = it", "\n    expect [3]"),
]
PIECE = re.compile(r"\s+|->|[\w.]+|\S")


def altered(text: str, chance: random.Random) -> str:
    pieces = PIECE.findall(text)
    for _ in range(chance.randint(1, 2)):
        at = chance.choice([at for at, piece in enumerate(pieces) if piece[0].isalnum() or chance.random() < 0.05])
        match chance.choice(["put", "replace", "replace", "replace", "drop", "swap", "repeat"]):
            case "put":
                pieces.insert(at + 1, f" {chance.choice(SIGNS)} ")
            case "replace":
                pieces[at] = chance.choice(VALUES)
            case "drop":
                del pieces[at]
            case "swap":
                other = chance.randrange(len(pieces))
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case _:
                pieces.insert(at, pieces[chance.randrange(len(pieces))])
    return "".join(pieces)


def original(chance: random.Random, folder: Path) -> str:
    if chance.random() < 0.3:
        return chance.choice(BUILT_IN).read_text(encoding="utf-8")
    sketch = Author(chance.randint(0, 10**6)).model(recipe=chance.random() < 0.7)
    sketch.module(folder)
    return sketch.text()


@pytest.mark.parametrize(
    "first", [pytest.param(first, marks=[pytest.mark.slow] * (first >= 1000)) for first in range(0, 10_000, 200)]
)
def test_every_text_gets_an_answer(first: int, tmp_path: Path) -> None:
    resolved = 0
    for seed in range(first, first + 200):
        chance = random.Random(seed)
        text = altered(original(chance, tmp_path), chance)
        report = Report()
        try:
            modules = resolve(parse(Source("net.arch", text), report), tmp_path, report)
            programs = [emit(module) for module in modules]
            render_all(report.found, color=False)
        except BaseException as error:
            raise AssertionError(f"{seed}: {text}") from error
        assert bool(programs) == (report.errors == 0), text
        for diagnostic in report.found:
            assert diagnostic.span is not None
            assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(diagnostic.span.source.text)
            assert not re.search(
                r"object at 0x|Traceback|\bTensor\(", diagnostic.title + diagnostic.help + diagnostic.label
            ), text
        resolved += report.errors == 0 or any(diagnostic.code[:3] != "E01" for diagnostic in report.found)
    assert resolved > 60, "most texts are worth trying"
