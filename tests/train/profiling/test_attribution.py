"""Whose XLA's operations are: read off a module that was written by hand, and off compiled networks."""

import re
from pathlib import Path

import jax
import numpy as np
import pytest

import archc
from archc.ir import Graph
from archc.locate import built_in
from archc.ops.form import Target
from archc.passes import run
from archc.program.lowering import Lowering
from archc.train.profiling.attribution import Attribution, Slot
from archc.train.profiling.costs import costs
from archc.train.profiling.hlo import Frame, parse
from archc.train.profiling.owners import Owners, owners
from archc.train.profiling.steps import Stepper
from tests.train.profiling.networks import WIDTHS, rows

HLO = Path(__file__).with_name("module.hlo").read_text(encoding="utf-8")
PROGRAM = "<program>"
TARGETS: tuple[Target, ...] = ("cpu", "gpu")


@pytest.fixture
def by_hand() -> Attribution:
    """The module by hand: line 12 of its program is conv1, line 13 tanh1, and a step gathers in line 41."""
    module = archc.load("convolved").module.graph
    conv = module.nodes[0]
    places = [conv.place.model_copy(update={"file": f"n{number:05d}"}) for number in (0, 1)]
    layers = [
        conv.model_copy(update={"name": name, "place": place})
        for name, place in zip(("conv1", "tanh1"), places, strict=True)
    ]
    graph = module.model_copy(update={"nodes": tuple(layers)})
    return Attribution(parse(HLO), Owners(graph, {12: 0, 13: 1}, range(40, 43)), PROGRAM, {"conv1": ("conv1",)})


def test_a_module_is_parsed() -> None:
    hlo = parse(HLO)
    assert hlo.name == "jit_train_step"
    assert list(hlo.computations) == ["add.clone", "fused_two_layers", "fused_unknown", "main"]
    dot = hlo.instructions["dot.1"]
    assert (dot.opcode, dot.shape, dot.reads, dot.contracted) == ("dot", (4, 6), ("rows", "turned"), (1,))
    fusion = hlo.instructions["fusion.1"]
    assert (fusion.opcode, fusion.shape, fusion.calls) == ("fusion", (4, 6), ("fused_two_layers",))
    assert hlo.instructions["kernel"].path == "state.params['conv1']['kernel']"
    assert [reader.name for reader in hlo.readers["fusion.1"]] == ["losses", "back"]


def test_the_lines_that_led_to_an_operation() -> None:
    hlo = parse(HLO)
    assert hlo.stack(hlo.instructions["dot.1"].frame) == [
        Frame("driver.py", "fit", 90),
        Frame(PROGRAM, "train_step", 47),
        Frame(PROGRAM, "train_step.<locals>.objective", 45),
        Frame(PROGRAM, "apply", 12),
        Frame(PROGRAM, "conv2d", 3),
    ]
    assert hlo.stack(0) == []


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("dot.1", Slot(("conv1",))),
        ("back", Slot(("tanh1",), True)),
        ("losses", Slot("loss")),
        ("rows", Slot("batch")),
        ("new", Slot("optimizer")),
        ("turned", Slot(("conv1",))),  # a change of layout, for the one that reads it
        ("fusion.2", Slot(("conv1",), True)),  # without a note: what the optimizer adds to the kernel of conv1
    ],
)
def test_an_operation_is_of_one_layer(by_hand: Attribution, name: str, slot: Slot) -> None:
    assert by_hand.shares(name) == {slot: 1.0}


def test_a_fused_operation_is_shared_by_what_each_computes(by_hand: Attribution) -> None:
    shares = by_hand.shares("fusion.1")
    assert sum(shares.values()) == pytest.approx(1)
    # 24 additions, and as many tanh, which count as eight
    assert shares == {Slot(("conv1",)): pytest.approx(1 / 9), Slot(("tanh1",)): pytest.approx(8 / 9)}


def test_what_nothing_leads_to_is_nobodys(by_hand: Attribution) -> None:
    assert by_hand.shares("stray") == {}
    assert by_hand.shares("no.such.operation") == {}


@pytest.fixture(scope="module")
def widths(tmp_path_factory: pytest.TempPathFactory) -> Attribution:
    """The training step of a network, compiled."""
    path = tmp_path_factory.mktemp("widths") / "net.arch"
    path.write_text(WIDTHS, encoding="utf-8")
    model = archc.load(path)
    assert model.module.recipe is not None
    program = model.compile()
    data = program.select(rows(model.module.recipe), ...)
    stepper = Stepper(program, program.init(jax.random.key(0)), data, np.arange(16), model.module.recipe.batch)
    _, hlo = stepper.compile()
    scopes = costs(run(model.module).graph, model.module.recipe).scopes
    return Attribution(parse(hlo), owners(model.module, Lowering(), model.program()), str(program.__file__), scopes)


def products(found: Attribution) -> list[tuple[tuple[int, ...], dict[Slot, float]]]:
    """Every matrix product that runs, with its output's shape and whose it is."""
    hlo = found.hlo
    inside = {name for each in hlo.instructions.values() if each.opcode == "fusion" for name in each.calls}
    run = [each for name, computation in hlo.computations.items() if name not in inside for each in computation]
    opcodes = {each.name: {inner.opcode for inner in (each, *found._computed(each))} for each in run}
    return [(each.shape, dict(found.shares(each.name))) for each in run if "dot" in opcodes[each.name]]


def test_gradients_of_kernels_are_told_by_their_shapes(widths: Attribution) -> None:
    """Each layer has a width of its own, so that the shape of a product says which layer's gradient it is."""
    kernels = {(64, 13): "dense1", (13, 17): "dense2", (17, 10): "dense3"}
    found = {shape: shares for shape, shares in products(widths) if shape in kernels}
    assert {shape: max(shares, key=lambda slot: shares[slot]) for shape, shares in found.items()} == {
        shape: Slot((name,), True) for shape, name in kernels.items()
    }


def test_every_operation_that_computes_is_somebodys(widths: Attribution) -> None:
    every = widths.hlo.instructions.values()
    names = [each.name for each in every if each.opcode in ("fusion", "dot", "reduce", "convert", "subtract")]
    assert len(names) > 20
    assert all(sum(widths.shares(name).values()) == pytest.approx(1) for name in names)


def lines_of_layers(graph: Graph) -> dict[int, int]:
    """The line of every layer and block, by the number that stands for it."""
    found: dict[int, int] = {}
    for node in graph.nodes:
        if node.op != "repeat":
            found[int(node.place.file[1:])] = node.place.line
        if node.body is not None:
            found |= lines_of_layers(node.body)
    return found


@pytest.mark.parametrize("name", built_in())
def test_every_layer_of_a_model_has_lines_of_its_program(name: str) -> None:
    model = archc.load(name)
    for target in TARGETS:
        program = model.program(target)
        found = owners(model.module, Lowering(target), program)
        layers = lines_of_layers(found.graph)
        assert set(found.of_line.values()) >= set(layers)
        for number, line in enumerate(program.splitlines(), 1):
            said = re.search(r"# \S+\.arch:(\d+)$", line)
            if said and number in found.of_line and found.of_line[number] in layers:
                assert layers[found.of_line[number]] == int(said[1]), line
