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
from tests.models import imported
from tests.program.same import meaning
from tests.program.wild import Wild

BATCHES, EACH = 10, 50


def written(folder: Path, seed: int) -> tuple[str, str, dict[str, str]]:
    """The programs of a random model, plainly named and wildly named, and what each plain name became."""
    sketch = Author(seed).model(recipe=seed % 10 != 0)
    names = Wild(sketch, seed)
    plain, wild = sketch.module(folder), sketch.module(folder, names)
    became = [*names_in(plain.graph, wild.graph), *names.names.items()]
    target = "gpu" if seed % 3 == 0 else "cpu"
    return emit(plain, target), emit(wild, target), one_name(became)  # type: ignore[arg-type]


def one_name(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """One name for all that became one another: in two blocks a name may have become two."""
    of: dict[str, str] = {}
    for pair in pairs:
        first, second = (of.setdefault(name, name) for name in pair)
        if first != second:
            of.update((name, first) for name, known in list(of.items()) if known == second)
    return of


def names_in(plain: Graph, wild: Graph) -> Iterator[tuple[str, str]]:
    """What every node is called in both, those in blocks and all copies of repeats too, and the stems that loops
    count from."""
    for one, other in zip(plain.nodes, wild.nodes, strict=True):
        yield one.name, other.name
        if one.body is not None and other.body is not None:
            yield from names_in(one.body, other.body)
        for copy, named in zip(one.copies, other.copies, strict=True):
            for name, wild_name in zip(copy, named, strict=True):
                yield name, wild_name
                yield re.sub(r"\d+$", "", name), re.sub(r"\d+$", "", wild_name)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_programs_of_any_names_are_clean_and_the_same(batch: int, tmp_path: Path) -> None:
    for seed in range(batch * EACH, (batch + 1) * EACH):
        plain, wild, became = written(tmp_path, seed)
        (tmp_path / f"plain{seed}.py").write_text(plain)
        (tmp_path / f"wild{seed}.py").write_text(wild)
        assert meaning(plain, became) == meaning(wild, became), seed
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
