"""The real files of published sets: what is in them, and that networks learn them."""

import gzip
import hashlib
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import archc
from archc.data import cifar10, usps
from archc.data.catalog_images import CIFAR10_ARCHIVE, CIFAR10_BATCHES
from archc.data.dataset import Where
from archc.data.download import Published
from archc.data.mnist import FASHION_MNIST
from archc.data.readers import load
from archc.parameters import Word

from .conftest import REAL, Room, refused


def real(name: str) -> Path:
    """The folder of a set; the test is skipped where it is not there."""
    folder = Path(REAL) / name
    if not REAL or not folder.is_dir():
        pytest.skip(f"the files of {name} are looked for in $ARCHC_DATA/{name}, and are not there")
    return folder


@pytest.fixture
def real_room(room: Room) -> Room:
    room.where = type(room.where)(room.folder, data_dir=Path(REAL))
    return room


def test_fashion_mnist(real_room: Room):
    real("fashion-mnist")
    table = real_room.load("fashion_mnist")
    assert {name: array.shape for name, array in table.items()} == {
        "image": (60_000, 28, 28, 1),
        "label": (60_000,),
        "test.image": (10_000, 28, 28, 1),
        "test.label": (10_000,),
    }
    assert np.bincount(table["label"]).tolist() == [6000] * 10
    assert np.bincount(table["test.label"]).tolist() == [1000] * 10
    # the first is an ankle boot; the mean and deviation are those that are quoted everywhere
    assert table["label"][0] == 9
    assert (table["image"].mean(), table["image"].std()) == (
        pytest.approx(0.2860, abs=1e-4),
        pytest.approx(0.3530, abs=1e-4),
    )


def test_files_of_mnist_are_not_those_of_fashion_mnist(room: Room):
    shutil.copytree(real("mnist"), room.folder / "fashion-mnist")
    room.where = type(room.where)(room.folder, data_dir=room.folder)
    with refused("E0610", "fashion-mnist/train-images-idx3-ubyte.gz", "is not the published file", "not 3aede38d6186"):
        room.load("fashion_mnist")


def test_fashion_mnist_has_a_folder_of_its_own(real_room: Room):
    folder = real("fashion-mnist")
    found = FASHION_MNIST.find(real_room.where)
    assert {path.parent for path in found.values()} == {folder} and len(found) == 4


def test_usps(real_room: Room):
    real("usps")
    table = real_room.load("usps")
    assert table["image"].shape == (7_291, 16, 16, 1) and table["test.image"].shape == (2_007, 16, 16, 1)
    # the table of zip.info.txt
    assert np.bincount(table["digit"]).tolist() == [1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644]
    assert np.bincount(table["test.digit"]).tolist() == [359, 264, 198, 166, 200, 160, 170, 147, 166, 177]
    assert (table["image"].min(), table["image"].max()) == (-1, 1)
    assert table["image"][0, 0, :9, 0] == pytest.approx([-1, -1, -1, -1, -1, -1, -1, -0.631, 0.862], abs=1e-7)
    unit = real_room.load("usps", scale=Word("unit"))
    assert np.allclose(unit["image"] * 2 - 1, table["image"], atol=1e-6)


def test_usps_unpacked(room: Room):
    for file in usps.PUBLISHED.files:
        unpacked = gzip.decompress((real("usps") / file.name).read_bytes())
        (room.folder / file.name.removesuffix(".gz")).write_bytes(unpacked)
    room.where = type(room.where)(room.folder, data_dir=room.folder)
    assert room.load("usps")["test.image"].shape == (2_007, 16, 16, 1)


def test_train_and_test_files_exchanged(room: Room):
    shutil.copy(real("usps") / "zip.test.gz", room.folder / "zip.train.gz")
    shutil.copy(real("usps") / "zip.train.gz", room.folder / "zip.test.gz")
    room.where = type(room.where)(room.folder, data_dir=room.folder)
    with refused("E0605", "zip.train.gz has 2,007 lines, and USPS has 7,291 there"):
        room.load("usps")


def test_usps_as_a_network_that_knows_mnist_takes_it(real_room: Room):
    real("usps")
    table = real_room.load("usps", size=28, scale=Word("unit"), take=300)
    assert table["image"].shape == (300, 28, 28, 1) and table["test.image"].shape == (2_007, 28, 28, 1)
    assert table["image"].min() >= 0 and table["image"].max() <= 1
    assert np.bincount(table["digit"]).tolist() == [49, 41, 30, 27, 27, 23, 27, 27, 22, 27]


