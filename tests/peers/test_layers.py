"""Every layer that PyTorch has too gives its values and gradients."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: `pip install -e .[test,peers]`")

import torch.nn.functional as F  # noqa: E402

from tests.models import module_of  # noqa: E402
from tests.peers.compared import Peer, Tensors, compare, first, kernel, last  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")

FLAT, SEQUENCE, IMAGE, VOLUME = (6,), (9, 4), (8, 7, 4), (5, 6, 4, 4)

CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


@dataclass
class Case:
    """A layer, the shape that enters, and what PyTorch does; `w` are weights by `conv.kernel` and the like."""

    layer: str
    shape: tuple[int, ...]
    peer: Peer
    train: bool = True

    def __str__(self) -> str:
        return f"{self.layer} on {'x'.join(map(str, self.shape))}"


def simple(function: Callable[[torch.Tensor], torch.Tensor]) -> Peer:
    """What needs no weights and minds no order of axes."""
    return lambda w, x: function(x)


def spatial(function: Callable[[torch.Tensor], torch.Tensor]) -> Peer:
    """What needs no weights, and channels first."""
    return lambda w, x: last(function(first(x)))


def own(w: Tensors, name: str) -> Any:
    """The one weight of a name, whatever its layer is called; None if there is none."""
    return next((value for path, value in w.items() if path.rsplit(".", 1)[1] == name), None)


def conv(**options: Any) -> Peer:
    def peer(w: Tensors, x: torch.Tensor) -> torch.Tensor:
        return last(CONV[x.ndim - 2](first(x), kernel(own(w, "kernel")), own(w, "bias"), **options))

    return peer


def padded(value: float, *cells: int, **options: Any) -> Peer:
    """A convolution over what was padded before; cells before and behind, the last direction first."""

    def peer(w: Tensors, x: torch.Tensor) -> torch.Tensor:
        around = F.pad(first(x), cells, value=value)
        return last(CONV[x.ndim - 2](around, kernel(own(w, "kernel")), own(w, "bias"), **options))

    return peer


def transposed(**options: Any) -> Peer:
    def peer(w: Tensors, x: torch.Tensor) -> torch.Tensor:
        k, groups = own(w, "kernel"), options.get("groups", 1)
        apart = k.unflatten(-1, (groups, -1)).movedim(-2, 0)  # [groups, …, in, out] of each
        weight = apart.movedim((-2, -1), (1, 2)).flatten(0, 1)  # [groups * in, out, …]
        return last(TRANSPOSED[x.ndim - 2](first(x), weight, own(w, "bias"), **options))

    return peer


def separable(w: Tensors, x: torch.Tensor) -> torch.Tensor:
    deep = CONV[x.ndim - 2](first(x), kernel(own(w, "depthwise_kernel")), None, padding=1, groups=x.shape[-1])
    return last(deep) @ own(w, "pointwise_kernel") + own(w, "bias")


def batch_norm(w: Tensors, x: torch.Tensor, *, train: bool = True, momentum: float = 0.1) -> torch.Tensor:
    mean, variance = own(w, "mean"), own(w, "variance")
    y = F.batch_norm(first(x), mean, variance, own(w, "scale"), own(w, "shift"), train, momentum, 1e-5)
    return last(y)


def group_norm(groups: int) -> Peer:
    return lambda w, x: last(F.group_norm(first(x), groups, own(w, "scale"), own(w, "shift")))


def of_each(name: str, function: Any, *, train: bool = True) -> list[Case]:
    return [Case(name, shape, function, train) for shape in (FLAT, SEQUENCE, IMAGE, VOLUME)]


ACTIVATIONS = {
    "sign": torch.sign,
    "sigmoid": torch.sigmoid,
    # PyTorch's own rounds 1 / 6 to float32 in its gradient
    "hard_sigmoid": lambda x: torch.clamp(x + 3, 0, 6) / 6,
    "tanh": torch.tanh,
    "scaled_tanh": lambda x: 1.7159 * torch.tanh(2 / 3 * x),
    "relu": F.relu,
    "relu6": F.relu6,
    "leaky_relu": F.leaky_relu,
    "leaky_relu(0.3)": lambda x: F.leaky_relu(x, 0.3),
    "elu": F.elu,
    "elu(0.7)": lambda x: F.elu(x, 0.7),
    "selu": F.selu,
    "gelu": F.gelu,
    "gelu(approximate = true)": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "hard_silu": F.hardswish,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "mish": F.mish,
    "softmax": lambda x: torch.softmax(x, -1),
    "log_softmax": lambda x: torch.log_softmax(x, -1),
    "clip(0, 1)": lambda x: torch.clamp(x, 0, 1),
    "clip(-0.5, 0.25)": lambda x: torch.clamp(x, -0.5, 0.25),
}

CASES = [
    *(Case(name, shape, simple(f)) for name, f in ACTIVATIONS.items() for shape in (FLAT, IMAGE)),
    *(Case("prelu", shape, lambda w, x: last(F.prelu(first(x), own(w, "slope")))) for shape in (FLAT, IMAGE)),
    Case("dense(5)", FLAT, lambda w, x: F.linear(x, own(w, "kernel").T, own(w, "bias"))),
    Case("dense(5, bias = false)", FLAT, lambda w, x: F.linear(x, own(w, "kernel").T)),
    *(
        Case("pointwise(5)", shape, lambda w, x: F.linear(x, own(w, "kernel").T, own(w, "bias")))
        for shape in (SEQUENCE, IMAGE, VOLUME)
    ),
    *(
        case
        for shape in (SEQUENCE, IMAGE, VOLUME)
        for case in (
            Case("conv(6, 3)", shape, conv()),
            Case("conv(6, 3, stride = 2, padding = 1)", shape, conv(stride=2, padding=1)),
            Case("conv(6, 3, padding = same, bias = false)", shape, conv(padding="same")),
            Case("conv(6, 2, padding = same)", shape, conv(padding="same")),
            Case("conv(6, 2, dilation = 2, padding = 1)", shape, conv(dilation=2, padding=1)),
            Case("conv(6, 3, groups = 2)", shape, conv(groups=2)),
            Case("conv(4, 3, groups = 4, stride = 2)", shape, conv(groups=4, stride=2)),
            Case("depthwise_conv(3)", shape, conv(groups=4)),
            Case("depthwise_conv(3, multiplier = 2, dilation = 2, padding = 2)", shape,
                 conv(groups=4, dilation=2, padding=2)),
            Case("separable_conv(6, 3, padding = same)", shape, separable),
            Case("conv_transpose(6, 3)", shape, transposed()),
            Case("conv_transpose(6, 4, stride = 2, padding = 1)", shape, transposed(stride=2, padding=1)),
            Case("conv_transpose(6, 2, stride = 3)", shape, transposed(stride=3)),
            Case("conv_transpose(6, 3, groups = 2, dilation = 2)", shape, transposed(groups=2, dilation=2)),
            Case("max_pool(2)", shape, spatial(lambda x: MAX[x.ndim - 2](x, 2))),
            Case("max_pool(3, stride = 2, padding = 1)", shape, spatial(lambda x: MAX[x.ndim - 2](x, 3, 2, 1))),
            Case("max_pool(3, stride = 2, ceil = true)", shape,
                 spatial(lambda x: MAX[x.ndim - 2](x, 3, 2, ceil_mode=True))),
            Case("avg_pool(2)", shape, spatial(lambda x: AVG[x.ndim - 2](x, 2))),
            Case("avg_pool(3, stride = 2, padding = 1, ceil = true)", shape,
                 spatial(lambda x: AVG[x.ndim - 2](x, 3, 2, 1, ceil_mode=True, count_include_pad=False))),
            Case("global_avg_pool", shape, simple(lambda x: x.flatten(1, -2).mean(1))),
            Case("global_max_pool", shape, simple(lambda x: x.flatten(1, -2).amax(1))),
            Case("batch_norm", shape, batch_norm),
            Case("batch_norm", shape, lambda w, x: batch_norm(w, x, train=False), train=False),
            Case("batch_norm(frozen = true)", shape, lambda w, x: batch_norm(w, x, train=False)),
            Case("instance_norm", shape, lambda w, x: last(F.instance_norm(
                first(x), weight=own(w, "scale"), bias=own(w, "shift")))),
            Case("group_norm(2)", shape, group_norm(2)),
            Case("upsample(2)", shape, spatial(lambda x: F.interpolate(x, scale_factor=2))),
            Case("upsample(3, linear)", shape, spatial(lambda x: F.interpolate(
                x, scale_factor=3, mode=["linear", "bilinear", "trilinear"][x.ndim - 3]))),
            Case("pad(2, value = -1)", shape, spatial(lambda x: F.pad(x, (2, 2) * (x.ndim - 2), value=-1.0))),
            Case("lrn(3, k = 1, alpha = 0.2, beta = 0.6)", shape,
                 spatial(lambda x: F.local_response_norm(x, 3, 0.6, 0.6, 1.0))),
        )
    ),
    Case("batch_norm", FLAT, batch_norm),
    *(Case("layer_norm", shape, lambda w, x: F.layer_norm(x, x.shape[-1:], own(w, "scale"), own(w, "shift")))
      for shape in (FLAT, SEQUENCE, IMAGE, VOLUME)),
    Case("conv(6, 3, padding = causal)", SEQUENCE, padded(0.0, 2, 0)),
    Case("conv(6, 2, padding = causal, dilation = 3)", SEQUENCE, padded(0.0, 3, 0, dilation=3)),
    Case("conv(6, 3, padding = 1, pad_value = -1)", IMAGE, padded(-1.0, 1, 1, 1, 1)),
    Case("conv(6, 3x2, stride = 2x1, padding = [(1, 0), (0, 2)])", IMAGE, padded(0.0, 0, 2, 1, 0, stride=(2, 1))),
    *(Case("adaptive_avg_pool(3)", shape, spatial(lambda x: [
        F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d][x.ndim - 3](x, 3)))
      for shape in (SEQUENCE, IMAGE, VOLUME)),
    Case("adaptive_avg_pool(3x5)", IMAGE, spatial(lambda x: F.adaptive_avg_pool2d(x, (3, 5)))),
    Case("pixel_shuffle(2)", (3, 4, 12), spatial(lambda x: F.pixel_shuffle(x, 2))),
    Case("permute([2, 0, 1])", IMAGE, simple(lambda x: x.permute(0, 3, 1, 2))),
    Case("space_to_depth(2)", (6, 8, 3), spatial(lambda x: F.pixel_unshuffle(x, 2))),
    *(Case(layer, IMAGE, simple(lambda x: x), train=False)
      for layer in ("dropout(20%)", "spatial_dropout(20%)", "drop_path(20%)", "gaussian_noise(0.1)")),
    Case("maxout(3, 2)", FLAT,
         lambda w, x: F.linear(x, own(w, "kernel").T, own(w, "bias")).unflatten(1, (2, 3)).amax(1)),
    Case("flatten", IMAGE, simple(lambda x: x.flatten(1))),
    Case("take(1)", IMAGE, simple(lambda x: x[..., 1])),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layers_give_what_pytorch_gives(case: Case) -> None:
    sizes = ", ".join(map(str, case.shape))
    module = module_of(f"model Net {{\n    input x[{sizes}]\n    {case.layer}\n}}\n")
    compare(module, case.peer, train=case.train, bound=1e-9)
    if case.peer is batch_norm:
        return  # the case of evaluation stands beside it
    compare(module, case.peer, train=False, bound=1e-4, wide=False)
