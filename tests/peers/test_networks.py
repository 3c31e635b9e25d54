"""Whole networks give PyTorch's values and gradients."""

import re
from collections.abc import Iterator

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: `pip install -e .[test,peers]`")

import torch.nn.functional as F  # noqa: E402

from archc.ir import Module  # noqa: E402
from tests.models import FOLDER, module_of  # noqa: E402
from tests.peers.compared import Peer, Tensors, compare, first, kernel  # noqa: E402


class Weights:
    """A network's weights, taken layer by layer in the order of the file."""

    def __init__(self, w: Tensors, module: Module):
        self.w = w
        self.scopes: Iterator[str] = (scope for scope, node in module.graph.layers() if node.weights)

    def take(self, *names: str) -> list[torch.Tensor]:
        scope = next(self.scopes)
        return [self.w[f"{scope}.{name}"] for name in names]

    def end(self) -> None:
        assert next(self.scopes, None) is None


def network(name: str, size: int) -> Module:
    """A network of models/ for images of another size, without its promises, and with nothing random."""
    text = (FOLDER / f"{name}.arch").read_text(encoding="utf-8")
    text = re.sub(r"^ *(assert|expect) .*$", "", text, flags=re.MULTILINE)
    text = text.replace("[224, 224, 3]", f"[{size}, {size}, 3]")
    return module_of(re.sub(r"dropout\(\d+%\)", "dropout(0)", text), name=f"{name}.arch")


def resnet18(module: Module, *, train: bool) -> Peer:
    """He et al. (2015), table 1 and figure 5 left, with projections where the shape changes."""

    def peer(w: Tensors, x: torch.Tensor) -> torch.Tensor:
        weights = Weights(w, module)

        def unit(x: torch.Tensor, stride: int, k: int) -> torch.Tensor:
            x = F.conv2d(x, kernel(weights.take("kernel")[0]), None, stride, k // 2)
            mean, variance, scale, shift = weights.take("mean", "variance", "scale", "shift")
            return F.batch_norm(x, mean, variance, scale, shift, train)

        x = F.max_pool2d(F.relu(unit(first(x), 2, 7)), 3, 2, 1)
        for stage, filters in enumerate((64, 128, 256, 512)):
            for block in range(2):
                stride = 2 if stage and not block else 1
                y = unit(F.relu(unit(x, stride, 3)), 1, 3)
                x = F.relu(y + (unit(x, stride, 1) if stride == 2 or x.shape[1] != filters else x))
        matrix, bias = weights.take("kernel", "bias")
        weights.end()
        return x.mean((2, 3)) @ matrix + bias

    return peer


INCEPTIONS = (
    (64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64), (192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64),
    (128, 128, 256, 24, 64, 64), (112, 144, 288, 32, 64, 64), (256, 160, 320, 32, 128, 128),
    (256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128),
)  # fmt: skip
"""Szegedy et al. (2014), table 1: 3a to 5b."""


def googlenet(module: Module) -> Peer:
    """Szegedy et al. (2014) as in Caffe, which divides the sum of squares by the window: alpha is 5 times ours."""

    def peer(w: Tensors, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        weights = Weights(w, module)

        def unit(x: torch.Tensor, filters: int, stride: int = 1) -> torch.Tensor:
            k, bias = weights.take("kernel", "bias")
            assert k.shape[-1] == filters
            return F.relu(F.conv2d(x, kernel(k), bias, stride, k.shape[0] // 2))

        def dense(x: torch.Tensor) -> torch.Tensor:
            matrix, bias = weights.take("kernel", "bias")
            return x @ matrix + bias

        def halve(x: torch.Tensor) -> torch.Tensor:
            return F.max_pool2d(x, 3, 2, ceil_mode=True)

        def norm(x: torch.Tensor) -> torch.Tensor:
            return F.local_response_norm(x, 5, 5 * alpha, 0.75, k)

        def inception(x: torch.Tensor, c1: int, r3: int, c3: int, r5: int, c5: int, p: int) -> torch.Tensor:
            branches = [unit(x, c1), unit(unit(x, r3), c3), unit(unit(x, r5), c5)]
            return torch.cat([*branches, unit(F.max_pool2d(x, 3, 1, 1), p)], 1)

        def auxiliary(x: torch.Tensor) -> torch.Tensor:
            y = unit(F.avg_pool2d(x, 5, 3), 128).permute(0, 2, 3, 1).flatten(1)
            return dense(F.relu(dense(y)))

        lrn = next(node for _, node in module.graph.layers() if node.op == "lrn")
        alpha, k = lrn.arguments["alpha"], lrn.arguments["k"]
        x = norm(halve(unit(first(x), 64, 2)))
        x = halve(norm(unit(unit(x, 64), 192)))
        heads = []
        for number, sizes in enumerate(INCEPTIONS):
            x = inception(x, *sizes)
            if number in (1, 6):
                x = halve(x)
            if number in (2, 5):
                heads.append(auxiliary(x))
        end = dense(x.mean((2, 3)))
        weights.end()
        by_name = dict(zip(("aux1", "aux2", "class"), (*heads, end), strict=True))
        return tuple(by_name[port.name] for port in module.graph.outputs)

    return peer


@pytest.mark.parametrize(("train", "wide"), [(True, True), (False, True), (False, False)])
def test_resnet18(train: bool, wide: bool) -> None:
    module = network("resnet18", 64)
    compare(module, resnet18(module, train=train), train=train, bound=1e-9 if wide else 1e-4, wide=wide)


@pytest.mark.parametrize(("train", "wide"), [(True, True), (False, False)])
def test_googlenet(train: bool, wide: bool) -> None:
    module = network("googlenet", 224)
    compare(module, googlenet(module), train=train, bound=1e-9 if wide else 1e-4, wide=wide, batch=1)
