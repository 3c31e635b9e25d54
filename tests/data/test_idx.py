"""MNIST: the format, where its files are looked for, and every file that is refused."""

import gzip
import hashlib
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from archc.data import mnist
from archc.data.dataset import Where
from archc.data.download import NotFetched, Published, fetch
from archc.data.idx import read_idx
from archc.data.published import check_published
from archc.data.readers import load
from archc.parameters import Unfit

from .conftest import Room, data_set, peak_of, refused

IMAGES = np.arange(5 * 3 * 4, dtype=np.uint8).reshape(5, 3, 4)
FILES = mnist.MNIST.files
TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = FILES

LABELS = np.array([0, 9, 3, 4, 5], dtype=np.uint8)


def idx(array: np.ndarray, shape: tuple[int, ...] = (), kind: int = 8) -> bytes:
    """The bytes of an IDX file, with another shape in the header if one is given."""
    shape = shape or array.shape
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}L", *shape) + array.tobytes()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_files_are_read_packed_or_not(tmp_path: Path, pack):
    (tmp_path / "images").write_bytes(pack(idx(IMAGES)))
    (tmp_path / "labels").write_bytes(pack(idx(LABELS)))
    assert np.array_equal(read_idx(tmp_path / "images", 3), IMAGES)
    part = mnist.read_part(tmp_path / "images", tmp_path / "labels")
    assert np.array_equal(part.labels, LABELS) and np.array_equal(part.images[..., 0], IMAGES)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("data", "code", "part"),
    [
        (b"", "E0602", "is not an IDX file"),
        (b"\0\0\x08", "E0602", "is not an IDX file"),
        (b"PNG!" + bytes(100), "E0602", "is not an IDX file"),
        (idx(IMAGES, kind=0x0D), "E0604", "holds numbers of the kind 0x0d, and bytes (0x08) are expected"),
        (idx(LABELS), "E0602", "holds labels, and images are expected"),
        (idx(IMAGES, (60,) * 7), "E0602", "holds an array of 7 dimensions, and images are expected"),
        (idx(IMAGES)[:11], "E0602", "ends in its header"),
        (idx(IMAGES)[:-1], "E0602", "says that 60 bytes follow its header, and there are only 59"),
        (idx(IMAGES) + b"\0", "E0602", "says that 60 bytes follow its header, and there are more"),
        (idx(IMAGES, (5, 3, 0)), "E0602", "is empty: its header says 5 x 3 x 0"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, pack, data: bytes, code: str, part: str):
    path = tmp_path / "file"
    path.write_bytes(pack(data))
    with refused(code, str(path), part):
        read_idx(path, 3)


def test_a_cut_or_damaged_gzip_file(tmp_path: Path):
    path = tmp_path / "file.gz"
    sound = gzip.compress(idx(IMAGES))
    for cut in range(2, len(sound)):
        path.write_bytes(sound[:cut])
        with refused("E0602", str(path)):
            read_idx(path, 3)
    for at in range(10, len(sound)):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :])
        with pytest.raises(Unfit, match=path.name):
            read_idx(path, 3)


def test_files_that_are_not_there(tmp_path: Path):
    with refused("E0601", "there is no file"):
        read_idx(tmp_path / "file", 3)
    with refused("E0601", "is a folder"):
        read_idx(tmp_path, 3)


