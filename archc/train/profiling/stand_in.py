"""A recipe for a network that has none, so that its training step can be watched all the same."""

import numpy as np

from archc.data.table import Table
from archc.ir import Column, DataSpec, LossTerm, Module, Monitor, Port, Recipe
from archc.ir.items import item
from archc.parameters import FAMILIES
from archc.recipes.loss import Loss
from archc.types import TensorType

_LOSSES: dict[str, str] = {"softmax": "cross_entropy", "sigmoid": "binary_cross_entropy"}
"""What is usual behind an output's last function; `mse` behind any other."""

BATCHES = 4
"""How many batches of random rows there are: more than one, so that rows are gathered as they are from data."""

BATCH = 32
"""Examples of a step where neither a recipe nor anybody says."""


def with_recipe(module: Module, batch: int) -> Module:
    """The module with the recipe that it has, in batches of `batch` examples, or as many as there are.

    Where it has none, one that learns random rows with sgd and momentum, by the loss that the end of each output
    asks for. It serves for nothing but watching steps.
    """
    if module.recipe is not None:
        batch = min(batch, module.recipe.train_rows)
        return module.model_copy(update={"recipe": module.recipe.model_copy(update={"batch": batch})})
    graph = module.graph
    features = tuple(Column(name=port.name, kind="number", shape=port.shape) for port in graph.inputs)
    losses = {port.name: _loss(module, port) for port in graph.outputs}
    targets = {port.name: _target(port, losses[port.name]) for port in graph.outputs}
    optimizer = FAMILIES["optimizer"]["sgd"].build([0.01], {"momentum": 0.9})
    rows = BATCHES * batch
    recipe = Recipe(
        name="",
        data=DataSpec(name="random rows", features=features, targets=tuple(targets.values()), examples=rows),
        columns={port.name: port.name for port in graph.inputs},
        losses=tuple(
            LossTerm(weight=1.0, loss=item(loss), output=output, target=targets[output].name)
            for output, loss in losses.items()
        ),
        links={output: loss.reads for output, loss in losses.items()},
        metrics=(),
        optimizer=item(optimizer),
        weight_decay={"": 0.0},
        batch=batch,
        epochs=1,
        stop=None,
        monitor=Monitor(quantity="loss", better="lower"),
        train_rows=rows,
        validation_rows=0,
        test_rows=0,
        precision="float32",
        seed=0,
    )
    return module.model_copy(update={"recipe": recipe})


def _loss(module: Module, port: Port) -> Loss:
    """The loss that suits the function that an output ends in."""
    last = next((node.op for node in module.graph.nodes if node.name == port.value), "")
    loss = FAMILIES["loss"][_LOSSES.get(last, "mse")].build([], {})
    assert isinstance(loss, Loss)
    return loss


def _target(port: Port, loss: Loss) -> Column:
    name = f"target of {port.name}"
    if loss.reads != "softmax":
        return Column(name=name, kind="number", shape=port.shape)
    classes = tuple(map(str, range(TensorType(port.shape).channels)))
    return Column(name=name, kind="class", shape=port.shape[:-1], classes=classes)


def random_rows(recipe: Recipe) -> Table:
    """Rows that have nothing of the data but their shapes."""
    random, rows = np.random.default_rng(recipe.seed), min(BATCHES * recipe.batch, recipe.train_rows)
    table: Table = {}
    for column in (*recipe.data.features, *recipe.data.targets):
        shape = (rows, *column.shape)
        if column.kind == "class":
            table[column.name] = random.integers(0, len(column.classes), shape).astype(np.int32)
        else:
            table[column.name] = random.random(shape, np.float32)
    return table
