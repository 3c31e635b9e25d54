"""Settings by part in files with blocks, repeats and shared layers."""

from pathlib import Path

from archc.ir import Graph, Module
from archc.train.matching import match, outline
from tests.models import module_of

TEXT = """
block unit(n) {
    conv(n, 3x3, padding = same, bias = false) -> batch_norm -> relu
}

block stage(n, depth) {
    unit(n)
    repeat depth { unit(n) }
}

model Deep(depth = 3) {
    input image[8, 8, 1]
    stage(4, depth)
    max_pool(2x2)
    stage(8, depth)
    share tower = dense(8)
    flatten -> tower -> relu -> dense(8) -> tower
    dense(10) as fc8
}

train {
    data      = digits
    loss      = cross_entropy
    optimizer = adam(1e-2)
    batch     = 64
    epochs    = 1
    %s
}
"""
SIZED = TEXT.replace("flatten -> tower", "flatten -> dense(8) -> tower").replace(
    " -> dense(8) -> tower\n", " -> tower\n"
)


def deep(*settings: str, depth: int = 3) -> Module:
    return module_of(SIZED.replace("depth = 3", f"depth = {depth}") % "\n    ".join(settings), Path())


def repeats(graph: Graph) -> list[str]:
    """The blocks that hold a repeat."""
    return [
        node.name
        for node in graph.nodes
        if node.body is not None and any(inner.op == "repeat" for inner in node.body.nodes)
    ]


def frozen(graph: Graph) -> list[str]:
    return [scope for scope, node in graph.layers() if node.arguments.get("frozen")]


def test_a_stage_that_is_frozen_as_a_whole_keeps_its_repeat() -> None:
    module = deep("freeze = stage1", "rates = [stage2.unit2 = 0.5, fc8 = 10]")
    assert module.recipe and module.recipe.freeze == ("stage1",)
    assert repeats(module.graph) == ["stage1"], "in stage2 one copy learns otherwise"
    assert frozen(module.graph) == [f"stage1.unit{n}.batch_norm1" for n in (1, 2, 3, 4)]


def test_names_are_those_of_the_file_without_settings() -> None:
    def names(module: Module) -> list[tuple[str, str]]:
        return [(scope, node.op) for scope, node in module.graph.layers()]

    plain = deep()
    assert repeats(plain.graph) == ["stage1", "stage2"]
    assert names(deep("init = [he_normal, stage1.unit3 = normal(0.1)]", "freeze = stage2.unit4")) == names(plain)


def test_a_kind_reaches_into_blocks() -> None:
    module = deep("weight_decay = [1e-4, conv = 0]")
    assert module.recipe
    assert list(module.recipe.weight_decay) == [
        "", *(f"stage{stage}.unit{unit}.conv1" for stage in (1, 2) for unit in (1, 2, 3, 4)),
    ]  # fmt: skip


def test_deeper_stages_take_over_what_there_is() -> None:
    found = match(outline(deep(depth=5).graph), outline(deep(depth=3).graph), ordered=True)
    assert not found.differing and not found.moved and not found.unused
    assert {layer.scope.rpartition(".")[0] for layer in found.new} == {
        f"stage{stage}.unit{unit}" for stage in (1, 2) for unit in (5, 6)
    }