def test_a_header_that_lies_takes_no_memory(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(idx(IMAGES, (2**32 - 1, 2**32 - 1, 2**32 - 1)))

    def attempt() -> None:
        with refused("E0602", "and there are only 60"):
            read_idx(path, 3)

    assert peak_of(attempt) < 2**21
    path.write_bytes(gzip.compress(path.read_bytes()))
    with refused("E0603", "bytes long and says that it unpacks to 79,"):
        read_idx(path, 3)


def test_gzip_bombs_are_not_unpacked(tmp_path: Path):
    zeros = np.zeros(80_000_000, dtype=np.uint8)
    honest, lying = tmp_path / "honest.gz", tmp_path / "lying.gz"
    honest.write_bytes(gzip.compress(idx(zeros, (80_000, 25, 40)), 1))
    lying.write_bytes(gzip.compress(idx(zeros, (2, 25, 40)), 1))

    def attempt() -> None:
        with refused("E0603", "and says that it unpacks to 80,000,000"):
            read_idx(honest, 3)
        with refused("E0602", "says that 2,000 bytes follow its header, and there are more"):
            read_idx(lying, 3)

    assert peak_of(attempt) < 2**21


def test_labels_and_images_that_do_not_go_together(tmp_path: Path):
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.write_bytes(idx(IMAGES))
    labels.write_bytes(idx(LABELS[:4]))
    with refused("E0605", "images holds 5 images, and", "labels 4 labels", "may be mixed up"):
        mnist.read_part(images, labels)
    labels.write_bytes(idx(np.array([0, 9, 10, 4, 11], dtype=np.uint8)))
    with refused("E0607", f"{labels} holds the label 10 in row 2 (counted from 0), and labels go from 0 to 9"):
        mnist.read_part(images, labels)


# the published files


def test_the_published_files(real_mnist: Path, room: Room, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARCHC_DATA", str(real_mnist.parent))
    table = room.load("mnist")
    assert {name: (array.shape, str(array.dtype)) for name, array in table.items()} == {
        "image": ((60_000, 28, 28, 1), "float32"),
        "digit": ((60_000,), "int32"),
        "test.image": ((10_000, 28, 28, 1), "float32"),
        "test.digit": ((10_000,), "int32"),
    }
    assert (table["image"].min(), table["image"].max()) == (0, 1)
    assert np.bincount(table["digit"]).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(table["test.digit"]).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_unpacked_files_and_the_data_folder_do_too(real_mnist: Path, tmp_path: Path):
    for file in FILES:
        packed = (real_mnist / file.name).read_bytes()
        (tmp_path / file.name.removesuffix(".gz")).write_bytes(gzip.decompress(packed))
    where = Where(tmp_path / "models", data_dir=tmp_path)
    check_published(TRAIN_IMAGES, mnist.MNIST.find(where)[TRAIN_IMAGES])
    assert set(mnist.MNIST.find(where)) == set(FILES)


def test_train_labels_with_test_images(real_mnist: Path, tmp_path: Path):
    with refused("E0605", "holds 10,000 images, and", "60,000 labels"):
        mnist.read_part(real_mnist / TEST_IMAGES.name, real_mnist / TRAIN_LABELS.name)
    for file in FILES:
        (tmp_path / file.name).symlink_to(real_mnist / file.name)
    (tmp_path / TEST_LABELS.name).unlink()
    (tmp_path / TEST_LABELS.name).symlink_to(real_mnist / TRAIN_LABELS.name)
    where = Where(tmp_path, data_dir=tmp_path)
    with refused("E0610", f"{tmp_path / TEST_LABELS.name} is train-labels-idx1-ubyte.gz under another name"):
        load(data_set("mnist").spec(where), where)


def test_files_of_another_set_are_told(tmp_path: Path):
    for file in FILES:
        (tmp_path / file.name).write_bytes(gzip.compress(idx(IMAGES)))
    where = Where(tmp_path, data_dir=tmp_path)
    with refused("E0610", str(tmp_path / TRAIN_IMAGES.name), "is not the published file", "not 440fcabf73cc"):
        load(data_set("mnist").spec(where), where)


def test_missing_files_are_asked_for(room: Room, monkeypatch: pytest.MonkeyPatch):
    with refused(
        "E0609",
        "4 of the 4 MNIST files are not there, and `ARCHC_OFFLINE` forbids downloading them",
        "put train-images-idx3-ubyte.gz (9,912,422 bytes), train-labels-idx1-ubyte.gz (28,881 bytes), "
        "t10k-images-idx3-ubyte.gz (1,648,877 bytes), t10k-labels-idx1-ubyte.gz (4,542 bytes) into",
        str(room.folder / "cache" / "mnist"),
    ):
        room.load("mnist")
    monkeypatch.setenv("ARCHC_DATA", "somewhere")
    with refused("E0609", "into somewhere/mnist"):
        room.load("mnist")


# downloads, from a folder that stands for a server


def published(folder: Path, name: str, data: bytes) -> Published:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return Published(name, len(data), hashlib.sha256(data).hexdigest(), "")


def test_files_are_fetched_with_progress(tmp_path: Path):
    server = tmp_path / "server"
    files = [published(server, "a", bytes(100_000)), published(server, "b", b"12345")]
    told: list[tuple[int, int]] = []
    mirrors = [(tmp_path / "gone").as_uri() + "/", server.as_uri() + "/"]
    fetch(files, tmp_path / "cache" / "deep", mirrors, lambda done, total: told.append((done, total)))
    assert told == [(65_536, 100_005), (100_000, 100_005), (100_005, 100_005)]
    assert sorted(p.name for p in (tmp_path / "cache" / "deep").iterdir()) == ["a", "b"]


@pytest.mark.parametrize("data", [b"1234", b"123456", b"54321"])
def test_what_is_not_the_published_file_is_not_kept(tmp_path: Path, data: bytes):
    server = tmp_path / "server"
    file = published(server, "a", b"12345")
    (server / "a").write_bytes(data)
    with pytest.raises(NotFetched, match="what came is not the published file"):
        fetch([file], tmp_path / "cache", [server.as_uri() + "/"])
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_download_feeds_the_data_set(real_mnist: Path, room: Room, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ARCHC_OFFLINE")
    monkeypatch.setattr(mnist, "MNIST", replace(mnist.MNIST, mirrors=(real_mnist.as_uri() + "/",)))
    spec, told = room.spec("mnist"), []
    load(spec, room.where, lambda done, total: told.append((done, total)))
    assert told[-1] == (11_594_722, 11_594_722)
    monkeypatch.setenv("ARCHC_OFFLINE", "1")
    assert set(mnist.MNIST.find(room.where)) == set(FILES)


def test_no_network_is_told(room: Room, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ARCHC_OFFLINE")
    monkeypatch.setattr(mnist, "MNIST", replace(mnist.MNIST, mirrors=((room.folder / "gone").as_uri() + "/",)))
    with refused("E0609", "they could not be downloaded (file://", "put train-images-idx3-ubyte.gz"):
        room.load("mnist")


def test_a_folder_that_cannot_be_written_is_told(room: Room, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ARCHC_OFFLINE")
    (room.folder / "cache").write_text("a file where the folder should be")
    with pytest.raises(Unfit, match="could not be downloaded"):
        mnist.load(mnist.MNIST, room.spec("mnist"), room.where)
