"""What became of one graph in another: the least that explains it, told by name."""

import random
from pathlib import Path
from typing import Any

import pytest

from archc.ir import Graph, Module, Node, Place, Port, Weight
from archc.ir.compare import Change, Comparison, compare, compare_modules
from archc.ir.items import argument, item
from archc.ir.match import LARGEST_TABLE, written_out
from archc.ir.verify import verify_graph
from archc.ops import OPS, Op
from archc.parameters import FAMILIES
from archc.types import TensorType
from tests.author import Author
from tests.models import BUILT_IN, built_in

PLACE = Place(file="net.arch", line=1, column=1)
IN = 2

Written = str | tuple[Any, ...]
"""`fc=dense(4)`, `relu`; ("stage", "stage1", [...]) for a block, (3, [...]) for a repeat."""


class Net:
    """Writes graphs down by hand: chains of dense layers and activations, in blocks and repeats."""

    def __init__(self, shape: tuple[int, ...] = (IN,)):
        self.value, self.shape, self.nodes, self.count = "it", shape, list[Node](), dict[str, int]()
        self.port = Port(name="it", value="it", shape=shape, place=PLACE)

    def write(self, *steps: Written) -> "Net":
        for step in steps:
            if isinstance(step, str):
                self.layer(step)
            elif isinstance(step[0], str):
                self.block(*step)
            else:
                self.repeat(*step)
        return self

    def fresh(self, kind: str) -> str:
        self.count[kind] = self.count.get(kind, 0) + 1
        return f"{kind}{self.count[kind]}"

    def layer(self, text: str) -> None:
        name, _, call = text.rpartition("=")
        kind, _, units = call.rstrip(")").partition("(")
        op = OPS[kind].build([int(units)] if units else [], {})
        assert isinstance(op, Op)
        x = TensorType(self.shape)
        zeros = item(FAMILIES["initialiser"]["zeros"].build([], {}))
        weights = tuple(Weight(name=spec.name, shape=spec.shape, init=zeros) for spec in op.weights(x))
        arguments = {key: argument(value) for key, value in op.values().items()}
        self.add(name or self.fresh(kind), kind, op.output(x).shape, arguments=arguments, weights=weights,
                 macs=op.macs(x))  # fmt: skip

    def add(self, name: str, op: str, output: tuple[int, ...], **rest: Any) -> None:
        self.nodes.append(Node(name=name, op=op, inputs=(self.value,), output=output, place=PLACE, **rest))
        self.value, self.shape = name, output

    def block(self, kind: str, name: str, steps: list[Written], shares: str = "") -> None:
        body = Net(self.shape).write(*steps).graph(kind)
        self.add(name or self.fresh(kind), "block", body.outputs[0].shape, body=body, shares=shares)

    def repeat(self, count: int, steps: list[Written]) -> None:
        inner = Net(self.shape)
        inner.count = dict(self.count)
        body = inner.write(*steps).graph("repeat")
        copies = [tuple(node.name for node in body.nodes)]
        for _ in range(count - 1):
            again = Net(self.shape)
            again.count = inner.count
            copies.append(tuple(node.name for node in again.write(*steps).nodes))
        self.count = {**inner.count, "repeat": self.count.get("repeat", 0)}
        self.add(self.fresh("repeat"), "repeat", self.shape, body=body, count=count, copies=tuple(copies))

    def graph(self, name: str = "Net") -> Graph:
        output = Port(name="y", value=self.value, shape=self.shape, place=PLACE)
        return Graph(name=name, inputs=(self.port,), nodes=tuple(self.nodes), outputs=(output,))


def net(*steps: Written) -> Graph:
    graph = Net().write(*steps).graph()
    verify_graph(graph)
    return graph


def both_ways(a: Graph, b: Graph) -> Comparison:
    """A comparison, whose other direction says the same."""
    there, back = compare(a, b), compare(b, a)
    assert [s.scope for s in there.added] == [s.scope for s in back.removed]
    assert [s.scope for s in there.removed] == [s.scope for s in back.added]
    assert there.matched == {old: new for new, old in back.matched.items()}
    flipped = {(p.after.scope, p.before.scope, p.moved, len(p.changes), len(p.shapes)) for p in back.pairs}
    assert {(p.before.scope, p.after.scope, p.moved, len(p.changes), len(p.shapes)) for p in there.pairs} == flipped
    assert {*there.matched, *there.only_before} == {scope for scope, _ in a.layers()}
    assert {*there.matched.values(), *there.only_after} == {scope for scope, _ in b.layers()}
    return there


