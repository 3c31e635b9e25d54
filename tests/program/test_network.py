"""What a model is called never matters to the program that is written for it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
import pytest

from archc.ir import Graph
from archc.program import emit
from tests.author import Author
from tests.models import imported, module_of
from tests.program.same import same
from tests.program.wild import Wild

FEW, BATCHES, EACH = 5, 40, 50


Became = tuple[str, str, str]
"""A block ("" for the model itself), a name in it, and what that became."""


def written(folder: Path, seed: int) -> tuple[str, str, set[Became]]:
    """The programs of a random model, plainly named and wildly named, and what plain names became."""
    sketch = Author(seed).model(recipe=seed % 10 != 0)
    names = Wild(sketch, seed)
    plain, wild = sketch.module(folder), sketch.module(folder, names)
    became = set(names_in(plain.graph, wild.graph))
    blocks = {"", *(block for block, _, _ in became)}
    became |= {(block, name, wild_name) for block in blocks for name, wild_name in names.names.items()}
    target = "gpu" if seed % 3 == 0 else "cpu"
    return emit(plain, target), emit(wild, target), became  # type: ignore[arg-type]


def names_in(plain: Graph, wild: Graph, block: str = "") -> Iterator[Became]:
    """What every node is called in both, those in blocks and all copies of repeats too."""
    for one, other in zip(plain.nodes, wild.nodes, strict=True):
        yield block, one.name, other.name
        if one.body is not None and other.body is not None:
            yield from names_in(one.body, other.body, one.body.name if one.op == "block" else block)
        for copy, named in zip(one.copies, other.copies, strict=True):
            yield from ((block, *pair) for pair in zip(copy, named, strict=True))


@pytest.mark.parametrize(
    "batch", [pytest.param(batch, marks=[pytest.mark.slow] * (batch >= FEW)) for batch in range(BATCHES)]
)
def test_programs_of_any_names_are_clean_and_the_same(batch: int, tmp_path: Path) -> None:
    for seed in range(batch * EACH, (batch + 1) * EACH):
        plain, wild, became = written(tmp_path, seed)
        (tmp_path / f"plain{seed}.py").write_text(plain)
        (tmp_path / f"wild{seed}.py").write_text(wild)
        assert same(plain, wild, became), seed
    for command in (["check"], ["format", "--check"]):
        run = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(tmp_path)]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr


@pytest.mark.parametrize("seed", [1, 4, 12, 23, 31])
def test_programs_of_any_names_give_the_same(seed: int, tmp_path: Path) -> None:
    author = Author(seed)
    sketch = author.model()
    wild = Wild(sketch, seed)
    results = []
    for names in (str, wild):
        program = imported(emit(sketch.module(tmp_path, names)))
        table = sketch.table(names)  # type: ignore[arg-type]
        data = program.parts(table, 5)["train"]
        state = program.adapt(program.init(jax.random.key(5)), data)
        state, sums = program.run_steps(state, data, program.order(program.PART_ROWS["train"], 5, 1), 0, program.STEPS)
        outputs = program.predict(state.params, state.stats, data[0])
        results.append((float(sums["loss"]), outputs if isinstance(outputs, dict) else {"": outputs}))
    (loss, plain), (same_loss, other) = results
    assert loss == same_loss
    assert np.isfinite(loss)
    for name, values in plain.items():
        np.testing.assert_array_equal(values, other[wild(name) if name else ""])


@pytest.mark.parametrize(
    ("function", "one", "other"),
    [
        *((function, "dense1", "dense2") for function in ("apply", "init", "a", "init_a")),
        *(("apply", one, other) for one, other in (("a1", "a2"), ("{i + 3}", "{i + 2}"), ("range(3)", "range(2)"))),
        *(("init", one, other) for one, other in (("{i + 3}", "{i + 2}"), ("n=2", "n=3"))),
    ],
)
def test_names_that_are_swapped_are_not_the_same(function: str, one: str, other: str) -> None:
    module = module_of(
        "block a(n) { dense(n) -> dense(n) -> relu }\nmodel m { input x[2]\n"
        "a(2) -> a(3) -> dense(2) -> relu -> dense(2) -> repeat 3 { dense(2) -> tanh } }"
    )
    program, became = emit(module), set(names_in(module.graph, module.graph))
    assert same(program, program, became)
    lead, head, rest = program.partition(f"def {function}(")
    body, end, rest = rest.partition("\n\n\n")
    swapped = re.sub(f"{re.escape(one)}|{re.escape(other)}", lambda found: other if found[0] == one else one, body)
    assert swapped != body
    assert not same(program, "".join((lead, head, swapped, end, rest)), became)
