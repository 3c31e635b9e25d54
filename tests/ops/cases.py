"""Every layer of the catalogue, with arguments and with what may enter it; and a layer run by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp

from archc.code import Name, kernels
from archc.ops import OPS, Lowered, Op, Site, Update
from archc.parameters import Word
from archc.program.link import import_lines, link, names_read
from archc.program.printer import layout
from archc.types import Shape, TensorType

IMAGE, SEQUENCE, FLAT, VOLUME = (7, 6, 4), (5, 4), (4,), (5, 4, 6, 4)
SAME, VALID, CAUSAL = Word("same"), Word("valid"), Word("causal")


@dataclass
class Case:
    """A layer as a file would have it, and the shapes that enter."""

    op: str
    arguments: tuple[Any, ...] = ()
    named: dict[str, Any] = field(default_factory=dict)
    entering: tuple[Shape, ...] = (IMAGE,)

    def build(self) -> Op:
        op = OPS[self.op].build(self.arguments, self.named)
        assert isinstance(op, Op)
        return op

    @property
    def types(self) -> list[TensorType]:
        return [TensorType(shape) for shape in self.entering]

    def __str__(self) -> str:
        given = [*map(str, self.arguments), *(f"{name}={value}" for name, value in self.named.items())]
        return f"{self.op}({', '.join(given)}) {'+'.join('x'.join(map(str, shape)) for shape in self.entering)}"


def case(op: str, *arguments: Any, on: Sequence[Shape] = (IMAGE,), **named: Any) -> Case:
    return Case(op, arguments, named, tuple(on))


ANYWHERE = ("relu", "sigmoid", "tanh", "softmax", "linear", "leaky_relu", "elu", "gelu", "silu", "softplus",
            "scaled_tanh", "step", "batch_norm", "layer_norm", "lrn", "scale", "flatten", "normalize", "sign", "relu6",
            "hard_sigmoid", "prelu", "selu", "hard_silu", "mish", "softsign", "log_softmax", "clip")  # fmt: skip
"""Layers that take a value of any number of dimensions, and need no arguments."""

CASES = [
    *(case(op, on=[shape]) for op in ANYWHERE for shape in (FLAT, SEQUENCE, IMAGE)),
    *(case("batch_norm", on=[shape], frozen=True) for shape in (FLAT, SEQUENCE, IMAGE)),
    case("leaky_relu", 0.2),
    case("elu", 0.5),
    case("step", 0.3),
    case("clip", -0.5, 0.5),
    case("gelu", approximate=True),
    case("dropout", 0.25),
    case("dropout", 0),
    *(case("spatial_dropout", 0.25, on=[shape]) for shape in (SEQUENCE, IMAGE, VOLUME)),
    *(case("drop_path", 0.25, on=[shape]) for shape in (FLAT, IMAGE)),
    *(case("gaussian_noise", 0.1, on=[shape]) for shape in (FLAT, IMAGE)),
    *(case("group_norm", 2, on=[shape]) for shape in (FLAT, SEQUENCE, IMAGE, VOLUME)),
    case("group_norm", 1, epsilon=0.1),
    case("group_norm", 4),
    *(case("instance_norm", on=[shape]) for shape in (SEQUENCE, IMAGE, VOLUME)),
    case("instance_norm", epsilon=0.1),
    case("maxout", 3, on=[FLAT]),
    case("maxout", 3, 5, False, on=[FLAT]),
    case("rbf", 3, on=[FLAT]),
    case("rbf", 2, weights=[[1, -1], [1, 1], [-1, 1], [-1, -1]], trainable=False, on=[FLAT]),
    case("rbf", 1, weights=[1, 2, 3, 4], on=[FLAT]),
    case("dense", 2, [0, -1], weights=[[1, -1], [1, 1], [-1, 1], [-1, -1]], trainable=False, on=[FLAT]),
    case("dense", 1, False, weights=[1, 2, 3, 4], trainable=False, on=[FLAT]),
    case("parameter", (2, 3, 5)),
    case("parameter", 4, on=[SEQUENCE]),
    case("parameter", (5, 4), 1, on=[SEQUENCE]),
    case("scale", True),
    case("scale", [1, 2, 3, 4], on=[FLAT]),
    case("lrn", 3, k=1, alpha=0.1, beta=0.5),
    case("lrn", 9),
    case("lrn", on=[(5, 5, 1)]),
    *(case("normalize", Word(kind)) for kind in ("standard", "minmax", "signed", "center")),
    case("dense", 3, on=[FLAT]),
    case("dense", 3, False, on=[FLAT]),
    case("pointwise", 3),
    case("pointwise", 3, on=[SEQUENCE]),
    case("pointwise", 3, bias=False),
    case("conv", 3, 3),
    case("conv", 3, (3, 2), (2, 1), SAME),
    case("conv", 3, 3, 2, 1, False),
    case("conv", 6, 3, groups=2),
    case("conv", 4, 3, groups=4, padding=SAME, stride=2),
    case("conv", 2, 3, dilation=2),
    case("conv", 4, 2, dilation=(3, 2), groups=2, padding=SAME),
    case("conv", 8, 3, groups=4),
    case("conv", 3, 3, padding=[(2, 0), (1, 3)]),
    case("conv", 3, 3, padding=[(2, 1), 1], pad_value=-1, stride=2),
    case("conv", 3, 3, padding=1, bias=Word("per_unit")),
    case("conv", 1, (2, 3), weights=[[1, 0, -1], [0, 2, 0.5]], on=[(7, 6, 1)]),
    case("conv", 2, 2, weights=[[[1, 2], [3, 4], [5, 6], [7, 8]], [[0, 1], [1, 0], [2, 3], [4, 4]]], on=[SEQUENCE]),
    case("conv", 2, 1, weights=[[[1, 2, 3]]], connect=[[0], [1, 3]]),
    case("conv", 3, 3, connect=[[0, 1], [3], [2, 0, 1]]),
    case("conv", 2, (3, 2), 2, SAME, connect=[[0], [0, 2]], dilation=2, pad_value=1, bias=Word("per_unit")),
    case("conv", 3, 3, connect=[[1, 2], [0, 3], [1]], on=[SEQUENCE]),
    case("depthwise_conv", 3),
    case("depthwise_conv", (3, 2), 2, SAME, False, multiplier=3),
    case("depthwise_conv", 2, dilation=(3, 2)),
    case("depthwise_conv", 2, padding=[(1, 0), (0, 2)], dilation=2, multiplier=2),
    case("separable_conv", 3, 3),
    case("separable_conv", 3, (3, 2), 2, SAME, False, multiplier=2),
    case("separable_conv", 5, 2, dilation=2),
    case("locally_connected", 3, 3),
    case("locally_connected", 3, (3, 2), (1, 2), SAME, False),
    case("locally_connected", 2, 2, 2, [(1, 0), 0]),
    *(case(op, *filters, *arguments, on=[SEQUENCE], **named)
      for op, filters in (("conv", [8]), ("depthwise_conv", []), ("separable_conv", [8]), ("locally_connected", [8]))
      for arguments, named in (((3,), {}), ((2, 2, SAME), {}), ((3, 1, CAUSAL), {}), ((3, 2, [(1, 2)], False), {}))),
    *(case(op, *filters, *arguments, on=[VOLUME], **named)
      for op, filters in (("conv", [8]), ("depthwise_conv", []), ("separable_conv", [8]), ("locally_connected", [2]))
      for arguments, named in (((3,), {}), (((2, 3, 1), (2, 1, 3), SAME), {}), ((2, 1, [1, (0, 1), 0], False), {}))),
    *(case(op, *filters, 2, padding=SAME, on=[shape], **named)
      for op, filters, arguments in (("conv", [8], "groups"), ("depthwise_conv", [], "multiplier"),
                                     ("separable_conv", [3], "multiplier"))
      for shape in (SEQUENCE, VOLUME) for named in ({"dilation": 2}, {arguments: 2}, {arguments: 2, "dilation": 2})),
    case("conv", 4, 2, groups=4, on=[VOLUME]),
    case("conv", 4, 3, padding=CAUSAL, dilation=2, stride=2, on=[SEQUENCE]),
    case("conv", 4, 2, padding=1, pad_value=0.5, bias=Word("per_unit"), on=[VOLUME]),
    case("conv_transpose", 3, 2, 2),
    case("conv_transpose", 3, 3),
    case("conv_transpose", 3, 4, 2, 1),
    case("conv_transpose", 3, (3, 2), (2, 3), SAME),
    case("conv_transpose", 3, 1, 3),
    case("conv_transpose", 3, 2, 3, 2, False),
    case("conv_transpose", 3, 3, 2, [(1, 0), (0, 1)]),
    case("conv_transpose", 3, 2, 1, dilation=(2, 3)),
    case("conv_transpose", 4, 3, 2, 1, groups=2),
    case("conv_transpose", 4, (3, 2), 2, SAME, groups=4, dilation=2),
    *(case("conv_transpose", 2, *arguments, on=[SEQUENCE])
      for arguments in ((2, 2), (3,), (4, 2, 1), (3, 2, SAME), (1, 3, SAME), (4, 2, CAUSAL), (3, 1, CAUSAL),
                        (1, 2, CAUSAL))),
    *(case("conv_transpose", 2, *arguments, on=[VOLUME])
      for arguments in ((2, 2), (3,), (4, 2, 1), ((3, 2, 1), (2, 3, 2), SAME), ((1, 2, 3), (2, 1, 1), SAME),
                        (3, 2, [(1, 0), 0, (0, 1)]))),
    *(case("conv_transpose", 2, 3, 2, SAME, on=[shape], **named)
      for shape in (SEQUENCE, VOLUME) for named in ({"dilation": 2}, {"groups": 2})),
    *(case(pool, *arguments) for pool in ("max_pool", "avg_pool")
      for arguments in ((2,), (3, 2), ((3, 2), (1, 2), 1), (2, 3, SAME), ((7, 3),))),
    *(case(pool, k, s, p, ceil=True) for pool in ("max_pool", "avg_pool")
      for k, s, p in ((2, 2, VALID), (3, 2, VALID), (3, 2, 1), (1, 4, VALID), (2, 5, 1), (3, 2, SAME))),
    *(case(pool, *arguments, on=[shape], **named) for pool in ("max_pool", "avg_pool") for shape in (SEQUENCE, VOLUME)
      for arguments, named in (((2,), {}), ((1,), {}), ((3, 2), {}), ((3, 1, 1), {}), ((2, 3, SAME), {}),
                               ((2,), {"ceil": True}))),
    *(case(pool, 3, s, CAUSAL, on=[SEQUENCE]) for pool in ("max_pool", "avg_pool") for s in (1, 2)),
    *(case(pool, (1, 2, 3), on=[VOLUME]) for pool in ("max_pool", "avg_pool")),
    *(case(pool, 3, 2, [(1, 0), (0, 2)]) for pool in ("max_pool", "avg_pool")),
    *(case("adaptive_avg_pool", size) for size in (1, 3, (7, 6), (7, 3), (2, 9), (5, 4))),
    *(case("adaptive_avg_pool", size, on=[SEQUENCE]) for size in (1, 2, 5, 8)),
    *(case("adaptive_avg_pool", size, on=[VOLUME]) for size in (1, 3, (5, 2, 3))),
    *(case(op, on=[shape]) for op in ("global_avg_pool", "global_max_pool") for shape in (SEQUENCE, IMAGE, VOLUME)),
    case("reshape", (4, 42)),
    case("reshape", 168),
    case("reshape", (2, 2, 1), on=[FLAT]),
    case("crop", 4, 3),
    case("crop", 7, 6),
    case("crop", (4, 3)),
    case("crop", 4, 3, offset=2),
    case("crop", 4, 3, offset=(0, 3)),
    case("crop", 3, on=[SEQUENCE]),
    case("crop", 2, on=[SEQUENCE], offset=0),
    case("crop", (3, 2, 5), on=[VOLUME]),
    case("crop", 2, on=[VOLUME], offset=(2, 0, 4)),
    case("pad", 2),
    case("pad", (1, 0), -1),
    case("pad", 3, on=[SEQUENCE]),
    case("pad", [(1, 2), (0, 3)], 0.5),
    case("pad", [(2, 0)], on=[SEQUENCE]),
    case("pad", [(1, 0), (0, 0), (2, 1)], on=[VOLUME]),
    case("permute", [1, 0], on=[SEQUENCE]),
    case("permute", [1, 0, 2]),
    case("permute", [3, 0, 2, 1], on=[VOLUME]),
    case("permute", [0, 1, 2]),
    case("take", 1),
    case("take", [0, 2, 2]),
    case("take", [-1, 0], axis=0),
    case("take", -1, on=[SEQUENCE], axis=0),
    case("take", [3], on=[FLAT]),
    case("take", start=1, stop=-1),
    case("take", stop=9),
    case("take", start=-2, axis=1),
    case("take", 2, on=[VOLUME], axis=-4),
    case("take", [5, 1], on=[VOLUME], axis=-2),
    *(case(op, on=[shape]) for op in ("pixel_shuffle", "space_to_depth") for shape in [(6, 8, 4)]),
    case("pixel_shuffle", on=[SEQUENCE]),
    case("pixel_shuffle", (1, 4)),
    case("pixel_shuffle", (2, 1, 2), on=[VOLUME]),
    case("space_to_depth", 5, on=[SEQUENCE]),
    case("space_to_depth", (1, 3)),
    case("space_to_depth", (2, 3, 1), on=[(4, 3, 6, 4)]),
    *(case("upsample", *arguments) for arguments in ((), (3,), ((1, 2),), (2, Word("linear")))),
    case("upsample", 3, Word("linear"), on=[SEQUENCE]),
    case("upsample", (1, 2), Word("bilinear")),
    case("upsample", (1, 2, 3), on=[VOLUME]),
    case("upsample", (2, 1, 3), Word("linear"), on=[VOLUME]),
    *(case(op, on=[shape, shape]) for op in ("subtract", "dot", "distance") for shape in (FLAT, SEQUENCE, IMAGE)),
    *(case(op, on=[shape] * n) for op in ("add", "multiply", "average", "maximum", "concat")
      for shape in (FLAT, SEQUENCE, IMAGE) for n in (2, 4)),
    *(case(op, on=on) for op in ("add", "multiply", "average", "maximum", "subtract")
      for on in ([IMAGE, FLAT], [FLAT, IMAGE], [IMAGE, (1, 1, 4)], [SEQUENCE, FLAT], [FLAT, (1, 4)])),
    case("concat", on=[(7, 6, 1), IMAGE, (7, 6, 2)]),
    case("concat", on=[(3,), (1,)]),
]  # fmt: skip


def lowered(op: Op, xs: Sequence[TensorType], after: TensorType, dtype: str = "") -> Lowered:
    """The layer's Python, on the variables x, x1, x2 …"""
    others = tuple(Name(f"x{i}") for i in range(1, len(xs)))
    x = Name("x")
    site = Site("layer", x, x, xs[0], after, dtype=dtype, others=others, beside=tuple(xs[1:]))
    return op.lower(site)