def told(found: Comparison) -> dict[str, Any]:
    """What a comparison says, without what merely follows."""
    said: dict[str, Any] = {
        "added": [step.scope for step in found.added],
        "removed": [step.scope for step in found.removed],
        "changed": {p.after.scope: [(c.what, c.before, c.after) for c in p.changes] for p in found.changed},
        "renamed": {p.before.scope: p.after.scope for p in found.renamed},
        "moved": [p.after.scope for p in found.moved],
    }
    return {what: value for what, value in said.items() if value}


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_a_model_is_equal_to_itself(path: Path) -> None:
    module = built_in(path)
    found = compare_modules(module, Module.model_validate_json(module.model_dump_json()))
    assert found.equal and found.graph.equal
    assert all(old == new for old, new in found.graph.matched.items())
    assert len(found.graph.matched) == len(list(module.graph.layers()))


CHAIN = ("dense(8)", "relu", "dense(6)", "relu", "dense(4)", "relu", "dense(3)")


def test_an_unnamed_sibling_is_one_insertion() -> None:
    found = both_ways(net(*CHAIN), net(*CHAIN[:2], "dense(5)", "tanh", *CHAIN[2:]))
    assert told(found) == {
        "added": ["dense2", "tanh1"],
        "renamed": {"dense2": "dense3", "dense3": "dense4", "dense4": "dense5"},
    }
    assert [pair.after.scope for pair in found.reshaped] == ["dense3"], "its kernel takes another input"
    assert found.matched["dense4"] == "dense5" and found.only_after == ("dense2", "tanh1")


def test_a_sibling_that_is_like_its_neighbour() -> None:
    found = both_ways(net(*CHAIN), net(*CHAIN[:4], *CHAIN[2:]))
    assert len(found.added) == 2 and not found.removed and not found.changed


def test_arguments() -> None:
    found = both_ways(net(*CHAIN), net("dense(9)", *CHAIN[1:]))
    assert told(found) == {"changed": {"dense1": [("units", 8, 9)]}}
    assert [pair.after.scope for pair in found.reshaped] == ["relu1", "dense2"]
    shapes = next(pair for pair in found.pairs if pair.after.scope == "dense2").shapes
    assert shapes == (Change("kernel.shape", (8, 6), (9, 6)),)


def test_names_that_people_gave_hold() -> None:
    before = net("a=dense(8)", "relu", "b=dense(6)", "relu", "dense(6)")
    after = net("a=dense(6)", "relu", "dense(6)", "relu", "b=dense(6)")
    found = both_ways(before, after)
    assert found.matched["a"] == "a" and found.matched["b"] == "b"
    assert ("units", 8, 6) in told(found)["changed"]["a"]
    assert told(both_ways(net("a=dense(8)", "relu"), net("c=dense(8)", "relu"))) == {"renamed": {"a": "c"}}
    assert told(both_ways(net("a=dense(8)"), net("a=tanh")))["changed"] == {"a": [("op", "dense", "tanh")]}


def test_what_moved() -> None:
    before = net("dense(4)", "relu", "step", "dense(4)", "softmax", "dense(2)")
    after = net("dense(4)", "step", "relu", "dense(4)", "softmax", "dense(2)")
    found = both_ways(before, after)
    assert len(found.moved) == 1 and set(told(found)) == {"moved"}
    far = both_ways(net("dense(5)", *["relu"] * 3, "dense(7)"), net("dense(7)", *["relu"] * 3, "dense(5)"))
    assert not far.added and not far.removed


def test_what_is_read() -> None:
    graph = net("dense(4)", "relu", "a=dense(4)", "b=dense(4)")
    parallel = graph.nodes[3].model_copy(update={"inputs": ("relu1",)})
    other = graph.model_copy(update={"nodes": (*graph.nodes[:3], parallel)})
    assert told(both_ways(graph, other)) == {"changed": {"b": [("inputs", ("a",), ("relu1",))]}}


