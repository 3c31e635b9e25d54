"""What is taken from the kernels is their own text, all that it needs, and no more."""

import ast
import builtins
import itertools
from pathlib import Path

import pytest

from archc.program.link import FOLDER, IMPORTS, Definition, definitions, import_lines, link, names_read

KERNELS = [path for path in sorted(FOLDER.glob("*.py")) if path.stem not in ("__init__", "face")]
ROLES = {
    "run_steps": ("run_steps_one_by_one", "run_steps_looped", "run_steps_looped_ragged"),
    "parts": ("parts_by_split", "parts_with_test", "parts_filled", "parts_filled_with_test"),
    "best_epoch": ("best_epoch_lowest", "best_epoch_highest"),
    "should_stop": ("should_stop_at_end", "should_stop_early"),
    "named": ("named_as_kept", "named_apart"),
}
OF_WEIGHTS = {
    "filled": ("filled_as_kept", "filled_apart"),
    "part_names": ("part_names_as_kept", "part_names_apart"),
    "stacked_axes": ("stacked_axes_as_kept", "stacked_axes_apart"),
}
"""Jobs that only some recipes have, so that not every program does them."""
FROM_THE_MODEL = {
    *("BATCH", "CHOOSE", "EPOCHS", "EVAL_BATCH", "FINAL", "METRICS", "MONITOR", "PART_ROWS", "PATIENCE", "STEPS"),
    *("GAPS", "REPEATS", "TrainState", "adapt", "apply", "init", "loss", "metrics", "optimizer", "select"),
    *("summarize", "kept", "measure"),
}


def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.stem)
def test_kernels_are_short_and_told_in_a_line(path: Path) -> None:
    for function in functions(path):
        assert function.end_lineno is not None
        assert function.end_lineno - function.lineno < 25, function.name
        assert "\n" not in (ast.get_docstring(function) or "\n"), function.name


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.stem)
def test_kernels_import_as_programs_do(path: Path) -> None:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import) or (
            isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("archc")
        ):
            assert ast.unparse(node) in IMPORTS.values()


@pytest.mark.parametrize("name", sorted(definitions()))
def test_a_definition_is_the_text_of_its_file(name: str) -> None:
    definition = definitions()[name]
    assert any(definition.text in path.read_text(encoding="utf-8") for path in KERNELS)
    jobs = {*ROLES, *OF_WEIGHTS}
    assert definition.uses <= FROM_THE_MODEL | set(IMPORTS) | set(definitions()) | jobs | set(dir(builtins))


@pytest.mark.parametrize("name", sorted(definitions()))
def test_what_is_linked_runs_by_itself(name: str) -> None:
    linked = link([name], {role: ways[0] for role, ways in (ROLES | OF_WEIGHTS).items()})
    text = "\n\n\n".join(definition.under(as_name) for as_name, definition in linked.texts)
    needed = names_read(text)
    program = "\n".join([*import_lines(needed), *(f"{given} = None" for given in sorted(FROM_THE_MODEL & needed))])
    namespace: dict[str, object] = {}
    exec(f"{program}\n\n{text}", namespace)
    assert callable(namespace[name]) or definitions()[name].text.startswith(f"{name} = {{")
    assert needed - set(namespace) <= set(dir(builtins)) | local_names(text)


def local_names(text: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(text)))
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    stored |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    return stored | {node.arg for node in nodes if isinstance(node, ast.arg)}


@pytest.mark.parametrize("choice", list(itertools.product(*ROLES.values())), ids="+".join)
def test_each_way_bears_the_name_of_its_job(choice: tuple[str, ...]) -> None:
    linked = link(["main"], dict(zip(ROLES, choice, strict=True)))
    names = [name for name, _ in linked.texts]
    assert set(ROLES) | {"main", "train_step", "evaluate"} <= set(names)
    assert len(names) == len(set(names))
    texts = [definition.under(name) for name, definition in linked.texts]
    for name, text in zip(names, texts, strict=True):
        assert f"def {name}(" in text
    assert not {way for ways in ROLES.values() for way in ways} & set(names)
    assert ("device_loop" in names) == ("run_steps_looped" in choice[0])


def test_definitions_come_in_the_order_of_the_files() -> None:
    linked = link(["main", "conv2d", "batch_norm"], {role: ways[0] for role, ways in ROLES.items()})
    assert [definition.order for _, definition in linked.texts] == sorted(
        definition.order for _, definition in linked.texts
    )


def test_a_decorator_belongs_to_its_definition() -> None:
    assert definitions()["train_step"].text.startswith("@jax.jit")
    assert definitions()["train_step"].under("train_step") == definitions()["train_step"].text


def test_an_unknown_name_is_nothing_to_link() -> None:
    assert link(["no_such_kernel"], {}).texts == ()


def test_only_the_definition_is_renamed() -> None:
    text = 'def f(x):\n    """f(x) of def f(x)."""\n    return f(x)'
    assert Definition("f", text, frozenset(), 0).under("g").splitlines()[0] == "def g(x):"


def test_imports_come_in_their_usual_order() -> None:
    assert import_lines(["optax", "np", "jax", "argparse", "lax", "jnp", "something"]) == [
        "import argparse",
        "",
        "import jax",
        "import jax.numpy as jnp",
        "import numpy as np",
        "import optax",
        "from jax import lax",
    ]
