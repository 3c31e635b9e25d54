"""What a network says of given inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import numpy as np

from archc.diagnostics import Diagnostic, Failed
from archc.ir import Column, Module
from archc.ir.items import restored
from archc.ir.scoring import scale
from archc.train.folders import RunFolder, open_run, read_module
from archc.train.loading import Origins, explained, load_program
from archc.train.weights import read_weights, with_weights
from archc.types import TensorType

_BATCH = 256
PROBABLE = ("softmax", "log_softmax", "sigmoid")
"""Layers that give probabilities, or their logarithms."""


@dataclass(frozen=True)
class Prediction:
    """What one output says: `values` [n, …] as the file defines them, such as probabilities.

    For a class target, `classes` are the names and `labels` [n] the numbers of the likeliest. `scores`
    [n, classes] are then numbers by which the classes compare, the largest for the likeliest, also where
    the network has one number for two classes. `likely` says whether they are probabilities.
    """

    output: str
    values: np.ndarray
    classes: tuple[str, ...] = ()
    labels: np.ndarray | None = None
    scores: np.ndarray | None = None
    likely: bool = False

    @property
    def probabilities(self) -> np.ndarray | None:
        """[n, classes] for a class target, None where the network gives no probabilities."""
        return self.scores if self.likely else None

    @property
    def names(self) -> list[str]:
        """The name of the likeliest class of each example, empty without classes."""
        return [] if self.labels is None else [self.classes[label] for label in self.labels]


def predict(what: Path | tuple[Module, str], inputs: Mapping[str, np.ndarray]) -> dict[str, Prediction]:
    """Predictions by output: with the best weights of a run's folder, or of a module and its program's text.

    `inputs` are arrays [n, …] by input name. A module needs all its weights written out in its
    file. Raises Failed if the inputs don't fit, or there are no weights.
    """
    if isinstance(what, Path):
        folder = open_run(what, lock=False)
        module = read_module(folder)
        program, state = load_best(folder)
    else:
        module, text = what
        check_written_out(module)
        program = load_program(text, module.graph.name)
        with explained(Origins(program), "the weights are made"):
            state = program.init(jax.random.key(0))
    batch = check_inputs(module, inputs)
    with explained(Origins(program), "it predicts"):
        return predictions(program, module, state, batch)


def load_best(folder: RunFolder) -> tuple[ModuleType, Any]:
    """A run's program and a state with its best weights. Raises Failed."""
    program = load_program(folder.program, folder.beginning().name)
    return program, with_weights(program, read_weights(folder.best), str(folder.best))


def check_written_out(module: Module) -> None:
    """Raises Failed if any weight is left to chance, so that only training can give it."""
    for scope, node in module.graph.layers():
        for weight in node.weights:
            if restored(weight.init).random:
                title = f"{module.source} has no weights: `{scope}.{weight.name}` is random until it is trained"
                help = f"train it, `archc train {module.source}`, and give the run's folder instead of the file"
                raise Failed(Diagnostic("E0902", title, help=help))


def check_inputs(module: Module, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The inputs as float32. Raises Failed unless they are exactly those of the model, of its shapes, equally many."""
    wanted = {port.name: port.shape for port in module.graph.inputs}
    for name in sorted(inputs.keys() ^ wanted.keys()):
        known = ", ".join(f"`{name}`" for name in wanted)
        title = f"the model has no input `{name}`" if name in inputs else f"the input `{name}` is missing"
        raise Failed(Diagnostic("E0901", title, help=f"the inputs are: {known}"))
    rows: set[int] = set()
    for name, shape in wanted.items():
        array = np.asarray(inputs[name])
        if array.ndim == 0 or array.shape[1:] != shape or array.dtype.kind not in "biuf":
            expected = "[n" + "".join(f", {size}" for size in shape) + "]"
            title = f"`{name}` is {array.dtype}{list(array.shape)}, and numbers {expected} are expected"
            raise Failed(Diagnostic("E0901", title, help="n is the number of examples, 1 for a single one"))
        rows.add(len(array))
    if rows == {0} or len(rows) != 1:
        counts = " and ".join(map(str, sorted(rows)))
        raise Failed(Diagnostic("E0901", f"the inputs have {counts} examples", help="give equally many, at least one"))
    return {name: np.asarray(inputs[name], dtype=np.float32) for name in wanted}


def predictions(program: ModuleType, module: Module, state: Any, inputs: Mapping[str, Any]) -> dict[str, Prediction]:
    """Predictions by output for inputs that fit, in batches of one size so that XLA compiles once."""
    count = len(next(iter(inputs.values())))
    size = min(count, _BATCH)
    step = jax.jit(program.predict)
    pieces = []
    for start in range(0, count, size):
        rows = np.minimum(np.arange(start, start + size), count - 1)
        pieces.append(step(state.params, state.stats, {name: values[rows] for name, values in inputs.items()}))
    pieces = jax.device_get(pieces)
    names = [port.name for port in module.graph.outputs]
    by_name = pieces if isinstance(pieces[0], dict) else [{names[0]: piece} for piece in pieces]
    targets = class_targets(module)
    found = {}
    for name in names:
        values = np.concatenate([np.asarray(piece[name], dtype=np.float32) for piece in by_name])[:count]
        found[name] = told(module, targets[name], name, values) if name in targets else Prediction(name, values)
    return found


def told(module: Module, target: Column, output: str, values: np.ndarray) -> Prediction:
    """The prediction of an output that tells classes apart."""
    assert module.recipe is not None
    factor, offset = scale(module.recipe, output, target.name, TensorType(values.shape[1:]), len(target.classes))
    flat = values.reshape(len(values), -1)
    end = ends_in(module, output)
    likely = (factor, offset) == (1, 0) and (end in PROBABLE or module.recipe.links.get(output) != "linear")
    if likely and end == "log_softmax":
        flat = np.exp(flat)
    scores = factor * flat + offset
    labels = _labels(scores)
    if scores.shape[1] == 1:
        scores = np.concatenate([1 - scores, scores], axis=1)
    elif factor < 0:
        # of distances the likelihoods are e^-y
        each = np.exp(scores - scores.max(axis=1, keepdims=True))
        scores, likely = each / each.sum(axis=1, keepdims=True), True
    return Prediction(output, values, target.classes, labels, scores, likely)


def ends_in(module: Module, output: str) -> str:
    """The kind of layer that an output comes from, blocks opened; "" for an input."""
    value = next(port.value for port in module.graph.outputs if port.name == output)
    last = next((node for node in module.graph.nodes if node.name == value), None)
    layer = last.innermost if last is not None else None
    return "" if layer is None else layer.op


def class_targets(module: Module) -> dict[str, Column]:
    """The class column that each output learns to tell, where there is one."""
    if module.recipe is None:
        return {}
    columns = {column.name: column for column in module.recipe.data.targets if column.kind == "class"}
    terms = module.recipe.losses
    return {t.output: columns[t.target] for t in terms if isinstance(t.target, str) and t.target in columns}


def _labels(values: np.ndarray) -> np.ndarray:
    """The likeliest class [n] by scores [n, m]. A single one is above ½ for the second of two."""
    return (values[:, 0] > 0.5).astype(np.int64) if values.shape[1] == 1 else values.argmax(axis=1)