def test_inputs_and_outputs() -> None:
    graph = net(*CHAIN)
    tap = Port(name="aux", value="relu1", shape=(8,), place=PLACE)
    more = graph.model_copy(update={"outputs": (*graph.outputs, tap)})
    found = both_ways(graph, more)
    assert [(c.before, c.after) for c in found.outputs] == [(None, tap)] and told(found) == {}
    assert not found.equal
    elsewhere = graph.model_copy(update={"outputs": (tap.model_copy(update={"name": "y"}),)})
    assert [(c.before, c.after) for c in both_ways(graph, elsewhere).outputs] == [
        (graph.outputs[0], elsewhere.outputs[0])
    ]
    port = graph.inputs[0].model_copy(update={"name": "x"})
    first = graph.nodes[0].model_copy(update={"inputs": ("x",)})
    renamed = graph.model_copy(update={"inputs": (port,), "nodes": (first, *graph.nodes[1:])})
    found = both_ways(graph, renamed)
    assert [(c.before, c.after) for c in found.inputs] == [(graph.inputs[0], port)] and told(found) == {}


def test_an_end_that_is_put_on_changes_no_output_but_its_shape() -> None:
    assert both_ways(net("dense(3)"), net("dense(3)", "softmax")).outputs == ()
    found = both_ways(net("dense(3)"), net("dense(3)", "dense(2)"))
    assert [(c.before.shape, c.after.shape) for c in found.outputs if c.before and c.after] == [((3,), (2,))]


STAGE: list[Written] = ["dense(4)", "relu", "dense(2)"]


def test_blocks_are_compared_inside() -> None:
    wide: list[Written] = ["dense(5)", "relu", "dense(2)"]
    before = net(("stage", "stage1", STAGE), ("stage", "stage2", STAGE))
    found = both_ways(before, net(("stage", "stage1", STAGE), ("stage", "stage2", wide)))
    assert told(found) == {"changed": {"stage2.dense1": [("units", 4, 5)]}}
    found = both_ways(before, net(("stage", "stage1", STAGE), ("stage", "stage2", wide), ("stage", "stage3", STAGE)))
    assert told(found) == {"added": ["stage2"], "renamed": {"stage2": "stage3"}}
    assert found.matched["stage2.dense1"] == "stage3.dense1"
    assert found.only_after == ("stage2.dense1", "stage2.relu1", "stage2.dense2")


def test_blocks_with_names() -> None:
    found = both_ways(net(("stage", "body", STAGE)), net(("level", "body", STAGE)))
    assert told(found) == {"changed": {"body": [("block", "stage", "level")]}}
    assert told(both_ways(net(("stage", "body", STAGE)), net(("stage", "trunk", STAGE)))) == {
        "renamed": {"body": "trunk"}
    }


def test_a_definition_that_is_renamed() -> None:
    narrow: list[Written] = ["dense(2)"]
    before = net(("stage", "", STAGE), ("stage", "", STAGE), ("end", "", narrow))
    found = both_ways(before, net(("level", "", STAGE), ("level", "", STAGE), ("end", "", narrow)))
    assert told(found) == {
        "changed": {"level1": [("block", "stage", "level")], "level2": [("block", "stage", "level")]},
        "renamed": {"stage1": "level1", "stage2": "level2"},
    }
    assert found.matched["stage2.dense1"] == "level2.dense1" and not found.only_before
    other = net(("level", "", narrow), ("level", "", narrow), ("end", "", narrow))
    assert {*told(both_ways(before, other))} == {"added", "removed"}, "it has another name and is another"
    swapped = both_ways(net(("a", "", STAGE), ("b", "", STAGE)), net(("b", "", STAGE), ("a", "", STAGE)))
    assert told(swapped) == {"moved": ["a1"]}


def test_a_parameter_that_is_renamed() -> None:
    def given(**arguments: int) -> Graph:
        graph = net(("stage", "", STAGE))
        return graph.model_copy(update={"nodes": (graph.nodes[0].model_copy(update={"arguments": arguments}),)})

    assert told(both_ways(given(n=4, m=2), given(units=4, end=2))) == {}
    assert told(both_ways(given(n=4, m=2), given(n=4, m=3))) == {"changed": {"stage1": [("m", 2, 3)]}}


def test_what_is_shared() -> None:
    before = net(("stage", "tower", STAGE), ("stage", "tower_2", STAGE, "tower"))
    wide: list[Written] = ["dense(5)", "relu", "dense(2)"]
    found = both_ways(before, net(("stage", "tower", wide), ("stage", "tower_2", wide, "tower")))
    assert told(found) == {"changed": {"tower.dense1": [("units", 4, 5)]}}
    found = both_ways(before, net(("stage", "tower", STAGE), ("stage", "tower_2", STAGE)))
    assert told(found) == {"changed": {"tower_2": [("shares", "tower", None)]}}


