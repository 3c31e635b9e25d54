"""The built-in library: networks made of its blocks have the sizes that are published."""

from itertools import pairwise
from pathlib import Path

import pytest

import archc
from archc.resources import models_folder

RESNETS = {
    # parameters as torchvision counts them; those of the last as in timm
    "ResNet-18": ((2, 2, 2, 2), ", deep = false", 11_689_512),
    "ResNet-34": ((3, 4, 6, 3), ", deep = false", 21_797_672),
    "ResNet-50": ((3, 4, 6, 3), "", 25_557_032),
    "ResNet-101": ((3, 4, 23, 3), "", 44_549_160),
    "ResNet-152": ((3, 8, 36, 3), "", 60_192_808),
    "ResNeXt-50 32x4d": ((3, 4, 6, 3), ", inner = {}, groups = 32", 25_028_904),
    "Wide ResNet-50-2": ((3, 4, 6, 3), ", inner = {}", 68_883_240),
    "SE-ResNet-50": ((3, 4, 6, 3), ", squeeze = 16", 28_088_024),
}


def network(folder: Path, text: str) -> archc.Model:
    """The model of a file."""
    path = folder / "net.arch"
    path.write_text(text, encoding="utf-8")
    assert archc.check(path) == []
    return archc.load(path)


@pytest.mark.parametrize("name", RESNETS)
def test_residual_networks(name: str, tmp_path: Path) -> None:
    units, rest, parameters = RESNETS[name]
    stages = [f"stage({64 * 2**i}, {n}, {min(i, 1) + 1}{rest.format(128 * 2**i)})" for i, n in enumerate(units)]
    body = "\n".join(["input image[224, 224, 3]", "stem", *stages, "head(1000)"])
    made = network(tmp_path, f"use resnet\nmodel Net {{\n{body}\n}}\n")
    assert made.parameters == parameters
    if name == "ResNet-50":
        assert made.macs == archc.load("resnet50").macs


def test_inception_modules(tmp_path: Path) -> None:
    text = (models_folder() / "googlenet.arch").read_text(encoding="utf-8")
    model = text[text.index("model GoogLeNet") :]
    stem = model[model.index("    unit(64, 7") : model.index("    #         1x1")]
    model = model.replace(stem, "    stem\n\n").replace("inception(", "module(")
    made = network(tmp_path, f"use inception\n{model}")
    assert made.parameters == 13_378_280
    assert made.macs == archc.load("googlenet").macs


@pytest.mark.parametrize("path", sorted((models_folder() / "library").glob("*.arch")), ids=lambda path: path.stem)
def test_every_block_says_what_it_is(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].endswith(f"`use {path.stem}`. In a model of 224x224 images")
    for before, line in pairwise(lines):
        assert not line.startswith("block ") or before.startswith("# "), line
