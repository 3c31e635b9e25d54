"""Image files as pixels of one byte: upright, in the channels that are wanted; and whole folders of them."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from archc.data import pixels
from archc.data.dataset import Where
from archc.data.folder import listing
from archc.data.opening import ORIENTATION, opened
from archc.data.table import REMAKE, Table
from archc.ir import DataSpec
from archc.parameters import Unfit

if TYPE_CHECKING:
    from PIL.Image import Image

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's names for an image of so many channels."""


def load(spec: DataSpec, where: Where) -> Table:
    """The columns of a spec that `catalog_images.Images` gave: of the images that `take` leaves, the others unread.

    Raises Unfit, with the file.
    """
    path = where.find(str(spec.arguments["folder"]))
    validation = spec.arguments.get("val")
    found = listing(path, None if validation is None else str(validation))
    (target,) = spec.targets
    if found.classes != target.classes:
        raise Unfit(f"{path} has other classes than it had", REMAKE, code="E0605")
    labels = np.array([label for _, label in found.train], np.int32)
    rows = np.arange(len(labels))[pixels.taken(labels, spec.arguments)]
    table = {
        "image": _read([found.train[row][0] for row in rows], spec),
        target.name: np.ascontiguousarray(labels[rows]),
    }
    if found.test:
        table["test.image"] = _read([image for image, _ in found.test], spec)
        table[f"test.{target.name}"] = np.array([label for _, label in found.test], np.int32)
    return table


def _read(paths: list[Path], spec: DataSpec) -> np.ndarray:
    """Examples [n, height, width, channels], float32, in the manner of the set."""
    manner = pixels.Manner.of(spec.arguments)
    height, width, channels = spec.features[0].shape
    inner = (height - 2 * manner.pad[0], width - 2 * manner.pad[1])
    values = np.empty((len(paths), height, width, channels), np.float32)
    for row, path in enumerate(paths):
        image = coloured(read_upright(path, []), channels, path, [])
        if manner.size is not None:
            image = manner.framed(image, *inner)
        elif image.size != inner[::-1]:
            there = f"{image.height}x{image.width}"
            raise Unfit(f"{path} is {there} (height x width), and it was {inner[0]}x{inner[1]}", REMAKE, code="E0605")
        stored = np.asarray(image, np.uint8).reshape(1, *inner, channels)
        values[row] = manner.scaled(manner.padded(stored, 0))[0]
    return values


def read_upright(path: Path, notes: list[str]) -> "Image":
    """The image of a file, unpacked and upright. Raises Unfit (E0601, E0602, E0603, E0611)."""
    with opened(path) as image:
        from PIL import ImageOps

        if getattr(image, "is_animated", False):
            notes.append("took the first of several pictures")
        if image.getexif().get(ORIENTATION, 1) != 1:
            notes.append("turned upright, as the camera noted")
        return ImageOps.exif_transpose(image)


def coloured(image: "Image", channels: int, path: Path, notes: list[str]) -> "Image":
    """The image with 8 bits in each of so many channels."""
    from PIL import Image

    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        notes.append("rounded from 16 bits a pixel to 8")
    if image.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"):
        raise Unfit(f"{path} has pixels of the kind {image.mode}", "save it with 8 bits a channel", code="E0604")
    if channels != 4 and (image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info):
        image = image.convert("RGBA")
        lowest = np.asarray(image.getchannel("A")).min()
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image)
        image = paper.convert("RGB")
        if lowest < 255:
            notes.append("put on white where it is transparent")
    if image.mode == MODES[channels]:
        return image
    if channels > 1:
        notes.append(f"turned to {channels} channels")
    elif image.mode != "1":
        notes.append("turned to grey")
    return image.convert(MODES[channels])
