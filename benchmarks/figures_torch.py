"""LeNet-5, GoogLeNet and ResNet-50 in PyTorch, drawn by torchview.

    python benchmarks/figures_torch.py torchview lenet5 lenet5.svg

Run by figures.py, each figure in a process of its own; archc isn't imported. With a further argument, `told`, it prints
the network's parameters and layers as JSON. The modules nest as those of torchvision do.
"""

import json
import sys
from pathlib import Path

import torch
from torch import nn
from torchview import draw_graph

INCEPTIONS = (
    (192, 64, 96, 128, 16, 32, 32), (256, 128, 128, 192, 32, 96, 64), (480, 192, 96, 208, 16, 48, 64),
    (512, 160, 112, 224, 24, 64, 64), (512, 128, 128, 256, 24, 64, 64), (512, 112, 144, 288, 32, 64, 64),
    (528, 256, 160, 320, 32, 128, 128), (832, 256, 160, 320, 32, 128, 128), (832, 384, 192, 384, 48, 128, 128),
)  # fmt: skip
"""Szegedy et al. (2014), table 1: 3a to 5b, behind the channels that enter."""


def lenet5() -> nn.Module:
    """As models/lenet5.arch."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10), nn.Softmax(1),
    )  # fmt: skip


class Unit(nn.Sequential):
    def __init__(self, channels: int, filters: int, k: int, stride: int = 1):
        super().__init__(nn.Conv2d(channels, filters, k, stride, k // 2), nn.ReLU())


def halve() -> nn.Module:
    return nn.MaxPool2d(3, 2, ceil_mode=True)


class Inception(nn.Module):
    def __init__(self, channels: int, c1: int, r3: int, c3: int, r5: int, c5: int, p: int):
        super().__init__()
        self.branches = nn.ModuleList(
            [
                Unit(channels, c1, 1),
                nn.Sequential(Unit(channels, r3, 1), Unit(r3, c3, 3)),
                nn.Sequential(Unit(channels, r5, 1), Unit(r5, c5, 5)),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), Unit(channels, p, 1)),
            ]
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


class Auxiliary(nn.Sequential):
    def __init__(self, channels: int):
        super().__init__(
            nn.AvgPool2d(5, 3), Unit(channels, 128, 1), nn.Flatten(),
            nn.Linear(2048, 1024), nn.ReLU(), nn.Dropout(0.7), nn.Linear(1024, 1000),
        )  # fmt: skip


class GoogLeNet(nn.Module):
    """As models/googlenet.arch, with its two auxiliary heads."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            Unit(3, 64, 7, 2), halve(), nn.LocalResponseNorm(5), Unit(64, 64, 1), Unit(64, 192, 3),
            nn.LocalResponseNorm(5), halve(),
        )  # fmt: skip
        self.inceptions = nn.ModuleList(Inception(*sizes) for sizes in INCEPTIONS)
        self.halves = nn.ModuleDict({"1": halve(), "6": halve()})
        self.heads = nn.ModuleDict({"2": Auxiliary(512), "5": Auxiliary(528)})
        self.end = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.4), nn.Linear(1024, 1000))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        x, outputs = self.stem(x), []
        for number, inception in enumerate(self.inceptions):
            x = inception(x)
            if str(number) in self.halves:
                x = self.halves[str(number)](x)
            if str(number) in self.heads:
                outputs.append(self.heads[str(number)](x))
        return (*outputs, self.end(x))


class Bottleneck(nn.Module):
    def __init__(self, channels: int, filters: int, stride: int):
        super().__init__()
        wide = 4 * filters
        self.conv1, self.bn1 = nn.Conv2d(channels, filters, 1, bias=False), nn.BatchNorm2d(filters)
        self.conv2, self.bn2 = nn.Conv2d(filters, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters)
        self.conv3, self.bn3 = nn.Conv2d(filters, wide, 1, bias=False), nn.BatchNorm2d(wide)
        self.relu = nn.ReLU()
        self.downsample = None
        if channels != wide or stride != 1:
            self.downsample = nn.Sequential(nn.Conv2d(channels, wide, 1, stride, bias=False), nn.BatchNorm2d(wide))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(self.relu(self.bn2(self.conv2(y)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


def resnet50() -> nn.Module:
    """As models/resnet50.arch."""
    stages, channels = [], 64
    for filters, blocks, first in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        stage = []
        for block in range(blocks):
            stage.append(Bottleneck(channels, filters, 1 if block else first))
            channels = 4 * filters
        stages.append(nn.Sequential(*stage))
    stem = (nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
    return nn.Sequential(*stem, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))


NETWORKS = {"lenet5": lenet5, "googlenet": GoogLeNet, "resnet50": resnet50}
SIZES = {"lenet5": (1, 1, 28, 28)}
DEPTHS = {
    "torchview": {"lenet5": 1, "googlenet": 4, "resnet50": 4},
    "torchview closed": {"lenet5": 1, "googlenet": 1, "resnet50": 2},
}
"""Where every layer shows, and where a block is one node."""


def main() -> None:
    tool, name, path, *told = sys.argv[1:]
    network = NETWORKS[name]()
    graph = draw_graph(
        network,
        input_size=SIZES.get(name, (1, 3, 224, 224)),
        depth=DEPTHS[tool][name],
        expand_nested=True,
        roll=True,
        device="cpu",
    ).visual_graph
    to = Path(path)
    graph.render(outfile=to, cleanup=True)
    if told:
        layers = sum(not list(module.children()) for module in network.modules())
        print(json.dumps({"parameters": sum(p.numel() for p in network.parameters()), "layers": layers}))


if __name__ == "__main__":
    main()
