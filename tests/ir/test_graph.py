"""The IR is data: it goes out as JSON and comes back the same, nobody can change it, and its rules are held."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydantic
import pytest

from archc.ir import Graph, Module, Node, Place, Port, Weight
from archc.ir.items import argument, item
from archc.ir.verify import Broken, verify, verify_graph
from archc.ops import OPS, Op
from archc.parameters import FAMILIES
from archc.program import emit
from archc.types import TensorType
from tests.author import Author
from tests.models import BUILT_IN, built_in

PLACE = Place(file="net.arch", line=1, column=1)


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_built_in_models_survive_json(path: Path) -> None:
    survives(built_in(path))


@pytest.mark.parametrize("first", range(0, 100, 20))
def test_random_models_survive_json(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + 20):
        survives(Author(seed).model(recipe=seed % 3 != 0).module(tmp_path))


def survives(module: Module) -> None:
    again = Module.model_validate_json(module.model_dump_json())
    assert again == module
    verify(again)
    assert emit(again) == emit(module)


def test_a_newer_form_is_not_taken_for_this_one() -> None:
    text = built_in(BUILT_IN[0]).model_dump_json()
    assert '"archc_ir":1,' in text
    for altered in (
        text.replace('"archc_ir":1,', '"archc_ir":2,'),
        text.replace('"archc_ir":1,', '"archc_ir":1,"extra":0,'),
    ):
        with pytest.raises(pydantic.ValidationError):
            Module.model_validate_json(altered)


def test_nothing_can_be_changed() -> None:
    module = built_in(BUILT_IN[0].with_stem("lenet5"))
    for model in (module, module.graph, module.graph.nodes[0], module.graph.inputs[0], module.recipe):
        for field in type(model).model_fields:
            with pytest.raises(pydantic.ValidationError):
                setattr(model, field, None)


def with_nodes(change: Callable[[tuple[Node, ...]], tuple[Node, ...]]) -> Callable[[Module], Module]:
    return lambda module: module.model_copy(
        update={"graph": module.graph.model_copy(update={"nodes": change(module.graph.nodes)})}
    )


def with_first(**update: Any) -> Callable[[Module], Module]:
    return with_nodes(lambda nodes: (nodes[0].model_copy(update=update), *nodes[1:]))


def with_graph(**update: Any) -> Callable[[Module], Module]:
    return lambda module: module.model_copy(update={"graph": module.graph.model_copy(update=update)})


def with_recipe(**update: Any) -> Callable[[Module], Module]:
    def change(module: Module) -> Module:
        assert module.recipe
        return module.model_copy(update={"recipe": module.recipe.model_copy(update=update)})

    return change


PORT = Port(name="image", value="image", shape=(28, 28, 1), place=PLACE)
BREAKS: dict[str, Callable[[Module], Module]] = {
    "a node is there twice": with_nodes(lambda nodes: (*nodes, nodes[-1])),
    "a node bears an input's name": with_first(name="image"),
    "a value is read before it is given": with_nodes(lambda nodes: (nodes[1], nodes[0], *nodes[2:])),
    "a value is read that nobody gives": with_first(inputs=("nothing",)),
    "a layer is left out": with_nodes(lambda nodes: (nodes[0], *nodes[2:])),
    "a shape isn't that of the rule": with_first(output=(28, 28, 2)),
    "a layer owns too little": with_nodes(
        lambda nodes: (*nodes[:-2], nodes[-2].model_copy(update={"weights": ()}), nodes[-1])
    ),
    "a layer costs more": with_first(macs=1),
    "two inputs bear one name": with_graph(inputs=(PORT, PORT)),
    "an output has another shape": with_graph(outputs=(PORT.model_copy(update={"name": "y", "value": "dense1"}),)),
    "an output has no value": with_graph(outputs=(PORT.model_copy(update={"value": "nothing"}),)),
    "the recipe feeds no input": with_recipe(columns={}),
    "the recipe feeds an input that isn't there": with_recipe(columns={"image": "image", "more": "more"}),
    "the recipe measures an output that isn't there": with_recipe(metrics=()),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_what_breaks_the_rules_is_found(broken: str) -> None:
    module = built_in(BUILT_IN[0].with_stem("lenet5"))
    verify(module)
    altered = BREAKS[broken](module)
    if "measures" in broken:
        assert altered.recipe and module.recipe
        term = module.recipe.metrics[0].model_copy(update={"output": "nothing"})
        altered = with_recipe(metrics=(term,))(module)
    with pytest.raises(Broken):
        verify(altered)


def xor_blocks() -> Graph:
    """XOR's network as a block, and the same shared behind it."""
    module = built_in(BUILT_IN[0].with_stem("xor"))
    inner = module.graph
    first = Node(name="xor1", op="block", inputs=("x",), output=(1,), place=PLACE, body=inner)
    again = Node(name="xor2", op="block", inputs=("x",), output=(1,), place=PLACE, body=inner, shares="xor1")
    output = Port(name="y", value="xor2", shape=(1,), place=PLACE)
    return Graph(name="Outer", inputs=inner.inputs, nodes=(first, again), outputs=(output,))


