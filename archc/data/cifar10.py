"""CIFAR-10 in its binary version, and a sample of it as strips."""

import tarfile
from pathlib import Path

import numpy as np

from archc.data import pixels
from archc.data.archive import damage_told, read_exactly, regular
from archc.data.catalog_images import (
    CIFAR10,
    CIFAR10_ARCHIVE,
    CIFAR10_BATCHES,
    CIFAR10_FOLDERS,
    SAMPLE_FOLDERS,
    SAMPLE_STRIPS,
)
from archc.data.dataset import Where
from archc.data.download import Progress, Published
from archc.data.folder import looked_through
from archc.data.opening import opened
from archc.data.published import PublishedSet
from archc.data.table import Table, check_labels
from archc.ir import DataSpec
from archc.parameters import Unfit

SIDE = 32
IMAGE = 3 * SIDE * SIDE
"""Bytes of an image: all its red ones, then green, then blue."""
BATCH = 10_000
"""Images in a file."""
BATCH_BYTES = BATCH * (1 + IMAGE)
"""Before each image stands a byte that is its class."""

WHOLE = PublishedSet(
    "CIFAR-10",
    CIFAR10_FOLDERS,
    (Published(CIFAR10_ARCHIVE, 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", ""),),
    ("https://www.cs.toronto.edu/~kriz/",),
)

SHA256 = (
    "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
)
"""Of the six files in the archive."""
BATCHES = PublishedSet(
    "CIFAR-10",
    CIFAR10_FOLDERS,
    tuple(Published(name, BATCH_BYTES, sha, "") for name, sha in zip(CIFAR10_BATCHES, SHA256, strict=True)),
    (),
)


def load(spec: DataSpec, where: Where, progress: Progress | None = None) -> Table:
    """`image` and `label`, and a test part. Raises Unfit (E0601 to E0610)."""
    parts = sample(where) if spec.arguments["sample"] else whole(where, progress)
    return pixels.table(spec, joined(parts[:-1]), parts[-1])


def joined(parts: list[pixels.Part]) -> pixels.Part:
    """One part of several."""
    images, labels = ([getattr(part, name) for part in parts] for name in ("images", "labels"))
    return pixels.Part(np.concatenate(images), np.concatenate(labels))


def whole(where: Where, progress: Progress | None) -> list[pixels.Part]:
    """All batches, of single files or of the archive, which is downloaded if there is neither."""
    if BATCHES.find(where):
        return [read_batch(path) for path in BATCHES.paths(where, None).values()]
    (archive,) = WHOLE.paths(where, progress, _advice(where)).values()
    with damage_told(archive), tarfile.open(archive, "r:gz") as tar:
        members = {Path(member.name).name: member for member in tar if member.isreg()}
        parts = []
        for name in CIFAR10_BATCHES:
            stream = tar.extractfile(members[name]) if name in members else None
            if stream is None:
                raise Unfit(f"{archive} has no {name}", "download it again", code="E0602")
            what = f"{name} in {archive}"
            parts.append(batch(bytes(read_exactly(stream, BATCH_BYTES, what)), what))
        return parts


def _advice(where: Where) -> str:
    """What to say besides to one who has the version for Python."""
    for folder in looked_through(where.data_dir, ("cifar-10-batches-py", "cifar10/cifar-10-batches-py")):
        if (folder / "data_batch_1").is_file():
            return f"; {folder} holds pickles, which archc never reads, since they can run code"
    return ""


def read_batch(path: Path) -> pixels.Part:
    """The images of `data_batch_1.bin` and its like. Raises Unfit (E0601, E0602, E0607)."""
    size = regular(path)
    if size != BATCH_BYTES:
        raise Unfit(
            f"{path} is {size:,} bytes long, and a batch of CIFAR-10 {BATCH_BYTES:,}",
            f"it is cut off in image {size // (1 + IMAGE)} (counted from 0)" if size < BATCH_BYTES else "",
            code="E0602",
        )
    with damage_told(path):
        return batch(path.read_bytes(), str(path))


def batch(data: bytes, what: str) -> pixels.Part:
    """Images [n, 32, 32, 3] and their classes, from the bytes of a batch. Raises Unfit (E0607)."""
    rows = np.frombuffer(data, np.uint8).reshape(-1, 1 + IMAGE)
    check_labels(rows[:, 0], len(CIFAR10), what)
    images = rows[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    return pixels.Part(np.ascontiguousarray(images), rows[:, 0])


def sample(where: Where) -> list[pixels.Part]:
    """The strips of the sample. Raises Unfit (E0601 to E0609)."""
    folders = looked_through(where.data_dir, SAMPLE_FOLDERS)
    folder = next((folder for folder in folders if (folder / SAMPLE_STRIPS[0]).is_file()), folders[0])
    names = [name for strip in SAMPLE_STRIPS for name in (strip, _labels_of(strip))]
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        raise Unfit(
            f"{len(missing)} of the {len(names)} files of the CIFAR-10 sample are not there",
            f"put {', '.join(missing)} into {folder}, or say `sample = false`",
            code="E0609",
        )
    return [read_strip(folder / strip, folder / _labels_of(strip)) for strip in SAMPLE_STRIPS]


def _labels_of(strip: str) -> str:
    return f"{strip.removesuffix('.png')}.labels.txt"


def read_strip(images_path: Path, labels_path: Path) -> pixels.Part:
    """Images of a PNG each of whose rows is one, 1,024 pixels, and their classes, a number a line.

    Raises Unfit: what `opened` does, E0605 for another width or number of lines, E0607 and E0613 for lines.
    """
    with opened(images_path) as image:
        if image.width != SIDE * SIDE or image.mode != "RGB":
            raise Unfit(
                f"{images_path} is {image.width} pixels wide and of the kind {image.mode}, "
                f"and a strip of images is {SIDE * SIDE} wide, in colours (RGB)",
                "a row of the strip is an image of 32x32",
                code="E0605",
            )
        images = np.asarray(image, np.uint8).reshape(-1, SIDE, SIDE, 3)
    labels = _labels(labels_path, 16 * (len(images) + 1))
    if len(labels) != len(images):
        raise Unfit(
            f"{images_path} holds {len(images):,} images, and {labels_path} {len(labels):,} labels",
            "a line is the class of an image",
            code="E0605",
        )
    return pixels.Part(images, labels)


def _labels(path: Path, longest: int) -> np.ndarray:
    size = regular(path)
    if size > longest:
        raise Unfit(f"{path} is {size:,} bytes long, which is too much for its labels", code="E0605")
    with damage_told(path):
        lines = path.read_bytes().split(b"\n")
    labels = []
    for number, line in enumerate(lines[:-1] if not lines[-1].strip() else lines, 1):
        text = line.strip().decode("ascii", "backslashreplace")
        if not (text.isdecimal() and text.isascii()):
            raise Unfit(
                f"line {number} of {path} is not a number: {text[:40]!r}", "a line is a class, 0 to 9", code="E0613"
            )
        if len(text) > 1:
            raise Unfit(
                f"line {number} of {path} holds the label {text[:40]}, and labels go from 0 to 9",
                f"0 is {CIFAR10[0]}, 9 is {CIFAR10[9]}",
                code="E0607",
            )
        labels.append(int(text))
    return np.array(labels, np.int32)
