"""Blocks, choices, merges and shared layers: which graph they give, and what they see."""

from pathlib import Path

import pytest

from archc.diagnostics import Diagnostic, Report
from archc.ir import Graph, Module, Node
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse
from tests.models import module_of


def graph_of(body: str, top: str = "", shape: str = "8, 8, 4") -> Graph:
    return module_of(f"{top}\nmodel Net {{\n    input x[{shape}]\n{body}\n}}\n").graph


def told(text: str) -> list[Diagnostic]:
    report = Report()
    modules: list[Module] = resolve(parse(Source("net.arch", text), report), Path("data"), report)
    assert report.errors or modules, "what gives no model says why"
    return report.found


def drawn(graph: Graph) -> list[object]:
    """A graph in brief: `conv1`, or a block with what is in it."""
    return [node.name if node.body is None else (node.name, *drawn(node.body)) for node in graph.nodes]


def node(graph: Graph, name: str) -> Node:
    return next(node for node in graph.nodes if node.name == name)


UNIT = (
    "block unit(filters, k = 3, act = relu) { conv(filters, k, padding = k // 2, bias = false) -> batch_norm -> act }"
)


def test_a_block_is_a_scope_of_its_own() -> None:
    graph = graph_of("unit(8)\nunit(8, act = tanh)", UNIT)
    assert drawn(graph) == [
        ("unit1", "conv1", "batch_norm1", "relu1"),
        ("unit2", "conv1", "batch_norm1", "tanh1"),
    ]
    assert [scope for scope, _ in graph.layers()][:2] == ["unit1.conv1", "unit1.batch_norm1"]


def test_a_name_is_the_blocks_scope() -> None:
    assert drawn(graph_of("unit(8) as stem -> unit(4)", UNIT))[0] == ("stem", "conv1", "batch_norm1", "relu1")


def test_equal_calls_have_one_body_and_weights_of_their_own() -> None:
    graph = graph_of("unit(4)\nunit(4)\nunit(4, k = 1)", UNIT)
    first, second, third = graph.nodes
    assert first.body is second.body and first.body is not third.body
    assert graph.parameters == 2 * (4 * 4 * 9 + 8) + 4 * 4 + 8


@pytest.mark.parametrize(
    ("given", "layers"),
    [
        ("relu", ["relu1"]),
        ("leaky_relu(0.2)", ["leaky_relu1"]),
        ("batch_norm -> relu", ["batch_norm2", "relu1"]),
        ("inner(2)", [("inner1", "dropout1")]),
        ("act2", ["tanh1"]),
    ],
)
def test_layers_can_be_handed_over(given: str, layers: list[object]) -> None:
    top = f"{UNIT}\nlet act2 = tanh\nblock inner(n) {{ dropout(10% * n) }}\n"
    body = graph_of(f"unit(8, act = {given})", top).nodes[0].body
    assert body is not None
    assert drawn(body)[2:] == layers


def test_a_layer_that_is_handed_over_has_weights_of_its_own_at_each_use() -> None:
    graph = graph_of("twice(dense(4))", "block twice(f) { f -> f }", "4")
    assert drawn(graph) == [("twice1", "dense1", "dense2")]
    assert graph.parameters == 2 * 20


def test_a_block_can_be_handed_to_itself() -> None:
    graph = graph_of("twice(twice(dense(4)))", "block twice(f) { f -> f }", "4")
    assert len(list(graph.layers())) == 4 and graph.parameters == 4 * 20


def test_values_can_be_handed_over() -> None:
    top = "block up(skip, filters) { upsample(2) -> concat(it, skip) -> conv(filters, 1) }"
    graph = graph_of("conv(6, 1) as skip -> max_pool(2)\nup(skip, 3)", top)
    block = graph.nodes[-1]
    assert block.inputs == ("max_pool1", "skip")
    assert block.body is not None
    assert [port.name for port in block.body.inputs] == ["it", "skip"]
    assert block.output == (8, 8, 3)


@pytest.mark.parametrize("name", ["width", "x", "inner"])
def test_a_block_never_sees_its_callers_names(name: str) -> None:
    text = f"block f {{ dense({name}) }}\nmodel Net {{\n input x[4]\n let width = 3\n dense(2) as inner\n f\n}}"
    found = [diagnostic for diagnostic in told(text) if diagnostic.severity == "error"]
    assert [diagnostic.code for diagnostic in found] == ["E0301"]


def test_a_block_sees_top_level_names_wherever_they_stand() -> None:
    text = "block f { dense(width) }\nlet width = 3\nmodel Net {\n input x[4]\n f\n}"
    assert module_of(text).graph.nodes[0].output == (3,)


def test_a_block_is_used_before_it_is_written() -> None:
    assert module_of("model Net {\n input x[4]\n f\n}\nblock f { dense(2) }").graph.nodes[0].output == (2,)


def test_calls_are_told_from_the_inside_out() -> None:
    text = (
        "block basic(n) { conv(n, 99) }\nblock stage(n) {\n    relu\n    basic(n)\n}\n"
        "model Net {\n    input x[8, 8, 3]\n    relu\n    stage(4)\n}"
    )
    (found,) = told(text)
    assert (found.code, found.span and found.span.line) == ("E0205", 1)
    assert [(call.text, call.span.line) for call in found.via] == [("in block `basic`", 4), ("in block `stage`", 9)]


