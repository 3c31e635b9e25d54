"""Every layer alone: what it says of itself against what its Python does."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from archc.diagnostics import Report
from archc.kernels.precision import to_bf16
from archc.ops import OPS, Op, Update
from archc.ops.op import padding_pairs, per_direction, spread
from archc.resolve import resolve
from archc.source import Source
from archc.syntax import parse
from archc.types import TensorType
from tests.jaxprs import macs
from tests.models import FOLDER
from tests.ops.cases import CASES, Case, entering, function, lowered

ALL = pytest.mark.parametrize("case", CASES, ids=str)


def leaving(case: Case) -> TensorType:
    op = case.build()
    return op.joined(case.types) if op.merges else op.output(case.types[0])


def both_ways(case: Case, dtype: str = "") -> list[tuple[Update, ...]]:
    """What it does in training and in evaluation."""
    both = lowered(case.build(), case.types, leaving(case), dtype)
    return [both.train] if both.train == both.evaluate else [both.train, both.evaluate]


def test_no_layer_is_forgotten() -> None:
    assert {case.op for case in CASES} == set(OPS)


def test_every_argument_is_given_somewhere() -> None:
    given = {
        (case.op, name)
        for case in CASES
        for name, value in case.build().values().items()
        if value != OPS[case.op].parameters[name].default
    }
    known = {(op, name) for op, cls in OPS.items() for name in cls.parameters}
    # what the random models of test_rules try
    left = {("batch_norm", "epsilon"), ("batch_norm", "momentum"), ("layer_norm", "epsilon")}
    assert known - given == left


@ALL
def test_shapes_are_those_of_the_python(case: Case) -> None:
    params, stats, keys, xs = entering(case)
    for updates in both_ways(case):
        y, moved = jax.eval_shape(function(updates, len(xs)), params, stats, keys, *xs)
        assert (y.shape, y.dtype) == ((3, *leaving(case).shape), jnp.float32)
        assert jax.tree.map(lambda a: a.shape, moved) == jax.tree.map(lambda a: a.shape, stats)


@ALL
def test_bfloat16_stays(case: Case) -> None:
    params, stats, keys, xs = entering(case, jnp.bfloat16)
    params = jax.eval_shape(to_bf16, params)
    for updates in both_ways(case, "jnp.bfloat16"):
        y, _ = jax.eval_shape(function(updates, len(xs)), params, stats, keys, *xs)
        assert (y.shape, y.dtype) == ((3, *leaving(case).shape), jnp.bfloat16)


@ALL
def test_every_array_is_used_and_every_product_counted(case: Case) -> None:
    params, stats, keys, xs = entering(case)
    updates = both_ways(case)[-1]
    jaxpr: Any = jax.make_jaxpr(lambda *all: function(updates, len(xs))(*all)[0])(params, stats, keys, *xs)
    assert macs(jaxpr) == 3 * case.build().macs(case.types[0])
    read = {str(v) for equation in jaxpr.jaxpr.eqns for v in equation.invars}
    arrays = len(jax.tree.leaves((params, stats)))
    assert {str(v) for v in jaxpr.jaxpr.invars[:arrays]} <= read


def filled(case: Case) -> tuple[Any, Any, list[Any], list[Any]]:
    """Numbers for one example."""
    params, stats, _, xs = entering(case, batch=1)
    random = np.random.default_rng(4)
    params, stats, xs = jax.tree.map(lambda a: random.uniform(0.5, 1, a.shape).astype(np.float32), (params, stats, xs))
    return params, stats, [jax.random.key(1)], xs


EXACT = ("conv", "max_pool", "avg_pool", "relu", "add", "concat")
"""Layers whose cells see all of what they may see."""


@ALL
def test_a_cell_sees_as_far_as_is_said(case: Case) -> None:
    """What isn't a number spreads to all that depends on it."""
    op, x, after = case.build(), case.types[0], leaving(case)
    sight = op.sight(x)
    if sight is None or not x.spatial:
        assert sight is None or sight == ()
        return
    assert len(sight) == len(x.spatial)
    params, stats, keys, xs = filled(case)
    layer = jax.jit(function(both_ways(case)[-1], len(xs)))
    for axis, (window, stride) in enumerate(sight):
        seen: dict[int, set[int]] = {}
        for cell in range(x.spatial[axis]):
            spoilt = xs[0].copy()
            np.moveaxis(spoilt, axis + 1, 0)[cell] = np.nan
            y = np.isnan(np.asarray(layer(params, stats, keys, spoilt, *xs[1:])[0]))
            for out in np.flatnonzero(y.any(tuple(i for i in range(y.ndim) if i != axis + 1))):
                seen.setdefault(int(out), set()).add(cell)
        widths = [max(cells) - min(cells) + 1 for cells in seen.values()]
        assert max(widths, default=0) <= window
        assert all(min(seen[i + 1]) - min(seen[i]) <= stride for i in seen if i + 1 in seen)
        if case.op in EXACT:
            assert max(widths) == window or window > x.spatial[axis]
            inner = [
                i for i in seen if len(seen[i]) == max(widths) and i + 1 in seen and len(seen[i + 1]) == max(widths)
            ]
            assert all(min(seen[i + 1]) - min(seen[i]) == stride for i in inner)
    assert len(after.spatial) in (0, len(x.spatial))


