"""Rows of solids: very long ones lose their middle, towers say whose weights they have, arrows are what is computed."""

from pathlib import Path

import pytest

from archc.draw.look import Look
from archc.draw.scene import Part, Text
from archc.draw.volumes import Drawing, shown
from tests.author import Author
from tests.draw.flaws import flaws
from tests.draw.test_volumes import SIAMESE, scene_of, texts, times_of
from tests.grower import Grower
from tests.models import module_of

LONG = {
    "rows": "".join(f"    conv({8 + i % 3}, 3, padding = same) -> relu\n" for i in range(200)),
    "skips": "".join(
        f"    conv({8 + i % 3}, 3, padding = same)\n    add(it, conv(it.channels, 1))\n" for i in range(90)
    ),
    "repeated": "    repeat 3 {\n"
    + "".join(f"        conv({8 + i % 3}, 3, padding = same) -> relu\n" for i in range(100))
    + "        conv(8, 1)\n    }\n    conv(4, 1)\n",
    "inside": "    repeat 30 as i {\n        repeat 2 { conv(8 + i % 3, 3, padding = same) -> conv(8, 1) }\n    }\n",
}


@pytest.mark.parametrize("name", LONG)
def test_very_long_rows_lose_their_middle_and_nothing_else(name: str) -> None:
    module = module_of(f"model Net {{\n    input x[32, 32, 8]\n{LONG[name]}}}\n")
    scene, flow = scene_of(module), shown(module, Look())
    assert flaws(scene) == [] and flow.length <= 60 < shown(module, Look(full=True)).length
    times = times_of(flow)
    graph = module.graph
    assert sum(times[station.id] * station.parameters for station in flow.stations) == graph.parameters
    assert sum(times[station.id] * station.macs for station in flow.stations) == graph.macs
    assert sum(times[station.id] * station.layers for station in flow.stations) == sum(1 for _ in graph.layers())
    assert sum(station.op == "rest" for station in flow.stations) == 1


def test_towers_of_three_inputs_say_whose_weights_they_have() -> None:
    text = SIAMESE.replace("    input right[28, 28, 1]", "    input right[28, 28, 1]\n    input third[28, 28, 1]")
    text = text.replace(
        "    output gap = distance(left -> tower, ",
        "    let m = third -> tower\n    output a = distance(left -> tower, m)\n    output b = distance(m, ",
    )
    scene = scene_of(module_of(text))
    assert {"tower_2, weights of tower", "tower_3, weights of tower"} <= set(texts(scene, "note"))
    assert flaws(scene) == []


def test_nothing_leads_into_a_parameter() -> None:
    body = "input x[16, 4]\n    add(it, parameter(it.shape))\n    flatten -> dense(2)"
    scene = scene_of(module_of(f"model Net {{\n    {body}\n}}\n"))
    ends = {part.ends for part in scene.parts if part.kind == "edge"}
    assert ("parameter1", "add1") in ends and ("x", "add1") in ends
    assert not any(end == "parameter1" for _, end in ends) and flaws(scene) == []


def test_what_is_no_default_is_told() -> None:
    """Pools move on by their window unless said; the only output is named where somebody did."""
    body = "conv(8, 5, padding = same) -> max_pool(3, stride = 1) -> max_pool(2) -> conv(4, 3, stride = 2)"
    scene = scene_of(module_of(f"model Net {{\n    input x[64, 4]\n    output score = {body}\n}}\n"))
    assert [word for word in texts(scene, "label") if not word.isdigit() and "×" not in word] == [
        "x", "conv 5", "max pool 3", "stride 1", "max pool 2", "conv 3", "stride 2", "output score",
    ]  # fmt: skip


def test_an_input_stands_before_what_first_reads_it() -> None:
    """Where nothing falls apart and all stands in one row, too, so that windows are seen on it."""
    text = SIAMESE.replace("share tower = embed(2)", "share tower = embed(2)\n    let one = left -> tower")
    text = text.replace(
        "output gap = distance(left -> tower,", "output more = one -> dense(3)\n    output gap = distance(one,"
    )
    scene = scene_of(module_of(text))
    nodes = sorted((part for part in scene.parts if part.kind == "node"), key=lambda part: part.bounds[0])
    row = [part.id for part in nodes]
    for name, reader in (("left", "tower.conv1"), ("right", "tower_2.conv1")):
        assert row.index(reader) == row.index(name) + 1
    assert flaws(scene) == []


OUTSIDE = {
    "a parameter in a block": "repeat 5 { emb(4) }",
    "a parameter": "repeat 5 { add(it, parameter(it.shape)) -> conv(4, 3x3, padding = same) }",
    "a parameter at the end": "repeat 5 { conv(4, 3x3, padding = same) -> add(it, parameter(it.shape)) }",
    "an input": "repeat 5 { add(it, y -> conv(4, 1x1)) -> conv(4, 3x3, padding = same) }",
    "an input and a parameter": "repeat 5 { emb(4) -> add(it, y -> conv(4, 1x1)) -> conv(4, 1x1) }",
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_repeats_that_read_from_outside_say_how_often(name: str) -> None:
    """What doesn't stand behind each other has a bracket for each run of it."""
    y = "    input y[16, 16, 8]\n" if " y " in OUTSIDE[name] else ""
    module = module_of(
        "block emb(n) {\n    add(it, parameter(it.shape)) -> conv(n, 3x3, padding = same) -> relu\n}\n"
        f"model Net {{\n    input x[16, 16, 4]\n{y}    x -> {OUTSIDE[name]} -> flatten -> dense(3)\n}}\n"
    )
    scene = scene_of(module)
    repeated = shown(module, Look()).groups[-1]
    assert repeated.count == 5 and flaws(scene) == []
    badges = [part.bounds for part in scene.parts if part.kind == "badge" and text_of(part) == "×5"]
    middles = {part.id: (part.bounds[0] + part.bounds[2]) / 2 for part in scene.parts if part.kind == "node"}
    spans = [part.bounds for part in scene.parts if part.kind == "note"]
    for member in repeated.members:
        over = [span for span in spans if span[0] < middles[member] < span[2]]
        assert any(a[0] <= b[0] and b[2] <= a[2] for a in over for b in badges), member


@pytest.mark.parametrize("seed", range(200))
def test_random_networks_are_drawn_whole(seed: int, tmp_path: Path) -> None:
    """The parameters, MACs and layers of what is drawn, times how often, are those of the network; and every group
    that comes several times has a bracket, which says so."""
    writer = Grower(seed) if seed % 2 else Author(seed)
    module = writer.model(recipe=False).module(tmp_path)
    graph = module.graph
    for look in (Look(), Look(0), Look(full=True)):
        flow = shown(module, look)
        times = times_of(flow)
        for what, of_all in (
            ("parameters", graph.parameters), ("macs", graph.macs), ("layers", sum(1 for _ in graph.layers())),
        ):  # fmt: skip
            assert sum(times[station.id] * getattr(station, what) for station in flow.stations) == of_all, what
    drawing = Drawing(shown(module, Look()))
    counted = {index for index, group in enumerate(drawing.flow.groups) if group.count > 1}
    assert counted <= {span[0] for span in drawing.box.spans}


def text_of(part: Part) -> str:
    return "".join(mark.text for mark in part.marks if isinstance(mark, Text))
