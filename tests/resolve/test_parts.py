"""Settings by part, on networks with blocks and repeats: what holds where, and the graph that comes of it."""

from collections.abc import Sequence

from archc.diagnostics import Report
from archc.ir import Graph, Node, Place, Port, Weight, holding
from archc.ir.items import argument, item
from archc.ir.verify import verify_graph
from archc.ops import OPS, Op
from archc.parameters import FAMILIES, Described
from archc.resolve import Choice, resolve
from archc.resolve.parts import Network, Part, Parts
from archc.resolve.treatment import Treatment
from archc.resolve.wrong import Wrong
from archc.source import Source
from archc.syntax import parse
from archc.types import TensorType
from tests.models import FOLDER, module_of

PLACE = Place(file="net.arch", line=1, column=1)
SPAN = Source("net.arch", "part").span(0, 4)
SHAPE = (4, 4, 2)


def initialiser(name: str, *arguments: object) -> Described:
    return FAMILIES["initialiser"][name].build(list(arguments), {})


USUAL = initialiser("glorot_uniform")


def layer(name: str, source: str, op: str = "conv", **arguments: object) -> Node:
    """A layer on [4, 4, 2] that leaves its shape."""
    given: Sequence[object] = [2, 1] if op == "conv" else []
    built = OPS[op].build(given, arguments)
    assert isinstance(built, Op)
    x = TensorType(SHAPE)
    weights = tuple(
        Weight(name=spec.name, shape=spec.shape, init=item(first(spec.init)), trainable=spec.trainable)
        for spec in built.weights(x)
    )
    values = {key: argument(value) for key, value in built.values().items()}
    return Node(name=name, op=op, arguments=values, inputs=(source,), output=SHAPE,
                weights=weights, macs=built.macs(x), place=PLACE)  # fmt: skip


def first(init: Described | str | None) -> Described:
    return initialiser(init) if isinstance(init, str) else init or USUAL


def graph(name: str, *nodes: Node, entering: str = "it") -> Graph:
    port = Port(name=entering, value=entering, shape=SHAPE, place=PLACE)
    output = Port(name="output", value=nodes[-1].name, shape=SHAPE, place=PLACE)
    return Graph(name=name, inputs=(port,), nodes=nodes, outputs=(output,))


def block(name: str, source: str, body: Graph, **more: object) -> Node:
    return Node(name=name, op="block", inputs=(source,), output=SHAPE, place=PLACE, body=body, **more)


UNIT = graph("unit", layer("conv1", "it"), layer("batch_norm1", "conv1", "batch_norm"))


def network() -> Graph:
    """conv1, a stage of two units, three equal units in a repeat, and a shared one used twice."""
    stage = graph("stage", block("unit1", "it", UNIT), block("unit2", "unit1", UNIT))
    copies = (("unit1", "relu1"), ("unit2", "relu2"), ("unit3", "relu3"))
    body = graph("unit", block("unit1", "it", UNIT), layer("relu1", "unit1", "relu"))
    repeat = Node(name="repeat1", op="repeat", inputs=("stage1",), output=SHAPE, place=PLACE,
                  body=body, count=3, copies=copies)  # fmt: skip
    return graph(
        "Net",
        layer("conv1", "image"),
        block("stage1", "conv1", stage),
        repeat,
        block("tower", "repeat1", UNIT),
        block("tower_2", "tower", UNIT, shares="tower"),
        layer("relu4", "tower_2", "relu"),
        entering="image",
    )


def part(path: str, value: object) -> Part:
    return Part(path, SPAN, value)


def placed(key: str, *parts: Part, general: object = None) -> tuple[dict[str, object], list[str]]:
    """What holds by scope, and everything that is said about it."""
    told: list[Wrong] = []
    found = Network(network(), told.append)
    usual = {"rates": 1.0, "init": USUAL, "freeze": False}.get(key, 0.0)
    values = found.placed(key, Parts(general, parts), usual)
    return values, [*(error.diagnostic.title for error in told), *(warning.title for warning in found.warnings)]


def test_the_graph_of_these_tests_is_one() -> None:
    verify_graph(network())


def test_the_most_exact_holds() -> None:
    rates, told = placed(
        "rates", part("stage1.unit1", 4.0), part("conv", 3.0), part("stage1", 2.0), part("stage1.unit1.conv1", 5.0)
    )
    assert told == []
    assert {scope: holding(rates, scope) for scope in (
        "conv1", "stage1.unit1.conv1", "stage1.unit1.batch_norm1", "stage1.unit2.conv1",
        "unit2.conv1", "unit2.batch_norm1",
    )} == {
        "conv1": 3.0, "stage1.unit1.conv1": 5.0, "stage1.unit1.batch_norm1": 4.0, "stage1.unit2.conv1": 2.0,
        "unit2.conv1": 3.0, "unit2.batch_norm1": 1.0,
    }  # fmt: skip


def test_a_kind_stands_for_its_layers_but_those_in_parts_that_are_named() -> None:
    decay, _ = placed("weight_decay", part("conv", 0.0), part("stage1", 1e-3), general=1e-4)
    towers = {f"{scope}.conv1": 0.0 for scope in ("unit1", "unit2", "unit3", "tower")}
    assert decay == {"": 1e-4, "stage1": 1e-3, "conv1": 0.0, **towers}


