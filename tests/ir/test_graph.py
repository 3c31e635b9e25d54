"""The IR is data: it goes out as JSON and comes back the same, nobody can change it, and its rules are held."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydantic
import pytest

from archc.ir import Graph, Module, Node, Place, Port
from archc.ir.verify import Broken, verify
from archc.program import emit
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


def test_blocks_are_looked_into() -> None:
    module = built_in(BUILT_IN[0].with_stem("xor"))
    inner = module.graph.model_copy(update={"name": "inner"})
    block = Node(name="block", op="block", inputs=("x",), output=(1,), place=PLACE, body=inner, count=3)
    outer = Graph(
        name="Outer", inputs=module.graph.inputs, nodes=(block,),
        outputs=(Port(name="y", value="block", shape=(1,), place=PLACE),),
    )  # fmt: skip
    names = [node.name for node in inner.nodes]
    assert [name for name, _ in outer.layers()] == [f"block{i}.{name}" for i in (1, 2, 3) for name in names]
    assert (outer.parameters, outer.macs) == (3 * 9, 3 * 6)
    verify(Module(source="a", sha256="", graph=outer, recipe=None))
    broken = inner.model_copy(update={"nodes": inner.nodes[1:]})
    with pytest.raises(Broken):
        verify(
            Module(
                source="a",
                sha256="",
                graph=outer.model_copy(update={"nodes": (block.model_copy(update={"body": broken}),)}),
                recipe=None,
            )
        )
