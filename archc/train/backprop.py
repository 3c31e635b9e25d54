"""What one example makes a program compute: the value of every layer, and the derivatives of the loss.

All of it is done by the program itself. A line behind each layer of its `apply` hands out the value and adds a zero;
the derivative by that zero, which `jax.grad` takes of the program's `loss`, is the derivative by the value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from archc.data.table import Table, check_against
from archc.draw.trace import Quantity, Trace
from archc.ir import Module, Recipe
from archc.ir.items import op_of, restored
from archc.ir.opened import opened
from archc.program.emit import emit
from archc.program.passages import WATCH, watched
from archc.train.example import Example, of_numbers, of_rows
from archc.train.loading import Origins, explained, load_program
from archc.train.weights import with_weights


@dataclass(frozen=True)
class Asked:
    """Which example and which weights.

    It is row `number` of those to train on, from 1, unless numbers are `given` by input and column. Weights and
    statistics are those of a `run`, by name, unless the first ones are meant; `seed` cut its data into parts.
    `start` are those among the first ones that the recipe takes from elsewhere.
    """

    number: int = 1
    given: Mapping[str, str] | None = None
    run: str = ""
    weights: Mapping[str, np.ndarray] | None = None
    seed: int | None = None
    start: Mapping[str, np.ndarray] | None = None


def reads_data(module: Module, asked: Asked) -> bool:
    """Whether the data set has to be loaded: for the example, or for what layers learn from the data beforehand."""
    adapts = any(op_of(node).adapts for _, node in module.graph.layers())
    return asked.given is None or (adapts and asked.weights is None)


def trace(module: Module, table: Table | None, asked: Asked) -> Trace:
    """The values and derivatives of a module with a recipe and one output. Raises Failed.

    `table` is needed where `reads_data` says so. The network is as in evaluation: nothing is dropped at random.
    """
    recipe = module.recipe
    assert recipe is not None
    if table is not None:
        check_against(table, recipe)
    program = load_program(emit(module), module.graph.name)
    plain = opened(module)
    text = emit(plain, plain=True)
    layers = load_program(watched(text, plain), module.graph.name)
    with explained(Origins(program), "an example goes through it"):
        weights = asked.weights
        if weights is None:
            weights = _first_weights(program, recipe, table) | dict(asked.start or {})
        state = with_weights(layers, weights, asked.run)
        if asked.given is not None:
            example = of_numbers(program, module, asked.given)
        else:
            assert table is not None
            seed = recipe.seed if asked.seed is None else asked.seed
            example = of_rows(program, recipe, table, seed, asked.number)
        origin = f"weights of {asked.run}" if asked.weights is not None else _origin(module, recipe, asked)
        return _traced(plain, layers, load_program(text, module.graph.name), state, example, origin)


def _first_weights(program: ModuleType, recipe: Recipe, table: Table | None) -> dict[str, np.ndarray]:
    """Weights and statistics by name, before the first step."""
    state = program.init(jax.random.key(recipe.seed))
    if table is not None:
        state = program.adapt(state, program.parts(table, recipe.seed)["train"])
    named: dict[str, np.ndarray] = program.named(state)
    return named


def _traced(module: Module, program: ModuleType, ends: ModuleType, state: Any, example: Example, origin: str) -> Trace:
    """The trace of a module without blocks, whose `program` calls `archc_watch`, and `ends` the same without that."""
    recipe = module.recipe
    assert recipe is not None
    seen: dict[str, Any] = {}

    def loss(zeros: Mapping[str, Any], params: Any, inputs: Any) -> Any:
        def watch(layer: str, value: Any) -> Any:
            seen[layer] = value + zeros[layer].astype(value.dtype) if layer in zeros else value
            return seen[layer]

        setattr(program, WATCH, watch)
        seen.clear()
        outputs, _ = program.apply(params, state.stats, inputs, train=False, key=jax.random.key(0))
        return program.loss(outputs, example.targets), (dict(seen), outputs)

    inputs = dict(example.inputs)
    _, (shapes, _) = jax.eval_shape(loss, {}, state.params, inputs)
    zeros = {layer: jnp.zeros(value.shape, jnp.float32) for layer, value in shapes.items()}
    derived = jax.value_and_grad(loss, argnums=(0, 1, 2), has_aux=True)
    (value, (values, outputs)), (by_layer, by_params, by_inputs) = derived(zeros, state.params, inputs)
    slopes = program.named(state._replace(params=by_params, stats={}))
    by_output = jax.grad(program.loss)(outputs, example.targets)
    (port,) = module.graph.outputs
    if port.value not in values and recipe.links[port.name] == "linear":
        # a `linear` at the end is no line of the program
        values[port.value], by_layer[port.value] = outputs, by_output
    return Trace(
        inputs={name: _quantity(inputs[name][0], by_inputs[name][0]) for name in inputs},
        layers={layer: _quantity(values[layer][0], by_layer[layer][0]) for layer in values},
        weights={name: _quantity(array, slopes.get(name)) for name, array in program.named(state).items()},
        loss=float(value),
        target=_target(recipe, example, outputs[0].shape),
        said=_said(module, ends, outputs, by_output),
        example=example.words,
        origin=origin,
    )


def _said(module: Module, program: ModuleType, outputs: Any, slope: Any) -> Quantity | None:
    """What the network says behind the function whose input the loss takes; None if that is none.

    The derivative by it is that by the input, divided by the function's own: the loss itself never reads it.
    """
    recipe = module.recipe
    assert recipe is not None
    function = recipe.links[module.graph.outputs[0].name]
    if function == "linear":
        return None
    program.apply = lambda params, stats, inputs, **rest: (inputs, stats)  # type: ignore[attr-defined]

    def end(raw: Any) -> Any:
        return program.predict({}, {}, raw)

    said = end(outputs)[0]
    if function != "sigmoid":
        return _quantity(said, None)
    # σ'(z) = σ(z) σ(-z), which has all its digits where 1 - σ(z) has lost them
    own = np.asarray(said) * np.asarray(end(jax.tree.map(jnp.negative, outputs))[0])
    return _quantity(said, np.asarray(slope[0]) / own if own.all() else None)


def _target(recipe: Recipe, example: Example, shape: tuple[int, ...]) -> tuple[float, ...]:
    """What an output of some shape is compared with; nothing if that is said in another way, or there are several."""
    compared = {term.target for term in recipe.losses}
    columns = {target for target in compared if isinstance(target, str)}
    if len(columns or compared) != 1:
        return ()
    (target,) = columns or compared
    size = int(np.prod(shape))
    if not isinstance(target, str):
        return (target,) * size
    taught = np.asarray(example.targets[target])
    classes = next(len(c.classes) for c in (*recipe.data.features, *recipe.data.targets) if c.name == target)
    if classes and taught.size == 1 and size == classes:
        taught = np.eye(classes)[int(taught.item())]
    return tuple(map(float, taught.ravel())) if taught.size == size else ()


def _origin(module: Module, recipe: Recipe, asked: Asked) -> str:
    if asked.start is not None:
        return f"weights that {module.source} starts from"
    drawn = any(restored(weight.init).random for _, node in module.graph.layers() for weight in node.weights)
    return f"first weights of seed {recipe.seed}" if drawn else f"weights written in {module.source}"


def _quantity(value: Any, slope: Any) -> Quantity:
    numbers = np.asarray(value, np.float32)
    slopes = None if slope is None else tuple(map(float, np.asarray(slope, np.float32).ravel()))
    return Quantity(numbers.shape, tuple(map(float, numbers.ravel())), slopes)