def test_what_only_shares_its_weights_is_told_where_they_are() -> None:
    _, told = placed("rates", part("tower_2", 2.0))
    assert told == ["`tower_2` has no weights of its own"]


def test_a_name_without_its_blocks_is_completed() -> None:
    told: list[Wrong] = []
    Network(network(), told.append).placed("rates", Parts(parts=(part("unit1.conv7", 2.0),)), 1.0)
    assert told[0].diagnostic.help == "did you mean `unit1.conv1`?"


def treated(**parts: dict[str, object]) -> Graph:
    return Treatment(**{"init": {"": USUAL}, **parts}).applied(network())  # type: ignore[arg-type]


def kernels(made: Graph) -> dict[str, str]:
    return {
        scope: weight.init.kind.removeprefix("initialiser:")
        for scope, node in made.layers()
        for weight in node.weights
        if weight.name == "kernel"
    }


def test_a_recipe_that_treats_all_alike_leaves_the_graph() -> None:
    assert treated(rates={"": 2.0}, weight_decay={"": 1e-4}) == network()


def test_first_values_by_part_leave_those_that_layers_name() -> None:
    made = treated(init={"": USUAL, "stage1.unit2": initialiser("he_normal"), "tower": initialiser("ones")})
    verify_graph(made)
    found = kernels(made)
    assert {scope for scope, kind in found.items() if kind == "he_normal"} == {"stage1.unit2.conv1"}
    assert found["tower.conv1"] == "ones"
    bias = [
        w.init.kind for scope, node in made.layers() for w in node.weights if (scope, w.name) == ("tower.conv1", "bias")
    ]
    assert bias == ["initialiser:zeros"]
    tower, again = made.nodes[-3:-1]
    assert tower.body == again.body, "what is shared is one"


def frozen(made: Graph) -> set[str]:
    return {scope for scope, node in made.layers() if node.arguments.get("frozen")}


def test_frozen_batch_norms_show_in_the_graph() -> None:
    made = treated(freeze={"": False, "stage1.unit1": True})
    assert frozen(made) == {"stage1.unit1.batch_norm1"}
    verify_graph(made)


def test_a_repeat_whose_copies_are_treated_alike_stays_one() -> None:
    every = {f"unit{n}": True for n in (1, 2, 3)}
    made = treated(freeze={"": False, **every})
    assert [node.op for node in made.nodes if node.name == "repeat1"] == ["repeat"]
    assert frozen(made) == {f"unit{n}.batch_norm1" for n in (1, 2, 3)}


def test_a_repeat_whose_copies_are_treated_differently_is_written_out() -> None:
    made = treated(freeze={"": False, "unit1": True}, init={"": USUAL, "unit3": initialiser("he_normal")})
    verify_graph(made)
    written = [(node.name, node.op, node.inputs) for node in made.nodes]
    assert written == [
        ("conv1", "conv", ("image",)), ("stage1", "block", ("conv1",)),
        ("unit1", "block", ("stage1",)), ("relu1", "relu", ("unit1",)),
        ("unit2", "block", ("relu1",)), ("relu2", "relu", ("unit2",)),
        ("unit3", "block", ("relu2",)), ("relu3", "relu", ("unit3",)),
        ("tower", "block", ("relu3",)), ("tower_2", "block", ("tower",)), ("relu4", "relu", ("tower_2",)),
    ]  # fmt: skip
    assert frozen(made) == {"unit1.batch_norm1"}
    assert [scope for scope, kind in kernels(made).items() if kind == "he_normal"] == ["unit3.conv1"]
    names = [(scope, node.op, node.output) for scope, node in network().layers()]
    assert [(scope, node.op, node.output) for scope, node in made.layers()] == names


TEXT = """
model Net {
    input image[8, 8, 1]
    conv(4, 3x3) -> batch_norm -> relu -> flatten -> dense(10) as fc8
}
train {
    data = digits
    loss = cross_entropy
    optimizer = adam(1e-3)
    batch = 32
    epochs = 1
    rates = [fc8 = 10]
    weight_decay = [5e-4, fc8 = 0]
}
train plain { rates = 1 }
train other { freeze = conv1 }
"""


def recipe_of(name: str) -> object:
    report = Report()
    modules = resolve(parse(Source("net.arch", TEXT), report), FOLDER, report, Choice(recipe=name))
    assert not report.errors
    recipe = modules[0].recipe
    assert recipe
    return recipe.rates, recipe.weight_decay, recipe.freeze


def test_recipes_take_parts_over_and_say_them_anew() -> None:
    decay = {"": 5e-4, "fc8": 0.0}
    assert recipe_of("") == ({"": 1.0, "fc8": 10.0}, decay, ())
    assert recipe_of("plain") == ({"": 1.0}, decay, ())
    assert recipe_of("other") == ({"": 1.0, "fc8": 10.0}, decay, ("conv1",))


def test_a_part_may_stand_alone() -> None:
    recipe = module_of(TEXT.replace("rates = [fc8 = 10]", "l1 = 1e-5 \n freeze = [batch_norm, conv1]")).recipe
    assert recipe and recipe.l1 == {"": 1e-5}
    assert recipe.freeze == ("conv1", "batch_norm1")