def function(updates: Sequence[Update], inputs: int) -> Any:
    """A function of (params, stats, keys, x, x1 …) that gives what leaves and the new stats."""
    body = ["    stats, key = dict(stats), keys[0]"]
    for update in updates:
        lead = "x, stats['layer'] = " if update.moves_stats else "x = "
        body += layout(update.value, 4, lead)
    names = ["params", "stats", "keys", "x", *(f"x{i}" for i in range(1, inputs))]
    text = "\n".join([f"def layer({', '.join(names)}):", *body, "    return x, stats"])
    linked = link({name for update in updates for name in kernels(update.value)}, {})
    texts = [*(definition.under(name) for name, definition in linked.texts), text]
    program = "\n\n\n".join(["\n".join(import_lines(names_read("\n\n".join(texts)))), *texts])
    namespace: dict[str, Any] = {}
    exec(compile(program, "layer.py", "exec"), namespace)
    return namespace["layer"]


def entering(case: Case, dtype: Any = jnp.float32, batch: int = 3) -> tuple[Any, Any, list[Any], list[Any]]:
    """Weights, state, keys and values, as shapes."""
    specs = case.build().weights(case.types[0])
    arrays: list[dict[str, Any]] = [
        {spec.name: jax.ShapeDtypeStruct(spec.shape, jnp.float32) for spec in specs if spec.trainable == trainable}
        for trainable in (True, False)
    ]
    xs = [jax.ShapeDtypeStruct((batch, *shape), dtype) for shape in case.entering]
    return {"layer": arrays[0]}, {"layer": arrays[1]}, [jax.eval_shape(lambda: jax.random.key(0))], xs
