"""What runs stacked is known layer by layer, and put together again."""

from typing import Any

import jax
import numpy as np
import pytest

from archc.kernels import repeats

REPEATS = {
    "outer1": {"tower1": ["tower1", "tower2"], "dense9": ["dense9", "dense10"]},
    "outer1.tower1.inner1": {"dense1": ["dense1", "dense2", "dense3"]},
    "stage1.inner1": {"norm1": ["norm1", "norm2"]},
}


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "REPEATS", REPEATS)


def stacked() -> dict[str, Any]:
    random = np.random.default_rng(0)
    return {
        "inner1": {"kernel": random.normal(size=(2, 4))},
        "outer1": {
            "tower1": {
                "inner1": {"dense1": {"kernel": random.normal(size=(2, 3, 4))}},
                "dense5": {"bias": np.arange(2)},
            },
            "dense9": {"kernel": random.normal(size=(2, 5))},
        },
        "stage1": {"inner1": {"norm1": {"scale": random.normal(size=(2, 6))}}},
    }


def test_copies_stand_beside_each_other_under_their_names() -> None:
    tree = stacked()
    apart = repeats.unstack(tree)
    leaves = {".".join(k.key for k in path): leaf for path, leaf in jax.tree.leaves_with_path(apart)}
    assert set(leaves) == {
        "inner1.kernel",  # a layer of that name that nothing repeats
        *(f"tower{i}.dense{j}.kernel" for i in (1, 2) for j in (1, 2, 3)),
        *("tower1.dense5.bias", "tower2.dense5.bias", "dense9.kernel", "dense10.kernel"),
        *("stage1.norm1.scale", "stage1.norm2.scale"),
    }
    np.testing.assert_array_equal(
        leaves["tower2.dense3.kernel"], tree["outer1"]["tower1"]["inner1"]["dense1"]["kernel"][1, 2]
    )
    np.testing.assert_array_equal(leaves["dense10.kernel"], tree["outer1"]["dense9"]["kernel"][1])


def test_what_was_taken_apart_comes_together() -> None:
    tree = stacked()
    again = repeats.stack(repeats.unstack(tree))
    assert jax.tree.structure(again) == jax.tree.structure(tree)
    jax.tree.map(np.testing.assert_array_equal, again, tree)


def test_a_tree_may_hold_some_of_the_layers() -> None:
    part = {"stage1": stacked()["stage1"]}
    assert set(repeats.unstack(part)) == {"stage1"}
    assert jax.tree.structure(repeats.stack(repeats.unstack(part))) == jax.tree.structure(part)
    assert repeats.stack({}) == {}
