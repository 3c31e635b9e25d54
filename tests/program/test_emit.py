"""The program as a text: what it holds, what it needs, and that nothing in a file gets out of its place."""

import ast
import builtins
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archc.ir import Module
from archc.program import emit
from tests.author import Author
from tests.models import BUILT_IN, built_in, module_of
from tests.program.nested import module as nested

GOLDEN = Path(__file__).parents[1] / "golden"
FACE = {
    *("MODEL", "BATCH", "EPOCHS", "STEPS", "PART_ROWS", "CHOOSE", "FINAL", "TrainState", "init", "adapt", "apply"),
    *("predict", "loss", "metrics", "optimizer", "train_step", "run_steps", "evaluate_step", "evaluate", "parts"),
    *("split", "order", "best_epoch", "should_stop", "named", "main"),
}
STACKED = {"stack"}
"""What is there for others where repeats run stacked."""
WITHOUT_RECIPE = {"MODEL", "TrainState", "init", "apply", "predict", "named"}
FIXED = {"adapt": {"data"}, "apply": {"train", "key"}}
"""Parameters of the face that a model may have no use for: it says so with `del`."""


def programs() -> Iterator[tuple[str, Callable[[Path], Module]]]:
    for path in BUILT_IN:
        yield path.stem, lambda folder, path=path: built_in(path)  # type: ignore[misc]
    for seed in range(60):
        yield f"random {seed}", lambda folder, seed=seed: Author(seed).model(recipe=seed % 6 != 0).module(folder)  # type: ignore[misc]
    for seed in range(20):
        yield f"nested {seed}", lambda folder, seed=seed: nested(seed, dropout=seed % 2 == 0)  # type: ignore[misc]


PROGRAMS = dict(programs())


@pytest.fixture(params=PROGRAMS)
def module(request: pytest.FixtureRequest, tmp_path: Path) -> Module:
    return PROGRAMS[request.param](tmp_path)


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_programs_of_the_built_in_models(path: Path, golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / f"{path.stem}.py", emit(built_in(path)))


def test_no_golden_is_left_behind(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--update"):
        pytest.skip("they are being written")
    assert {path.stem for path in GOLDEN.glob("*.py")} == {path.stem for path in BUILT_IN}


def test_lenet5_is_short() -> None:
    module = built_in(BUILT_IN[0].with_stem("lenet5"))
    assert len(emit(module, plain=True).splitlines()) < 220
    assert len(emit(module).splitlines()) < 290, (
        "with the forms that are fastest; with those of 250 lines, steps take 14 % longer"
    )


@pytest.mark.parametrize("target", ["cpu", "gpu"])
def test_nothing_is_there_that_isnt_used(module: Module, target: str) -> None:
    tree = ast.parse(emit(module, target))  # type: ignore[arg-type]
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    given = set(top_level(tree))
    assert given - read <= FACE | STACKED, "only the face is there for others"
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)):
        inside = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
        arguments = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)} - {"_"}
        names = {node.id for node in inside if isinstance(node.ctx, ast.Load)}
        deleted = {node.id for node in inside if isinstance(node.ctx, ast.Del)}
        allowed = FIXED.get(getattr(function, "name", ""), set())
        assert deleted <= allowed
        assert arguments - names - deleted == set(), ast.unparse(function)
        assert not deleted & names


def top_level(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        match node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (name.asname or name.name for name in names)
            case ast.FunctionDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))


def test_every_name_of_the_face_is_there(module: Module) -> None:
    given = list(top_level(ast.parse(emit(module))))
    assert len(given) == len(set(given))
    assert set(given) >= FACE if module.recipe else FACE & set(given) == WITHOUT_RECIPE


def test_it_needs_jax_optax_and_numpy_alone(module: Module) -> None:
    for node in ast.walk(ast.parse(emit(module))):
        names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.split(".")[0] in {"jax", "optax", "numpy", *sys.stdlib_module_names}


def test_no_name_hides_a_builtin(module: Module) -> None:
    tree = ast.parse(emit(module))
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    assert not bound & set(dir(builtins))


def test_the_same_file_gives_the_same_bytes() -> None:
    code = (
        "from tests.models import BUILT_IN, built_in\n"
        "from archc.program import emit\n"
        "for path in BUILT_IN: print(emit(built_in(path)), emit(built_in(path), 'gpu'))"
    )
    said = []
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(GOLDEN.parents[1])}
        said.append(
            subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout
        )
    assert len(said[0]) > 10_000
    assert said[0] == said[1] == said[2]


NET = "model Net { input x[2]\n dense(1) -> tanh }\n"
RECIPE = "train { data = xor\n loss = mse\n optimizer = sgd(0.1)\n batch = 4\n epochs = 1 }\n"
HOSTILE = [
    "a b.arch",
    "it's.arch",
    'a"""b.arch',
    '"""',
    'end"',
    "back\\slash.arch",
    "\\",
    '\\"""',
    "new\nline.arch",
    "\r\n",
    "#.arch",
    "{braces}.arch",
    "%s.arch",
    "tab\t.arch",
    "nul\0.arch",
    "\u2028.arch",
    "\u202egnp.arch",
    "\udce9.arch",
    "数据.arch",
    "🦊" * 30 + ".arch",
    "a" * 200 + ".arch",
    "\N{NO-BREAK SPACE}.arch",
    "# type: ignore",
    "noqa",
]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_file_name_stays_in_its_texts(name: str, tmp_path: Path) -> None:
    harmless, hostile = (emit(module_of(NET + RECIPE, name=each)) for each in ("net.arch", name))
    assert tree_without_names(hostile) == tree_without_names(harmless)
    namespace: dict[str, object] = {}
    model = next(line for line in ast.parse(hostile).body if ast.unparse(line).startswith("MODEL"))
    exec(compile(ast.Module([model], []), "program.py", "exec"), namespace)
    assert namespace["MODEL"]["source"] == Path(name).name  # type: ignore[index]
    (tmp_path / "program.py").write_text(hostile, encoding="utf-8")
    for command in (["check"], ["format", "--check"]):
        run = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(tmp_path)]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def tree_without_names(program: str) -> str:
    tree = ast.parse(program)
    model = next(node for node in tree.body if ast.unparse(node).startswith("MODEL"))
    assert isinstance(model, ast.Assign) and isinstance(model.value, ast.Dict)
    del model.value.values[1:4]
    return ast.dump(ast.Module(tree.body[1:], []))


def test_every_line_says_where_it_comes_from() -> None:
    text = (BUILT_IN[0].with_stem("lenet5")).read_text(encoding="utf-8").splitlines()
    program = emit(built_in(BUILT_IN[0].with_stem("lenet5")))
    for number, line in enumerate(text, 1):
        for layer in ("conv", "avg_pool", "flatten", "dense", "normalize"):
            if line.strip().startswith(layer):
                assert f"# lenet5.arch:{number}\n" in program
