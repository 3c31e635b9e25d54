"""Weights on their own, by dotted name: out of files and into a program's states."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.lib.npyio import NpzFile

from archc.diagnostics import Diagnostic, Failed
from archc.train.folders import RunFolder, unfinished


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` file. Runs no code that it may hold. Raises Failed if it is missing or damaged."""
    try:
        with path.open("rb") as raw:
            file = np.load(raw, allow_pickle=False)
            if not isinstance(file, NpzFile):
                raise ValueError("it is a single array, and weights are an .npz file of several")
            with file:
                return {name: file[name] for name in file.files}
    except FileNotFoundError:
        run = RunFolder(path.parent)
        if run.result.exists():
            help = f"`archc train {run.path} --resume` writes them again from the newest checkpoint"
        else:
            help = f"a run has weights when it is over: {unfinished(run, str(run.path))}"
        raise Failed(Diagnostic("E0709", f"there are no weights: {path} is not there", help=help)) from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        help = f"`archc train {path.parent} --resume` writes them again if there is a checkpoint; else train again"
        notes = (str(error).splitlines()[0] if str(error) else type(error).__name__,)
        raise Failed(Diagnostic("E0709", f"{path} is damaged", notes=notes, help=help)) from None


def with_weights(program: ModuleType, weights: Mapping[str, np.ndarray], source: str) -> Any:
    """A state that can evaluate and predict, and not be trained. `source` is where the weights are from.

    Raises Failed, naming the first difference, unless they are exactly those that the program has.
    """
    form = jax.eval_shape(program.init, jax.random.key(0))
    trees = [_layer_by_layer(program, tree) for tree in (form.params, form.stats)]
    wanted = dict(_named(trees[0])) | dict(_named(trees[1]))
    for name in sorted(weights.keys() ^ wanted.keys()):
        problem = "has no place for" if name in weights else "needs"
        raise _unfit(source, f"the program {problem} `{name}`")
    for name, leaf in wanted.items():
        array = weights[name]
        if array.shape != leaf.shape or array.dtype != leaf.dtype:
            there = f"{array.dtype}{list(array.shape)}"
            raise _unfit(source, f"`{name}` is {there}, and the program has {leaf.dtype}{list(leaf.shape)}")

    def restored(tree: Any) -> Any:
        leaves = [jnp.array(weights[name]) for name, _ in _named(tree)]
        whole = jax.tree.unflatten(jax.tree.structure(tree), leaves)
        return jax.tree.map(jnp.array, program.stack(whole)) if hasattr(program, "stack") else whole

    return program.TrainState(
        params=restored(trees[0]),
        stats=restored(trees[1]),
        opt_state=None,
        step=jnp.int32(0),
        key=jax.random.key(0),
    )


def _layer_by_layer(program: ModuleType, tree: Any) -> Any:
    """The form of params or stats as weights are known: a program that scans repeats stacks their copies."""
    return jax.eval_shape(program.unstack, tree) if hasattr(program, "unstack") else tree


def _named(tree: Any) -> list[tuple[str, Any]]:
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return [(".".join(entry.key for entry in path), leaf) for path, leaf in leaves]


def _unfit(source: str, difference: str) -> Failed:
    help = "use the weights and the program of one run"
    return Failed(Diagnostic("E0709", f"the weights in {source} don't fit: {difference}", help=help))
