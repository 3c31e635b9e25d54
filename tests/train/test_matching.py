"""Which stored layer is which: names first, then the order where names have shifted."""

import random

import pytest

from archc.train.matching import Outline, Stored, as_json, from_json, guessed, match, together


def conv(scope: str, inputs: int, outputs: int) -> Stored:
    return Stored(scope, "conv", {"kernel": (3, 3, inputs, outputs)})


def dense(scope: str, inputs: int, outputs: int) -> Stored:
    return Stored(scope, "dense", {"kernel": (inputs, outputs), "bias": (outputs,)})


OLD = (conv("conv1", 1, 8), conv("conv2", 8, 16), conv("conv3", 16, 32), dense("dense1", 32, 64), dense("fc8", 64, 10))


def pairs(here: Outline, there: Outline, *, ordered: bool = True) -> dict[str, str]:
    return {a.scope: b.scope for a, b in match(here, there, ordered=ordered).pairs}


def test_the_same_network_is_matched_by_name() -> None:
    found = match(OLD, OLD, ordered=True)
    assert [a for a, _ in found.pairs] == list(OLD) == [b for _, b in found.pairs]
    assert (found.differing, found.new, found.unused, found.moved) == ((), (), (), [])


def test_an_inserted_sibling_moves_those_behind_it() -> None:
    new = (conv("conv1", 1, 8), conv("conv2", 8, 8), conv("conv3", 8, 16), conv("conv4", 16, 32), *OLD[3:])
    found = match(new, OLD, ordered=True)
    assert [(a.scope, b.scope) for a, b in found.moved] == [("conv3", "conv2"), ("conv4", "conv3")]
    assert [layer.scope for layer in found.new] == ["conv2"]
    assert not found.differing and not found.unused


def test_a_sibling_that_is_gone_moves_those_behind_it() -> None:
    wide = (conv("conv1", 1, 8), conv("conv2", 8, 8), conv("conv3", 8, 16), conv("conv4", 16, 32), *OLD[3:])
    found = match(OLD, wide, ordered=True)
    assert {a.scope: b.scope for a, b in found.moved} == {"conv2": "conv3", "conv3": "conv4"}
    assert [layer.scope for layer in found.unused] == ["conv2"]


def test_names_in_a_foreign_file_have_no_order() -> None:
    new = (conv("conv1", 1, 8), conv("conv2", 8, 8), conv("conv3", 8, 16))
    found = match(new, OLD, ordered=False)
    assert {a.scope for a, _ in found.pairs} == {"conv1"}
    assert [a.scope for a, _ in found.differing] == ["conv2", "conv3"]


def test_another_shape_is_no_move() -> None:
    new = (*OLD[:4], dense("fc8", 64, 5))
    found = match(new, OLD, ordered=True)
    assert [(a.scope, b.scope) for a, b in found.differing] == [("fc8", "fc8")]
    assert pairs(new, OLD) == {layer.scope: layer.scope for layer in OLD[:4]}


def test_a_layer_of_another_kind_or_with_other_arrays_differs() -> None:
    pointwise = Stored("dense1", "pointwise", {"kernel": (32, 64), "bias": (64,)})
    bare = Stored("fc8", "dense", {"kernel": (64, 10)})
    found = match((*OLD[:3], pointwise, bare), OLD, ordered=True)
    assert [a.scope for a, _ in found.differing] == ["dense1", "fc8"]


def test_only_numbers_move() -> None:
    """A layer that somebody called otherwise on purpose isn't taken for another."""
    new = (
        conv("conv1", 1, 8),
        conv("edges", 8, 16),
        conv("conv2", 16, 32),
        dense("dense1", 32, 64),
        dense("head", 64, 10),
    )
    found = match(new, OLD, ordered=True)
    assert pairs(new, OLD) == {"conv1": "conv1", "conv2": "conv3", "dense1": "dense1"}
    assert [layer.scope for layer in found.new] == ["edges", "head"]
    assert [layer.scope for layer in found.unused] == ["conv2", "fc8"]


def test_layers_in_another_order_keep_their_names() -> None:
    new = (OLD[0], OLD[2], OLD[1], dense("dense1", 1, 1), OLD[4])
    assert pairs(new, OLD) == {"conv1": "conv1", "conv2": "conv2", "conv3": "conv3", "fc8": "fc8"}


def test_blocks_move_with_their_layers() -> None:
    def unit(name: str, inputs: int, outputs: int) -> Outline:
        return (conv(f"{name}.conv1", inputs, outputs), conv(f"{name}.conv2", outputs, outputs))

    old = (*unit("unit1", 3, 8), *unit("unit2", 8, 16))
    new = (*unit("unit1", 3, 8), *unit("unit2", 8, 8), *unit("unit3", 8, 16))
    found = match(new, old, ordered=True)
    moved = {a.scope: b.scope for a, b in found.moved}
    assert moved == {"unit3.conv1": "unit2.conv1", "unit3.conv2": "unit2.conv2"}
    assert together(found.new, new) == ["unit2"]


@pytest.mark.parametrize("seed", range(30))
def test_every_layer_is_told_of_once_and_fits(seed: int) -> None:
    chance = random.Random(seed)

    def some() -> Outline:
        count = chance.randrange(1, 9)
        return tuple(conv(f"conv{n + 1}", chance.choice((4, 8)), chance.choice((4, 8))) for n in range(count))

    here, there = some(), some()
    found = match(here, there, ordered=True)
    told = [*(a for a, _ in found.pairs), *(a for a, _ in found.differing), *found.new]
    assert sorted(layer.scope for layer in told) == sorted(layer.scope for layer in here)
    taken = [
        *(b.scope for _, b in found.pairs),
        *(b.scope for _, b in found.differing),
        *(b.scope for b in found.unused),
    ]
    assert len(taken) == len(set(taken))
    assert all(a.like(b) for a, b in found.pairs)


def test_thousands_of_layers_take_no_time() -> None:
    old = tuple(conv(f"conv{n}", n % 7 + 1, (n + 1) % 7 + 1) for n in range(10_000))
    new = (conv("conv0", 99, 99), *(conv(f"conv{n + 1}", *layer.weights["kernel"][2:]) for n, layer in enumerate(old)))
    assert match(new, old, ordered=True).pairs is not None


def test_outlines_survive_json() -> None:
    assert (
        from_json([{**entry, "weights": {k: list(v) for k, v in entry["weights"].items()}} for entry in as_json(OLD)])
        == OLD
    )


@pytest.mark.parametrize("value", [None, {}, [1], [{"scope": 1, "op": "conv", "weights": {}}],
                                   [{"scope": "a", "op": "conv", "weights": {"kernel": 3}}],
                                   [{"scope": "a", "op": "conv", "weights": {"kernel": ["3"]}}]])  # fmt: skip
def test_what_is_no_outline_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        from_json(value)


def test_a_foreign_file_is_taken_apart_by_its_names() -> None:
    found = guessed({"a.b.kernel": (1,), "a.b.bias": (2,), "loose": (3,)})
    assert found == (Stored("a.b", "", {"kernel": (1,), "bias": (2,)}), Stored("", "", {"loose": (3,)}))
