"""Rows of solids: very long ones lose their middle, towers say whose weights they have, arrows are what is computed."""

from math import prod

import pytest

from archc.draw.look import Look
from archc.draw.volumes import shown
from tests.draw.flaws import flaws
from tests.draw.test_volumes import SIAMESE, scene_of, texts
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
    times = {
        station.id: station.count * prod(group.count for group in flow.groups if station.id in group.members)
        for station in flow.stations
    }
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