def dense(name: str, source: str) -> Node:
    """`dense(2)` behind a value of two numbers."""
    op = OPS["dense"].build([2], {})
    assert isinstance(op, Op)
    x = TensorType((2,))
    zeros = item(FAMILIES["initialiser"]["zeros"].build([], {}))
    weights = tuple(Weight(name=spec.name, shape=spec.shape, init=zeros) for spec in op.weights(x))
    arguments = {name: argument(value) for name, value in op.values().items()}
    return Node(name=name, op="dense", arguments=arguments, inputs=(source,), output=(2,),
                weights=weights, macs=4, place=PLACE)  # fmt: skip


def repeated() -> Graph:
    """Two dense layers in each of three copies."""
    port = Port(name="it", value="it", shape=(2,), place=PLACE)
    body = Graph(name="repeat", inputs=(port,), nodes=(dense("dense1", "it"), dense("dense2", "dense1")),
                 outputs=(port.model_copy(update={"value": "dense2"}),))  # fmt: skip
    node = Node(name="repeat1", op="repeat", inputs=("x",), output=(2,), place=PLACE, body=body, count=3,
                copies=tuple((f"dense{i}", f"dense{i + 1}") for i in (1, 3, 5)))  # fmt: skip
    x = port.model_copy(update={"name": "x", "value": "x"})
    return Graph(
        name="Deep", inputs=(x,), nodes=(node,), outputs=(x.model_copy(update={"name": "y", "value": "repeat1"}),)
    )


def test_blocks_are_looked_into() -> None:
    graph = xor_blocks()
    names = [node.name for node in graph.nodes[0].body.nodes]  # type: ignore[union-attr]
    assert [name for name, _ in graph.layers()] == [f"xor{i}.{name}" for i in (1, 2) for name in names]
    assert (graph.parameters, graph.macs) == (9, 2 * 6), "what is shared is counted once and runs twice"
    assert sum(len(layer.weights) for _, layer in graph.layers()) == 4
    verify_graph(graph)


def test_repeats_are_counted_and_named() -> None:
    graph = repeated()
    verify_graph(graph)
    assert [name for name, _ in graph.layers()] == [f"dense{i}" for i in range(1, 7)]
    assert (graph.parameters, graph.macs) == (6 * 6, 6 * 4)


def changed(graph: Graph, index: int, **update: Any) -> Graph:
    nodes = list(graph.nodes)
    nodes[index] = nodes[index].model_copy(update=update)
    return graph.model_copy(update={"nodes": tuple(nodes)})


def without_last(graph: Graph) -> Graph:
    return graph.model_copy(update={"nodes": graph.nodes[:-1]})


NESTED_BREAKS: dict[str, Callable[[], Graph]] = {
    "a body lacks a layer": lambda: changed(xor_blocks(), 0, body=without_last(xor_blocks().nodes[0].body)),  # type: ignore[arg-type]
    "a body gives another shape": lambda: changed(xor_blocks(), 0, output=(2,)),
    "what is shared isn't there": lambda: changed(xor_blocks(), 1, shares="xor3"),
    "what is shared is another block": lambda: changed(xor_blocks(), 0, body=repeated()),
    "a repeat counts other copies": lambda: changed(repeated(), 0, count=2),
    "a copy has too few names": lambda: changed(repeated(), 0, copies=(*repeated().nodes[0].copies[:2], ("dense5",))),
    "two copies have one name": lambda: changed(
        repeated(), 0, copies=(*repeated().nodes[0].copies[:2], ("dense1", "dense2"))
    ),
    "a repeat's names aren't its first copy's": lambda: changed(repeated(), 0, copies=repeated().nodes[0].copies[::-1]),
}


@pytest.mark.parametrize("broken", NESTED_BREAKS)
def test_what_breaks_the_rules_inside_is_found(broken: str) -> None:
    with pytest.raises(Broken):
        verify_graph(NESTED_BREAKS[broken]())
