"""Summaries, of the built-in models and of a graph with repeated blocks."""

import json
from pathlib import Path

import pytest

from archc.diagnostics import Report
from archc.ir import Graph, Module, Node, Place, Port, Weight
from archc.ir.graph import Item
from archc.locate import find_file
from archc.pipeline import Job, module
from archc.summary import HEADINGS, as_json, as_text, cells, summarize

PLACE = Place(file="a.arch", line=1, column=1)


def built_in(name: str) -> Module:
    return module(Job(find_file(name)), Report())[1]


def dense(name: str, taken: str, units: int, inputs: int) -> Node:
    init = Item(kind="initialiser:zeros")
    weights = (
        Weight(name="kernel", shape=(inputs, units), init=init),
        Weight(name="seen", shape=(units,), init=init, trainable=False),
    )
    return Node(
        name=name, op="dense", inputs=(taken,), output=(units,), weights=weights, macs=inputs * units, place=PLACE
    )


def nested() -> Module:
    """An input of 4, and a block of one layer that stands there three times."""
    port = Port(name="it", value="it", shape=(4,), place=PLACE)
    output = Port(name="output", value="dense1", shape=(4,), place=PLACE)
    body = Graph(name="repeat", inputs=(port,), nodes=(dense("dense1", "it", 4, 4),), outputs=(output,))
    repeat = Node(name="repeat1", op="repeat", inputs=("it",), output=(4,), place=PLACE, body=body, count=3,
                  copies=(("dense1",), ("dense2",), ("dense3",)))  # fmt: skip
    inside = Graph(name="tower", inputs=(port,), nodes=(repeat,),
                   outputs=(output.model_copy(update={"value": "repeat1"}),))  # fmt: skip
    block = Node(name="tower1", op="block", inputs=("x",), output=(4,), place=PLACE, body=inside)
    outputs = (output.model_copy(update={"value": "tower1"}),)
    x = port.model_copy(update={"name": "x", "value": "x"})
    graph = Graph(name="Nested", inputs=(x,), nodes=(block,), outputs=outputs)
    return Module(source="a.arch", sha256="", graph=graph, recipe=None)


def test_lenet5() -> None:
    summary = summarize(built_in("lenet5"))
    assert (summary.parameters, summary.macs) == (61_706, 416_520)
    assert summary.parameters == sum(row.parameters for row in summary.rows)
    assert summary.macs == sum(row.macs for row in summary.rows)
    assert summary.rows[1].memory == 4 * 28 * 28 * 6
    assert summary.memory == sum(row.memory for row in summary.rows)


@pytest.mark.parametrize("name", ["and", "digits", "lenet5", "matlab_digits", "mnist_mlp", "xor_given"])
def test_tables_are_aligned_and_fit(name: str) -> None:
    lines = as_text(summarize(built_in(name))).splitlines()
    assert max(map(len, lines)) <= 80
    rule = next(line for line in lines if line.startswith("─"))
    table = lines[lines.index(rule) - 1 : len(lines) - lines[::-1].index(rule) + 1]
    assert all(line.endswith(" B") for line in table if not line.startswith(("─", "layer")))
    assert {len(line) for line in table} == {len(rule)}


def test_blocks_are_opened_and_copies_counted() -> None:
    summary = summarize(nested())
    assert [row.name for row in summary.layers] == ["tower1.dense1", "tower1.dense2", "tower1.dense3"]
    assert [(row.depth, row.name, row.op) for row in summary.rows] == [
        (0, "tower1", "tower"),
        (1, "repeat ×3", "repeat"),
        (2, "dense1", "dense"),
    ]
    assert [row.parameters for row in summary.rows] == [48, 48, 16]
    assert [row.memory for row in summary.rows] == [48, 48, 16]
    assert (summary.parameters, summary.state, summary.macs, summary.memory) == (48, 12, 48, 48)
    assert "12 numbers that are kept and not trained" in as_text(summary)


def test_few_levels_can_be_shown() -> None:
    for depth, count in ((0, 1), (1, 2), (2, 3), (3, 3)):
        summary = summarize(nested(), depth)
        assert len(summary.rows) == count
        assert (summary.parameters, len(summary.layers)) == (48, 3), "what is closed counts all the same"


def test_json_is_what_is_promised() -> None:
    found = as_json(summarize(nested()))
    estimate = summarize(nested()).step
    step = {
        "weights": 4 * (48 + 12),
        "state": 0,
        "batch_rows": 4 * 4,
        "kept": estimate.kept,
        "workspace": estimate.workspace,
    }
    assert json.loads(json.dumps(found)) == found
    assert found == {
        "model": "Nested",
        "inputs": {"x": [4]},
        "outputs": {"output": [4]},
        "parameters": 48,
        "state": 12,
        "macs": 48,
        "activations": 48,
        "training_step": {"batch": 1, "optimizer": None, "total": sum(step.values()), **step},
        "layers": [
            {
                "name": f"tower1.dense{i}",
                "op": "dense",
                "output": [4],
                "receptive_field": None,
                "parameters": 16,
                "macs": 16,
            }
            for i in (1, 2, 3)
        ],
    }


def test_cells_stand_under_the_headings() -> None:
    rows = cells(summarize(nested()))
    assert rows[0] == ("tower1", "tower", "[4]", "", "48", "48", "48 B")
    assert rows[2] == ("    dense1", "dense", "[4]", "", "16", "16", "16 B")
    assert {len(row) for row in rows} == {len(HEADINGS)}


def test_how_much_of_the_input_a_layer_sees(tmp_path: Path) -> None:
    file = tmp_path / "one.arch"
    block = "block two { conv(4, 3, padding = same) -> conv(4, 3x1, padding = same) }"
    body = "input x[40, 40, 1]\n conv(4, 3)\n repeat 2 { two }\n max_pool(2)\n global_avg_pool"
    file.write_text(f"{block}\nmodel Net {{\n {body}\n}}\n")
    summary = summarize(module(Job(file), Report())[1])
    fields = {row.name: row.field for row in summary.layers}
    assert fields == {
        "conv1": 3,
        "two1.conv1": 5,
        "two1.conv2": (7, 5),
        "two2.conv1": (9, 7),
        "two2.conv2": (11, 7),
        "max_pool1": (12, 8),
        "global_avg_pool1": None,
    }
    shown = [(row.depth, row.name, row.field) for row in summary.rows]
    assert shown[:3] == [(0, "conv1", 3), (0, "repeat ×2", (11, 7)), (1, "two1", (7, 5))]
    assert [cell[3] for cell in cells(summary)][:2] == ["3", "11x7"]


def test_the_source_is_named(tmp_path: Path) -> None:
    file = tmp_path / "one.arch"
    file.write_text("model One {\n    input x[2]\n    output a = dense(1)\n    output b = dense(2)\n}\n")
    report = Report()
    text = as_text(summarize(module(Job(file), report)[1]))
    assert text.splitlines()[:3] == ["One (one.arch)", "input   x [2]", "output  a [1], b [2]"]
