"""The options that all sets of images have: what becomes of pixels, and of which images."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from archc.data.pixels import Manner, Part, examples, table, taken
from archc.ir import Column, DataSpec

from .conftest import Room

RAMP = np.arange(0, 240, 40, dtype=np.uint8).reshape(1, 2, 3, 1)
"""One image of 2 rows: 0 40 80, 120 160 200."""


def made(images: np.ndarray = RAMP, stored: tuple[float, float] = (0, 255), **arguments: object) -> np.ndarray:
    return examples(images, Manner.of(arguments), stored)


@pytest.mark.parametrize(
    ("arguments", "low", "high"),
    [
        ({}, 0, 1),
        ({"scale": "unit"}, 0, 1),
        ({"scale": "signed"}, -1, 1),
        ({"scale": "none"}, 0, 255),
        ({"range": (-0.1, 1.175)}, -0.1, 1.175),
        ({"range": (1.0, 0.0)}, 1, 0),
    ],
)
def test_black_and_white_become(arguments: dict[str, object], low: float, high: float):
    pixels = np.array([0, 51, 255], np.uint8).reshape(1, 1, 3, 1)
    values = made(pixels, **arguments)
    assert values.dtype == np.float32
    assert np.allclose(values.ravel(), [low, low + 0.2 * (high - low), high], atol=1e-6)
    inked = (np.array([-1, -0.6, 1], np.float32)).reshape(1, 1, 3, 1)
    assert np.allclose(made(inked, (-1, 1), **arguments).ravel(), [low, low + 0.2 * (high - low), high], atol=1e-5)


def test_pixels_stay_as_they_are_where_they_are_asked_for_so():
    inked = np.random.RandomState(0).uniform(-1, 1, (2, 4, 4, 1)).astype(np.float32)
    assert np.array_equal(made(inked, (-1, 1), scale="signed"), inked)
    assert np.array_equal(made(scale="none"), RAMP)
    assert np.array_equal(made(), RAMP.astype(np.float32) / np.float32(255))


def test_pad_puts_black_around():
    values = made(pad=(1, 2), range=(-0.1, 1.175))
    assert values.shape == (1, 4, 7, 1)
    black = np.float32(-0.1)
    assert (values[:, 0] == black).all() and (values[:, -1] == black).all()
    assert (values[:, :, :2] == black).all() and (values[:, :, -2:] == black).all()
    assert np.array_equal(values[:, 1:-1, 2:-2], made(range=(-0.1, 1.175)))
    inked = np.ones((1, 2, 2, 1), np.float32)
    assert made(inked, (-1, 1), scale="signed", pad=(1, 1))[0, 0, 0, 0] == -1


def bilinear(line: np.ndarray, count: int) -> np.ndarray:
    """A line of numbers at `count` places: weights fall linearly to 0 over a pixel of the coarser of both lines."""
    step = len(line) / count
    reach = max(step, 1.0)
    found = []
    for place in range(count):
        centre = (place + 0.5) * step - 0.5
        weights = np.maximum(0, 1 - np.abs(np.arange(len(line)) - centre) / reach)
        found.append((weights * line).sum() / weights.sum())
    return np.array(found)


def resampled(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """An image [rows, columns], resized along one direction and then the other."""
    wide = np.array([bilinear(line, width) for line in image])
    return np.array([bilinear(line, height) for line in wide.T]).T


@pytest.mark.parametrize("size", [(4, 4), (9, 9), (16, 16), (28, 28), (5, 13)])
def test_size_resizes_as_the_formula_says(size: tuple[int, int]):
    images = np.random.RandomState(1).uniform(-1, 1, (2, 8, 8, 1)).astype(np.float32)
    values = made(images, (-1, 1), size=size, scale="signed", fit="stretch")
    assert values.shape == (2, *size, 1)
    assert np.allclose(values[..., 0], [resampled(image[..., 0], *size) for image in images], atol=1e-6)


def test_bytes_are_resized_to_bytes():
    images = np.random.RandomState(1).randint(0, 256, (3, 8, 8, 3)).astype(np.uint8)
    values = made(images, size=(5, 5), scale="none")
    assert np.array_equal(values, values.round())
    # rounded after each of two directions
    assert np.abs(values[0, :, :, 2] - resampled(images[0, :, :, 2], 5, 5)).max() <= 1


def test_crop_keeps_proportions_and_stretch_the_whole():
    # a disc in the middle of a wide image, with a bright column at its left end
    wide = np.zeros((1, 8, 16, 1), np.uint8)
    wide[:, :, 4:12] = 100
    wide[:, :, :2] = 255
    cropped = made(wide, size=(8, 8), fit="crop", scale="none")
    assert np.array_equal(cropped[0], wide[0, :, 4:12])
    stretched = made(wide, size=(8, 8), fit="stretch", scale="none")
    assert stretched[0, 0, 0, 0] > 200 and stretched[0, 0, -1, 0] == 0
    tall = wide.transpose(0, 2, 1, 3)
    assert np.array_equal(made(tall, size=(8, 8), fit="crop", scale="none")[0], tall[0, 4:12])
    # the middle of odd sizes lies between pixels: 1 of 3 columns, at a place of its own
    assert made(RAMP, size=(2, 2), fit="crop", scale="none")[0, 0, :, 0].tolist() == [20, 60]


def test_size_comes_before_pad():
    assert made(np.full((1, 16, 16, 1), 255, np.uint8), size=(24, 24), pad=(2, 2)).shape == (1, 28, 28, 1)
    values = made(np.full((1, 16, 16, 1), 255, np.uint8), size=(24, 24), pad=(2, 2))
    assert values[0, 2:-2, 2:-2].min() == 1 and values.sum() == 24 * 24


def test_channels():
    colours = np.zeros((1, 1, 3, 3), np.uint8)
    colours[0, 0, range(3), range(3)] = 255
    # ITU-R BT.601: how bright red, green and blue are
    assert np.abs(made(colours, channels=1, scale="none").ravel() - [0.299 * 255, 0.587 * 255, 0.114 * 255]).max() < 1
    repeated = made(RAMP, channels=3)
    assert repeated.shape == (1, 2, 3, 3)
    assert all(np.array_equal(repeated[..., each], made(RAMP)[..., 0]) for each in range(3))
    assert made(RAMP, channels=1).shape == RAMP.shape and made(colours, channels=3).shape == colours.shape


# take

LABELS = np.repeat([0, 1, 2], [600, 300, 3])


def test_take_takes_each_class_in_its_share_and_all_of_them():
    rows = taken(LABELS, {"take": 300, "seed": 0})
    assert isinstance(rows, np.ndarray)
    assert len(rows) == len(set(rows)) == 300 and (np.diff(rows) > 0).all()
    assert np.abs(np.bincount(LABELS[rows]) - [600 / 903 * 300, 300 / 903 * 300, 1]).max() <= 1
    few = taken(LABELS, {"take": 3, "seed": 0})
    assert LABELS[few].tolist() == [0, 1, 2]
    assert np.array_equal(taken(LABELS, {"take": 903, "seed": 0}), np.arange(903))


def test_take_takes_the_same_for_a_seed_and_others_for_another():
    first, again, other = (taken(LABELS, {"take": 90, "seed": seed}) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert len(set(first) & set(other)) < 30


def test_take_leaves_the_test_part_alone():
    image = Column(name="image", kind="image", shape=(1, 1, 1))
    label = Column(name="digit", kind="class", shape=(), classes=("a", "b", "c"))
    arguments = {"take": 30, "seed": 0, "scale": "none"}
    spec = DataSpec(name="any", arguments=arguments, features=(image,), targets=(label,), examples=30, test_examples=9)
    part = Part(np.arange(903, dtype=np.float32).reshape(903, 1, 1, 1), LABELS)
    test = Part(np.arange(9, dtype=np.float32).reshape(9, 1, 1, 1), np.arange(9) % 3)
    loaded = table(spec, part, test)
    assert {name: len(array) for name, array in loaded.items()} == {
        "image": 30,
        "digit": 30,
        "test.image": 9,
        "test.digit": 9,
    }
    assert np.array_equal(loaded["digit"], LABELS[loaded["image"].ravel().astype(int)])


@pytest.mark.parametrize(
    ("arguments", "shape", "rows"),
    [
        ({}, (28, 28, 1), 60_000),
        ({"size": [32, 30]}, (32, 30, 1), 60_000),
        ({"size": 32, "pad": 2}, (36, 36, 1), 60_000),
        ({"pad": [1, 0]}, (30, 28, 1), 60_000),
        ({"channels": 3, "take": 300}, (28, 28, 3), 300),
    ],
)
def test_the_spec_says_what_the_options_make(
    room: Room, arguments: dict[str, object], shape: tuple[int, ...], rows: int
):
    spec = room.spec("mnist", **arguments)
    assert (spec.features[0].shape, spec.examples, spec.test_examples) == (shape, rows, 10_000)
    assert DataSpec.model_validate_json(spec.model_dump_json()) == spec
    assert (
        Manner.of(spec.arguments).pad == Manner.of(DataSpec.model_validate_json(spec.model_dump_json()).arguments).pad
    )


def test_an_image_of_the_size_is_not_touched():
    image = SimpleNamespace(size=(30, 20))
    assert Manner().framed(image, 20, 30) is image  # type: ignore[arg-type, comparison-overlap]
    assert Manner().framed(Image.new("L", (30, 20)), 10, 15).size == (15, 10)
