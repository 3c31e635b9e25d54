"""A recipe for a network that has none, so that its training step can be watched all the same."""

from archc.ir import Column, DataSpec, LossTerm, Module, Monitor, Port, Recipe
from archc.ir.items import item
from archc.parameters import FAMILIES
from archc.recipes.loss import Function, Loss
from archc.recipes.optimizer import Optimizer
from archc.types import TensorType

_LOSSES: dict[str, str] = {"softmax": "cross_entropy", "sigmoid": "binary_cross_entropy"}
"""What is usual behind an output's last function; `mse` behind any other."""

_BATCHES = 4

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
    ends = {port.name: _end(module, port) for port in graph.outputs}
    targets = tuple(_target(port, ends[port.name]) for port in graph.outputs)
    optimizer = FAMILIES["optimizer"]["sgd"].build([0.01], {"momentum": 0.9})
    assert isinstance(optimizer, Optimizer)
    rows = _BATCHES * batch
    recipe = Recipe(
        name="",
        data=DataSpec(name="random rows", features=features, targets=targets, examples=rows),
        columns={port.name: port.name for port in graph.inputs},
        losses=tuple(_loss(port, ends[port.name], target) for port, target in zip(graph.outputs, targets, strict=True)),
        links=ends,
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


def _end(module: Module, port: Port) -> Function:
    """The function that an output ends in, as far as a loss can see through it."""
    last = next((node for node in module.graph.nodes if node.name == port.value), None)
    if last is None or last.op not in _LOSSES:
        return "linear"
    return "softmax" if last.op == "softmax" else "sigmoid"


def _target(port: Port, end: Function) -> Column:
    name = f"target of {port.name}"
    if end != "softmax":
        return Column(name=name, kind="number", shape=port.shape)
    classes = tuple(map(str, range(TensorType(port.shape).channels)))
    return Column(name=name, kind="class", shape=port.shape[:-1], classes=classes)


def _loss(port: Port, end: Function, target: Column) -> LossTerm:
    loss = FAMILIES["loss"][_LOSSES.get(end, "mse")].build([], {})
    assert isinstance(loss, Loss)
    return LossTerm(weight=1.0, loss=item(loss), output=port.name, target=target.name)