@pytest.mark.parametrize("case", [case for case in CASES if case.op == "conv_transpose"], ids=str)
def test_a_transposed_convolution_is_the_gradient_of_one(case: Case) -> None:
    """Of the convolution with the same window, stride and padding, whichever way it is computed."""
    params, stats, keys, xs = filled(case)
    given, weights = case.build().values(), params["layer"]
    spatial = leaving(case).spatial
    window, stride, dilation = (per_direction(given[n], len(spatial), n) for n in ("window", "stride", "dilation"))
    reach = spread(window, dilation)
    padding = ((0, reach[0] - stride[0]),)
    if given["padding"] != "causal":
        padding = padding_pairs(given["padding"], spatial, reach, stride)  # type: ignore[assignment]
    parts = [part.swapaxes(-1, -2) for part in np.split(weights["kernel"], given["groups"], -1)]
    last = len(spatial) + 1
    images, kernels = (0, last, *range(1, last)), (last, last - 1, *range(last - 1))

    def back(y: jax.Array) -> jax.Array:
        return jax.lax.conv_general_dilated(
            y,
            np.concatenate(parts, -1),
            stride,
            padding,
            rhs_dilation=dilation,
            feature_group_count=given["groups"],
            dimension_numbers=jax.lax.ConvDimensionNumbers(images, kernels, images),
        )

    expected = jax.vjp(back, jnp.zeros((1, *leaving(case).shape)))[1](xs[0])[0] + weights.get("bias", 0)
    y, _ = function(both_ways(case)[0], 1)(params, stats, keys, *xs)
    np.testing.assert_allclose(y, expected, rtol=1e-4)


@ALL
def test_gradients_are_numbers(case: Case) -> None:
    params, stats, keys, xs = filled(case)
    layer = function(both_ways(case)[0], len(xs))
    gradient = jax.grad(lambda params, xs: layer(params, stats, keys, *xs)[0].sum(), argnums=(0, 1))
    gradients = jax.jit(gradient)(params, xs)
    assert all(np.isfinite(gradient).all() for gradient in jax.tree.leaves(gradients))


INPUTS = ("100", "20, 16", "32, 32, 64")


@pytest.mark.parametrize("name", sorted(OPS))
def test_an_example_can_be_written_so(name: str) -> None:
    fine = []
    for shape in INPUTS:
        report = Report()
        names = "let user = it\n let item = it\n let left = it\n let right = it\n share tower = dense(8)"
        text = f"model Net {{\n input x[{shape}]\n {names if OPS[name].merges else ''}\n {OPS[name].example}\n}}"
        resolve(parse(Source("net.arch", text), report), FOLDER, report)
        fine.append(not report.errors)
    assert any(fine)


@pytest.mark.parametrize("name", sorted(OPS))
def test_a_layer_says_what_it_is(name: str) -> None:
    op: type[Op] = OPS[name]
    assert op.name == name
    assert op.__doc__ and op.__doc__.strip()
    assert op.example and name in op.example
    assert all(parameter.doc for parameter in op.parameters.values())
    assert name in op.usage()