def test_a_repeat_changes_its_count() -> None:
    unit: list[Written] = ["dense(2)", "relu"]
    found = both_ways(net((3, unit), "dense(1)"), net((5, unit), "dense(1)"))
    assert told(found) == {"changed": {"repeat1": [("count", 3, 5)]}, "renamed": {"dense4": "dense6"}}
    assert found.matched["dense3"] == "dense3" and found.matched["dense4"] == "dense6"
    assert found.only_after == ("dense4", "relu4", "dense5", "relu5")


def test_a_repeat_changes_inside() -> None:
    found = both_ways(net((3, ["dense(2)", "relu"])), net((3, ["dense(2)", "tanh"])))
    assert told(found) == {"added": ["tanh1"], "removed": ["relu1"]}
    assert set(found.matched) == {"dense1", "dense2", "dense3"}


def test_a_repeat_that_is_written_out_is_the_same() -> None:
    unit: list[Written] = ["dense(2)", "relu"]
    found = both_ways(net("tanh", (3, unit), "dense(1)"), net("tanh", *unit * 3, "dense(1)"))
    assert found.equal and found.matched["dense3"] == "dense3"
    found = both_ways(net((3, unit)), net(*unit, "tanh", *unit * 2))
    assert told(found) == {"added": ["tanh1"]}


def test_written_out_repeats_are_valid() -> None:
    graph = net("tanh", (3, ["dense(2)", ("stage", "", STAGE)]), "dense(1)")
    again = written_out(graph, {"repeat1"})
    verify_graph(again)
    assert dict(again.layers()).keys() == dict(graph.layers()).keys()
    assert (again.parameters, again.macs) == (graph.parameters, graph.macs)


def test_recipes() -> None:
    before = built_in(BUILT_IN[0].with_stem("digits"))
    assert before.recipe
    recipe = before.recipe.model_copy(update={"batch": 7})
    found = compare_modules(before, before.model_copy(update={"recipe": recipe}))
    assert found.recipe == (Change("batch", before.recipe.batch, 7),) and found.graph.equal and not found.equal
    lost = compare_modules(before, before.model_copy(update={"recipe": None}))
    assert [change.what for change in lost.recipe] == ["recipe"] and lost.recipe[0].after is None


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_random_models(first: int, tmp_path: Path) -> None:
    """A model is itself, whatever its names and lines are; and any two can be compared both ways."""
    last: Graph | None = None
    for seed in range(first, first + 20):
        sketch = Author(seed).model(recipe=False)
        graph = sketch.module(tmp_path).graph
        assert both_ways(graph, graph).equal
        other = sketch.module(tmp_path, lambda name: f"z_{name}").graph
        found = both_ways(graph, other)
        assert not (found.added or found.removed or found.moved)
        for pair in found.changed:
            assert [(change.what, change.after) for change in pair.changes] == [
                ("block", f"z_{pair.changes[0].before}")
            ]
        if last is not None:
            both_ways(last, graph)
        last = graph


@pytest.mark.parametrize("seed", range(40))
def test_insertions_are_insertions(seed: int) -> None:
    """Layers that are put in are what was added, or are told from their like by nobody."""
    chance = random.Random(seed)
    old: list[Written] = [chance.choice(["dense(2)", "dense(3)", "relu", "tanh", "step"]) for _ in range(12)]
    new, places = list(old), sorted(chance.sample(range(12), 3), reverse=True)
    for place in places:
        new.insert(place, chance.choice(["softmax", "sigmoid"]))
    found = both_ways(net(*old), net(*new))
    assert [step.node.op in ("softmax", "sigmoid") for step in found.added] == [True] * 3
    assert not (found.removed or found.changed or found.moved)


def test_very_long_networks() -> None:
    """Where not everything can be weighed up, what stands near each other still is."""
    steps = ["dense(2)", "relu"] * 600
    assert len(steps) ** 2 > LARGEST_TABLE
    one = both_ways(net(*steps), net(*steps[:600], "tanh", *steps[600:]))
    assert told(one) == {"added": ["tanh1"]}
    found = both_ways(net(*steps), net("tanh", *steps[:600], "dense(3)", *steps[600:], "tanh"))
    assert [step.scope for step in found.added] == ["tanh1", "dense301", "tanh2"]
    assert found.matched["dense300"] == "dense300" and found.matched["dense301"] == "dense302"
    assert not found.changed and not found.removed