def test_the_sample_of_cifar10(real_room: Room):
    real("cifar10-sample")
    spec = real_room.spec("cifar10")
    if not spec.arguments["sample"]:
        pytest.skip("all of CIFAR-10 is there, and stands before the sample")
    assert (spec.examples, spec.test_examples, spec.features[0].shape) == (3_000, 1_000, (32, 32, 3))
    table = load(spec, real_room.where)
    assert table["label"][:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    assert np.bincount(table["label"]).tolist() == [299, 287, 322, 285, 311, 279, 312, 297, 308, 300]
    # the first is a frog, and begins with these pixels
    assert (table["image"][0, 0, :2] * 255).round().tolist() == [[59, 62, 63], [43, 46, 45]]
    pixels = hashlib.sha256((table["test.image"] * 255).round().astype(np.uint8).tobytes()).hexdigest()
    assert pixels == "da362006b99671213d1a5d856cab2bedf64d40bad4501630ee60f4ceb2d3ec7f"


def test_batches_hold_the_same_images_as_strips(real_room: Room):
    real("cifar10-sample")
    strip = cifar10.sample(real_room.where)[0]
    # an image of a batch: its class, all that is red, all green, all blue
    planes = strip.images.transpose(0, 3, 1, 2).reshape(len(strip.images), -1)
    rows = np.concatenate([strip.labels[:, None].astype(np.uint8), planes], axis=1)
    read = cifar10.batch(rows.tobytes(), "a batch")
    assert np.array_equal(read.images, strip.images) and np.array_equal(read.labels, strip.labels)


def test_batches_are_read_one_by_one_or_from_the_archive(room: Room, monkeypatch: pytest.MonkeyPatch):
    """Smaller ones, that stand for the published."""
    monkeypatch.setattr(cifar10, "BATCH_BYTES", 20 * 3073)
    batches = np.random.RandomState(0).randint(0, 10, (6, 20, 3073)).astype(np.uint8)
    folder = room.folder / "cifar-10-batches-bin"
    folder.mkdir()
    for name, batch in zip(CIFAR10_BATCHES, batches, strict=True):
        (folder / name).write_bytes(batch.tobytes())
    where = Where(room.folder, data_dir=room.folder)

    def published(path: Path) -> Published:
        return Published(path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest(), "")

    files = tuple(published(folder / name) for name in CIFAR10_BATCHES)
    monkeypatch.setattr(cifar10, "BATCHES", replace(cifar10.BATCHES, files=files))
    single = cifar10.whole(where, None)
    assert [part.labels.tolist() for part in single] == batches[:, :, 0].tolist()
    assert np.array_equal(single[5].images[3, :, :, 1].ravel(), batches[5, 3, 1 + 1024 : 1 + 2048])
    with tarfile.open(room.folder / CIFAR10_ARCHIVE, "w:gz") as tar:
        tar.add(folder, folder.name)
    shutil.rmtree(folder)
    monkeypatch.setattr(cifar10, "WHOLE", replace(cifar10.WHOLE, files=(published(room.folder / CIFAR10_ARCHIVE),)))
    packed = cifar10.whole(where, None)
    assert all(
        np.array_equal(a.images, b.images) and np.array_equal(a.labels, b.labels)
        for a, b in zip(single, packed, strict=True)
    )
    assert not room.spec("cifar10").arguments["sample"]


# learning

NET = """
model Net {{
    input image[data.shape]
    normalize(standard)
    flatten
    dense({units}) -> relu
    dense(data.classes) -> softmax
}}

train {{
    data      = {data}
    loss      = cross_entropy
    optimizer = adam(2e-3)
    batch     = 64
    epochs    = {epochs}
    metrics   = accuracy
}}
"""


def accuracy(folder: Path, data: str, units: int = 64, epochs: int = 5) -> float:
    """That on the test part, after training a network of two layers."""
    path = folder / "net.arch"
    path.write_text(NET.format(data=data, units=units, epochs=epochs))
    return float(archc.load(path, data_dir=Path(REAL)).fit(run=folder / "run").result["test"]["accuracy"])


@pytest.mark.parametrize(
    ("name", "data", "least"),
    [
        ("usps", "usps", 0.90),
        ("fashion-mnist", "fashion_mnist(take = 2000, size = 14)", 0.75),
        ("cifar10-sample", "cifar10(sample = true, channels = 1, size = 16)", 0.25),
    ],
)
def test_a_small_network_learns(tmp_path: Path, name: str, data: str, least: float):
    real(name)
    assert accuracy(tmp_path, data) > least