def test_one_mistake_in_a_block_is_told_once() -> None:
    text = f"block f(n) {{ conv(n, 99) }}\nmodel Net {{\n input x[8, 8, 3]\n{' f(1)' * 1}\n add(f(2), f(3))\n}}"
    assert [diagnostic.code for diagnostic in told(text)] == ["E0205"]


@pytest.mark.parametrize(
    ("text", "loop"),
    [
        ("block a { a }", "a -> a"),
        ("block a { b }\nblock b { c }\nblock c { a }", "a -> b -> c -> a"),
        ("block a { if it.size > 1 { a } else { it } }", "a -> a"),
        ("block a { repeat 2 { relu -> a } }", "a -> a"),
    ],
)
def test_blocks_do_not_call_themselves(text: str, loop: str) -> None:
    (found,) = told(f"{text}\nmodel Net {{\n input x[4]\n dense(2) -> a\n}}")
    assert found.code == "E0315" and loop in found.title


def test_only_the_branch_that_is_taken_is_built() -> None:
    top = "block f(n) { if n > 3 { dense(n) -> relu } else if n > 1 { dense(n) } else { relu } }"
    assert drawn(graph_of("f(5) -> f(2) -> f(1)", top, "4")) == [
        ("f1", "dense1", "relu1"),
        ("f2", "dense1"),
        ("f3", "relu1"),
    ]


def test_without_an_else_the_flow_passes() -> None:
    assert drawn(graph_of("dense(2)\nif 1 > 2 { relu }\ntanh", shape="4")) == ["dense1", "tanh1"]


def test_a_choice_can_be_a_number() -> None:
    assert graph_of("let n = if it.size > 3 { 7 } else { 2 }\ndense(n)", shape="4").nodes[0].output == (7,)
    assert graph_of("dense(if it.size > 5 { 7 } else { 2 })", shape="4").nodes[0].output == (2,)


def test_names_of_the_taken_branch_are_known_behind_it() -> None:
    graph = graph_of("if 2 > 1 { dense(3) as stem } else { dense(5) as stem }\ndense(stem.size)", shape="4")
    assert drawn(graph) == ["stem", "dense1"] and graph.nodes[-1].output == (3,)


def test_branches_of_a_merge_start_at_its_value() -> None:
    graph = graph_of("conv(4, 1) -> add(conv(4, 3, padding = 1) -> relu, it, conv(4, 1))")
    assert node(graph, "add1").inputs == ("relu1", "conv1", "conv3")
    assert node(graph, "conv2").inputs == node(graph, "conv3").inputs == ("conv1",)


def test_branches_start_at_names_without_a_value_before_them() -> None:
    graph = module_of(
        "model Net {\n input a[4]\n input b[4]\n output gap = distance(a -> dense(2), b -> dense(2))\n}"
    ).graph
    assert node(graph, "distance1").inputs == ("dense1", "dense2")


def test_shared_layers_own_their_weights_once() -> None:
    text = (
        "block embed(n) { dense(n) -> relu }\nmodel Net {\n input a[4]\n input b[4]\n share tower = embed(3)\n"
        " share head = dense(2)\n share both = dense(2) -> tanh -> dense(2)\n"
        " add(a -> tower -> head, b -> tower -> head) -> both -> both\n}"
    )
    graph = module_of(text).graph
    assert [(n.name, n.shares) for n in graph.nodes] == [
        ("tower", ""), ("head", ""), ("tower_2", "tower"), ("head_2", "head"),
        ("add1", ""), ("both", ""), ("both_2", "both"),
    ]  # fmt: skip
    assert graph.parameters == 15 + 8 + 2 * 6
    assert graph.macs == 2 * (12 + 6) + 2 * 8


def test_shared_convolutions_take_other_sizes_but_no_other_channels() -> None:
    body = "share f = conv(4, 3, padding = 1)\nf -> max_pool(2) -> f\n"
    assert graph_of(body).nodes[-1].output == (4, 4, 4)
    text = f"model Net {{\n input x[8, 8, 4]\n{body} conv(3, 1) -> f\n}}"
    assert [diagnostic.code for diagnostic in told(text)] == ["E0325"]


def test_facts_hang_off_values() -> None:
    body = (
        "conv(6, 3) as c\nassert c.channels == 6 and c.height == 6 and c.width == 6 and c.size == 216\n"
        "assert c.shape == (6, 6, 6)\nmax_pool(2) -> conv(2, 2) as d\nassert d.receptive_field == 6\n"
        "assert c.params == 222 and d.params == 272 and params == 290\n"
        "add(c, it -> upsample(3) -> conv(6, 1)) as e\nassert e.params == params"
    )
    report = Report()
    text = f"model Net {{\n input x[8, 8, 4]\n{body}\n}}"
    resolve(parse(Source("net.arch", text), report), Path("data"), report)
    assert not [d for d in report.found if d.code.startswith("E05")], [d.label for d in report.found]


def test_the_receptive_field_goes_through_blocks_and_repeats() -> None:
    body = "repeat 3 { unit(4) }\nmax_pool(2)\nunit(4) as last\nassert last.receptive_field == 12\nflatten -> dense(1)"
    graph_of(body, UNIT)


def test_models_of_several_outputs() -> None:
    text = (
        "model Net {\n input x[4]\n dense(8) -> relu\n output a = dense(2)\n dense(6)\n output b = it\n"
        " assert a.params == 40 + 18 and b.params == 40 + 54\n}"
    )
    assert [(port.name, port.value) for port in module_of(text).graph.outputs] == [("a", "dense2"), ("b", "dense3")]
