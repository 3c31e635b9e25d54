"""The MNIST files: where they may be, whether they are the published ones, and what is in them."""

import hashlib
import os
from pathlib import Path

import numpy as np

from archc.data.archive import damage_told, regular
from archc.data.catalog import Where
from archc.data.download import NotFetched, Progress, Published, fetch, offline
from archc.data.idx import read_idx
from archc.data.npz import image_values
from archc.data.table import Table, check_labels
from archc.parameters import Unfit
from archc.resources import cache_folder

TRAIN_IMAGES = Published(
    "train-images-idx3-ubyte.gz",
    9_912_422,
    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
)
TRAIN_LABELS = Published(
    "train-labels-idx1-ubyte.gz",
    28_881,
    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
)
TEST_IMAGES = Published(
    "t10k-images-idx3-ubyte.gz",
    1_648_877,
    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
)
TEST_LABELS = Published(
    "t10k-labels-idx1-ubyte.gz",
    4_542,
    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)


def load(scaled: bool, where: Where, progress: Progress | None = None) -> Table:
    """`image` [60000, 28, 28, 1], `digit` [60000], and 10,000 more under `test.image`, `test.digit`.

    Files that are nowhere are downloaded into the user's cache. Raises Unfit (E0601 to E0610).
    """
    paths = find(where)
    missing = [file for file in FILES if file not in paths]
    if missing:
        _fetch(missing, where, progress)
        paths = find(where)
    for file, path in paths.items():
        check_published(file, path)
    images, labels = read_part(paths[TRAIN_IMAGES], paths[TRAIN_LABELS])
    test_images, test_labels = read_part(paths[TEST_IMAGES], paths[TEST_LABELS])
    return {
        "image": image_values(images, scaled),
        "digit": labels.astype(np.int32),
        "test.image": image_values(test_images, scaled),
        "test.digit": test_labels.astype(np.int32),
    }


def read_part(images_path: Path, labels_path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [n, height, width] and their labels uint8 [n], 0 to 9.

    Raises Unfit: what `read_idx` does, E0605 where the counts differ, E0607 for another label.
    """
    images, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
    if len(images) != len(labels):
        raise Unfit(
            f"{images_path} holds {len(images):,} images, and {labels_path} {len(labels):,} labels",
            "the files of the training and the test part may be mixed up",
            code="E0605",
        )
    check_labels(labels, 10, str(labels_path))
    return images, labels


def folders(where: Where) -> list[Path]:
    """The folders that are looked through, in order; the last is the user's cache."""
    starts = [where.data_dir] if where.data_dir is not None else []
    if os.environ.get("ARCHC_DATA"):
        starts.append(Path(os.environ["ARCHC_DATA"]))
    return [folder for start in starts for folder in (start, start / "mnist")] + [cache()]


def cache() -> Path:
    """Where downloads go."""
    return cache_folder() / "mnist"


def find(where: Where) -> dict[Published, Path]:
    """The files that are there, packed or unpacked."""
    found: dict[Published, Path] = {}
    for file in FILES:
        for folder in folders(where):
            for name in (file.name, file.name.removesuffix(".gz")):
                if file not in found and (folder / name).is_file():
                    found[file] = folder / name
    return found


def check_published(file: Published, path: Path) -> None:
    """Raises Unfit (E0610) unless the file at `path` is the published one, packed or unpacked."""
    size = regular(path)
    with damage_told(path), path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest in (file.sha256, file.unpacked_sha256):
        return
    for other in FILES:
        if digest in (other.sha256, other.unpacked_sha256):
            raise Unfit(f"{path} is {other.name} under another name", "give the files their own names", code="E0610")
    raise Unfit(
        f"{path} ({size:,} bytes) is not the published file: its SHA-256 begins {digest[:12]}, not {file.sha256[:12]}",
        "it is damaged or of another set: take it away, or put the right one in its place",
        code="E0610",
    )


def _fetch(missing: list[Published], where: Where, progress: Progress | None) -> None:
    reason = "`ARCHC_OFFLINE` forbids downloading them"
    if not offline():
        try:
            fetch(missing, cache(), MIRRORS, progress)
            return
        except NotFetched as error:
            reason = f"they could not be downloaded ({error})"
    names = [f"{file.name} ({file.size:,} bytes)" for file in missing]
    files = "files are" if len(missing) > 1 else "file is"
    raise Unfit(
        f"{len(missing)} of the 4 MNIST {files} not there, and {reason}",
        f"put {', '.join(names)} into {(folders(where)[1:2] or [cache()])[0]}",
        code="E0609",
    )
