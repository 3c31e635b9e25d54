"""Networks listed as courses list them."""

from pathlib import Path

import pytest

from archc.diagnostics import Report
from archc.ir import Module
from archc.lecture import as_lecture, lines
from archc.locate import find_file
from archc.pipeline import Job, module
from tests.models import module_of

ALEXNET = [
    ("data", "Image Input", "227x227x3 images with 'zerocenter' normalization"),
    ("conv1", "Convolution", "96 11x11x3 convolutions with stride [4 4] and padding [0 0]"),
    ("relu1", "ReLU", "ReLU"),
    ("norm1", "Cross Channel Normalization", "cross channel normalization with 5 channels per element"),
    ("pool1", "Max Pooling", "3x3 max pooling with stride [2 2] and padding [0 0]"),
    ("conv2", "Convolution", "256 5x5x48 convolutions with stride [1 1] and padding [2 2]"),
    ("relu2", "ReLU", "ReLU"),
    ("norm2", "Cross Channel Normalization", "cross channel normalization with 5 channels per element"),
    ("pool2", "Max Pooling", "3x3 max pooling with stride [2 2] and padding [0 0]"),
    ("conv3", "Convolution", "384 3x3x256 convolutions with stride [1 1] and padding [1 1]"),
    ("relu3", "ReLU", "ReLU"),
    ("conv4", "Convolution", "384 3x3x192 convolutions with stride [1 1] and padding [1 1]"),
    ("relu4", "ReLU", "ReLU"),
    ("conv5", "Convolution", "256 3x3x192 convolutions with stride [1 1] and padding [1 1]"),
    ("relu5", "ReLU", "ReLU"),
    ("pool5", "Max Pooling", "3x3 max pooling with stride [2 2] and padding [0 0]"),
    ("fc6", "Fully Connected", "4096 fully connected layer"),
    ("relu6", "ReLU", "ReLU"),
    ("drop6", "Dropout", "50% dropout"),
    ("fc7", "Fully Connected", "4096 fully connected layer"),
    ("relu7", "ReLU", "ReLU"),
    ("drop7", "Dropout", "50% dropout"),
    ("fc8", "Fully Connected", "1000 fully connected layer"),
    ("prob", "Softmax", "softmax"),
    ("output", "Classification Output", "crossentropyex with 'tench', 'goldfish', and 998 other classes"),
]


def built_in(name: str) -> Module:
    return module(Job(find_file(name)), Report())[1]


def listed(text: str) -> list[tuple[str, str, str]]:
    return [(line.name, line.kind, line.what) for line in lines(module_of(text))]


def test_alexnet_row_for_row() -> None:
    assert [(line.name, line.kind, line.what) for line in lines(built_in("alexnet"))] == ALEXNET
    text = as_lecture(built_in("alexnet")).splitlines()
    assert (
        text[4] == " 5   'pool1'    Max Pooling                   3x3 max pooling with stride [2 2] and padding [0 0]"
    )
    assert [line.split()[0] for line in text] == [str(i) for i in range(1, 26)]


def test_the_classes_are_those_of_the_recipe() -> None:
    found = lines(built_in("matlab_digits"))
    assert [line.name for line in found[1:5]] == ["conv1", "batchnorm1", "relu1", "pool1"]
    assert found[-1].what == "crossentropyex with '0', '1', and 8 other classes"


def test_blocks_repeats_and_merges() -> None:
    text = """
block unit(n) { conv(n, 3, padding = same, stride = 2) -> batch_norm -> leaky_relu }
model Net {
    input image[9, 8, 1]
    repeat 2 { unit(4) }
    add(it, conv(4, 1x1) as side) -> relu -> relu
    conv(4, 2, dilation = 2, padding = 1) as low -> flatten
    dense(3)
}
"""
    assert listed(text) == [
        ("data", "Image Input", "9x8x1 images"),
        ("unit1.conv1", "Convolution", "4 3x3x1 convolutions with stride [2 2] and padding [1 1 0 1]"),
        ("unit1.batch_norm1", "Batch Normalization", "batch normalization with 4 channels"),
        ("unit1.leaky_relu1", "Leaky Relu", "leaky_relu"),
        ("unit2.conv1", "Convolution", "4 3x3x4 convolutions with stride [2 2] and padding [1 1 0 1]"),
        ("unit2.batch_norm1", "Batch Normalization", "batch normalization with 4 channels"),
        ("unit2.leaky_relu1", "Leaky Relu", "leaky_relu"),
        ("side", "Convolution", "4 1x1x4 convolutions with stride [1 1] and padding [0 0]"),
        ("add3", "Addition", "addition of 2 inputs"),
        ("relu3", "ReLU", "ReLU"),
        ("relu3_", "ReLU", "ReLU"),
        ("low", "Convolution", "4 2x2x4 convolutions with dilation [2 2], stride [1 1] and padding [1 1]"),
        ("dense1", "Fully Connected", "3 fully connected layer"),
    ]


def test_several_inputs_and_outputs(tmp_path: Path) -> None:
    text = """
model Net {
    input left[4]
    input right[6, 2]
    let b = right -> flatten -> normalize(standard) -> dense(2)
    left -> normalize(signed) -> dense(2)
    output both = add(it, b) -> softmax
    output one = b -> tanh
}
"""
    found = listed(text)
    assert found[:2] == [
        ("left", "Feature Input", "4 features with 'rescale-symmetric' normalization"),
        ("right", "Sequence Input", "6x2 sequences"),
    ]
    assert found[-1] == ("output_both", "Classification Output", "crossentropyex")


@pytest.mark.parametrize("name", ["lenet5", "googlenet", "resnet18", "vgg16", "xor", "mnist_mlp", "digits"])
def test_every_layer_is_listed_under_a_name_of_its_own(name: str) -> None:
    found = built_in(name)
    names = [line.name for line in lines(found)]
    assert len(set(names)) == len(names)
    skipped = sum(node.op in ("flatten", "normalize") for _, node in found.graph.layers())
    layers = sum(1 for _ in found.graph.layers())
    assert len(names) - len(found.graph.inputs) - layers + skipped in range(len(found.graph.outputs) + 1)
