"""Opened modules have the layers of the closed ones, in their order, under their scopes, and are valid."""

from pathlib import Path

import pytest

from archc.ir.opened import opened
from archc.ir.verify import verify
from tests.models import BUILT_IN, built_in, module_of

TOWERS = """
block tower { dense(3) -> relu -> repeat 2 { dense(3) -> tanh } }
model M {
    input left[2]
    input right[2]
    share both = tower
    add(left -> both, right -> both)
    dense(1)
}
"""


@pytest.mark.parametrize("path", BUILT_IN, ids=lambda path: path.stem)
def test_every_model_opens(path: Path) -> None:
    module = built_in(path)
    plain = opened(module)
    verify(plain)
    assert all(node.body is None for node in plain.graph.nodes)
    before = [(scope, node.op, node.output, node.weights) for scope, node in module.graph.layers()]
    assert [(node.name, node.op, node.output, node.weights) for node in plain.graph.nodes] == before
    assert plain.graph.parameters == module.graph.parameters
    assert plain.graph.macs == module.graph.macs


def test_what_has_no_blocks_is_the_same() -> None:
    module = module_of("model M { input x[2]\n dense(1) }\n")
    assert opened(module) is module


def test_what_is_shared_stays_shared() -> None:
    module = module_of(TOWERS)
    plain = opened(module)
    verify(plain)
    assert plain.graph.parameters == module.graph.parameters == 9 + 24 + 4
    owners = {node.name for node in plain.graph.nodes if node.weights}
    assert owners == {"both.dense1", "both.dense2", "both.dense3", "dense1"}
    assert {node.shares for node in plain.graph.nodes} & owners == owners - {"dense1"}
