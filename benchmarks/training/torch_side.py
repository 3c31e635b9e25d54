"""PyTorch, eager and with `torch.compile`: data and weights on the device, no loader, Adam fused or not."""

import os
import shutil
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.training.handover import Handed, Layer
from benchmarks.training.listening import Listener, accuracy_of

MODES = ("default", "reduce-overhead")
THREADS = torch.get_num_threads()
ACTIVATIONS = {"tanh": torch.tanh, "sigmoid": torch.sigmoid}


class Net(nn.Module):
    """The network over images [batch, channels, height, width], in the memory layout of the images."""

    def __init__(self, handed: Handed, last: bool):
        super().__init__()
        self.last = last
        self.plan = [(layer, layer.name.replace(".", "_")) for layer in handed.layers]
        uses = [name for layer in handed.layers for name in layer.inputs]
        self.alone = {name for name in uses if uses.count(name) == 1 and name != "image"}
        for layer, name in self.plan:
            module = made(handed, layer, last)
            if module is not None:
                self.add_module(name, module)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values = {"image": x}
        for layer, name in self.plan:
            x = values[layer.inputs[0]]
            match layer.kind:
                case "relu":
                    y = F.relu(x, inplace=layer.inputs[0] in self.alone)
                case "add":
                    y = x + values[layer.inputs[1]]
                case "global_avg_pool":
                    y = x.mean((2, 3))
                case "flatten":
                    y = (x.permute(0, 2, 3, 1) if self.last else x).flatten(1)
                case "tanh" | "sigmoid":
                    y = ACTIVATIONS[layer.kind](x)
                case _:
                    y = getattr(self, name)(x)
            values[layer.name] = y
        return y


def made(handed: Handed, layer: Layer, last: bool) -> nn.Module | None:
    """The module of a layer that has one, with its first weights."""
    around = tuple(cells[0] for cells in layer.padding)
    weights = {
        name: torch.from_numpy(handed.weight(layer, name))
        for name in ("kernel", "bias", "scale", "shift", "mean", "variance")
        if f"{layer.name}.{name}" in handed.weights
    }
    match layer.kind:
        case "conv":
            inputs = handed.entering(layer)[-1]
            module: nn.Module = nn.Conv2d(inputs, layer.shape[-1], layer.window, layer.stride, around, bias=layer.bias)
            given = {"weight": weights.pop("kernel").permute(3, 2, 0, 1), **weights}
        case "dense":
            module = nn.Linear(handed.entering(layer)[0], layer.shape[0], bias=layer.bias)
            given = {"weight": rows_of(handed, layer, weights.pop("kernel"), last).T, **weights}
        case "batch_norm":
            module = nn.BatchNorm2d(layer.shape[-1], layer.epsilon, 1 - layer.momentum)
            names = {"weight": "scale", "bias": "shift", "running_mean": "mean", "running_var": "variance"}
            given = {theirs: weights[ours] for theirs, ours in names.items()}
        case "max_pool":
            return nn.MaxPool2d(layer.window, layer.stride, around)
        case "avg_pool":
            return nn.AvgPool2d(layer.window, layer.stride, around)
        case _:
            return None
    module.load_state_dict(given, strict=False)
    return module


def rows_of(handed: Handed, layer: Layer, kernel: torch.Tensor, last: bool) -> torch.Tensor:
    """A dense kernel [in, out] for what enters it: behind `flatten`, channels come first unless they are `last`."""
    before = next((other for other in handed.layers if other.name == layer.inputs[0]), None)
    if last or before is None or before.kind != "flatten":
        return kernel
    return kernel.unflatten(0, handed.entering(before)).movedim(2, 0).flatten(0, 2)


def train(handed: Handed, setting: str, epochs: int, listener: Listener) -> None:
    words = setting.split(", ")
    last, device = "channels_last" in words, "cuda" if handed.target == "gpu" else "cpu"
    mode = next((word for word in words if word in MODES), None)
    # a search tries several settings in one process
    torch.set_num_threads(1 if "1 thread" in words else THREADS)
    if mode and device == "cpu" and not shutil.which(os.environ.get("CXX", "g++")):
        raise SystemExit("torch.compile needs a C++ compiler: g++, or what CXX names")
    torch.set_float32_matmul_precision("high")
    form = torch.channels_last if last else torch.contiguous_format

    def placed(name: str) -> tuple[torch.Tensor, torch.Tensor]:
        images = torch.from_numpy(handed.table[f"{name}image"]).permute(0, 3, 1, 2)
        labels = torch.from_numpy(handed.table[f"{name}label"]).long()
        return images.to(device).contiguous(memory_format=form), labels.to(device)

    net = Net(handed, last).to(device, memory_format=form)
    adam, (images, labels) = handed.adam, placed("")
    optimizer = torch.optim.Adam(
        net.parameters(),
        adam["rate"],
        (adam["beta1"], adam["beta2"]),
        adam["epsilon"],
        fused="fused Adam" in words,
        foreach="foreach Adam" in words,
    )

    def loss_of(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        with torch.autocast(device, torch.bfloat16, enabled=handed.precision == "bf16"):
            logits = net(x)
        return F.cross_entropy(logits.float(), y)

    objective: Any = torch.compile(loss_of, mode=mode) if mode else loss_of

    def step(start: int) -> torch.Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = objective(images[start : start + handed.batch], labels[start : start + handed.batch])
        loss.backward()
        optimizer.step()
        return loss.detach().clone()

    def finish() -> None:
        if device == "cuda":
            torch.cuda.synchronize()

    def accuracy() -> float:
        net.eval()
        with torch.no_grad():
            found = accuracy_of(lambda a, b: int((net(held[a:b]).argmax(1) == truth[a:b]).sum()), len(truth))
        net.train()
        return found

    if handed.goal:
        held, truth = placed("held.")
    losses, position = [step(0)], handed.batch
    finish()
    listener.first_step(losses[0].item())
    for _ in range(epochs):
        losses += [step(start) for start in range(position, handed.rows, handed.batch)]
        finish()
        if not listener.epoch(torch.stack(losses).mean().item(), accuracy() if handed.goal else None):
            break
        losses, position = [], 0
