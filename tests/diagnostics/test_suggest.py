"""Did you mean …?"""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.diagnostics.suggest import closest, distance

WORDS = """
accuracy adam adamw avg_pool batch batch_norm binary_cross_entropy conv cosine cross_entropy data dense dropout
early_stopping epochs epsilon fashion_mnist filters flatten global_avg_pool glorot_uniform he_normal images init
layer_norm linear loss mae max_pool metrics mnist momentum mse optimizer padding rate relu same seed sgd sigmoid
softmax stop stride tanh validate weight_decay window
adaptive_avg_pool conv_transpose depthwise_conv locally_connected multiplier separable_conv
"""
NAMES = WORDS.split()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dence", "dense"),
        ("flaten", "flatten"),
        ("tahn", "tanh"),
        ("paddign", "padding"),
        ("optimiser", "optimizer"),
        ("RELU", "relu"),
        ("ReLU", "relu"),
        ("Conv2D", "conv"),
        ("conv_2d", "conv"),
        ("Convolution2D", "conv"),
        ("Linear", "dense"),
        ("Identity", "linear"),
        ("fc", "dense"),
        ("FullyConnected", "dense"),
        ("DenseLayer", "dense"),
        ("MaxPool2d", "max_pool"),
        ("MaxPooling2D", "max_pool"),
        ("GlobalAveragePooling2D", "global_avg_pool"),
        ("BatchNorm2d", "batch_norm"),
        ("BatchNormalization", "batch_norm"),
        ("lr", "rate"),
        ("learning_rate", "rate"),
        ("kernel_size", "window"),
        ("ksize", "window"),
        ("k", "window"),
        ("out_channels", "filters"),
        ("units", "filters"),
        ("n_epochs", "epochs"),
        ("batch_size", "batch"),
        ("crossentropy", "cross_entropy"),
        ("categorical_crossentropy", "cross_entropy"),
        ("CrossEntropyLoss", "cross_entropy"),
        ("BCELoss", "binary_cross_entropy"),
        ("MSELoss", "mse"),
        ("Conv1D", "conv"),
        ("Conv3DTranspose", "conv_transpose"),
        ("DepthwiseConv2D", "depthwise_conv"),
        ("SeparableConv1D", "separable_conv"),
        ("LocallyConnected2D", "locally_connected"),
        ("AdaptiveAvgPool2d", "adaptive_avg_pool"),
        ("depth_multiplier", "multiplier"),
        ("SGD", "sgd"),
        ("Adam", "adam"),
        ("xavier_uniform", "glorot_uniform"),
        ("kaiming_normal", "he_normal"),
        ("MNIST", "mnist"),
        ("FashionMNIST", "fashion_mnist"),
        ("fashion", "fashion_mnist"),
        ("ImageFolder", "images"),
        ("image_dataset_from_directory", "images"),
    ],
)
def test_what_was_meant(typed: str, meant: str) -> None:
    assert closest(typed, NAMES) == [meant]


@pytest.mark.parametrize("typed", ["", "x", "zz", "attention", "transformer", "qqqqqqqq", "_", "2d"])
def test_no_wild_guesses(typed: str) -> None:
    assert closest(typed, NAMES) == []


def test_several_and_in_order() -> None:
    assert closest("conv", ["conv", "conv1", "conv2", "dense"], n=5) == ["conv1", "conv2"]
    assert closest("pooling", NAMES, n=2) == ["max_pool", "avg_pool"]
    assert closest("Relu", ["relu6", "relu"], n=2) == ["relu", "relu6"]


@given(st.text(max_size=12), st.lists(st.text(max_size=12)), st.randoms())
def test_order_of_candidates_does_not_matter(word: str, candidates: list[str], random: Random) -> None:
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert closest(word, candidates, 3) == closest(word, shuffled, 3)


@pytest.mark.parametrize(
    ("a", "b", "slips"),
    [("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("abc", "acb", 1), ("abcd", "acbd", 1), ("kitten", "sitting", 3)],
)
def test_distance(a: str, b: str, slips: int) -> None:
    assert distance(a, b, 3) == distance(b, a, 3) == slips
    assert distance(a, b, slips - 1) == slips
