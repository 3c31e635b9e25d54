"""From stored pixels to examples: which rows, which channels, which size, which numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from archc.data.table import Table
from archc.ir import DataSpec

if TYPE_CHECKING:
    from PIL.Image import Image

BYTES = (0.0, 255.0)
"""Black and white as pixels of one byte."""
SCALES = {"unit": (0.0, 1.0), "signed": (-1.0, 1.0), "none": BYTES}
"""What black and white become, by the words of `scale`."""


@dataclass(frozen=True)
class Manner:
    """How images become examples: the options of `catalog_images.ImageSet`, with black and white as `span`."""

    span: tuple[float, float] = SCALES["unit"]
    size: tuple[int, int] | None = None
    crop: bool = False
    pad: tuple[int, int] = (0, 0)
    channels: int | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> "Manner":
        """The manner of a data set with these arguments; also of one that isn't made of images."""
        return cls(
            span=arguments.get("range") or SCALES[arguments.get("scale") or "unit"],
            size=arguments.get("size"),
            crop=arguments.get("size") is not None and arguments.get("fit") == "crop",
            pad=arguments.get("pad") or (0, 0),
            channels=arguments.get("channels"),
        )

    def framed(self, image: "Image", height: int, width: int) -> "Image":
        """The image, resized to `height` and `width` with proportions kept (`crop`) or not."""
        from PIL.Image import Resampling

        if image.size == (width, height):
            return image
        box = _middle(image.width, image.height, width / height) if self.crop else None
        # Pillow widens the triangle of a bilinear filter where it makes an image smaller: nothing aliases
        return image.resize((width, height), Resampling.BILINEAR, box=box)

    def padded(self, pixels: np.ndarray, black: float) -> np.ndarray:
        """Pixels [n, height, width, channels] with black around them."""
        if self.pad == (0, 0):
            return pixels
        rows, columns = self.pad
        return np.pad(pixels, ((0, 0), (rows, rows), (columns, columns), (0, 0)), constant_values=black)

    def scaled(self, pixels: np.ndarray, stored: tuple[float, float] = BYTES) -> np.ndarray:
        """Pixels from black and white as `stored` to those of `span`, as float32."""
        values = np.array(pixels, dtype=np.float32, order="C")
        if self.span == stored:
            return values
        if stored != SCALES["unit"]:
            values -= np.float32(stored[0])
            values /= np.float32(stored[1] - stored[0])
        if self.span != SCALES["unit"]:
            values *= np.float32(self.span[1] - self.span[0])
            values += np.float32(self.span[0])
        return values


PLAIN = Manner()
"""That of data which are not made of images: pixels of one byte become [0, 1]."""


def _middle(width: int, height: int, proportion: float) -> tuple[float, float, float, float]:
    """The largest part of these proportions (width / height) in the middle of an image: left, top, right, bottom."""
    inner_width, inner_height = min(width, height * proportion), min(height, width / proportion)
    left, top = (width - inner_width) / 2, (height - inner_height) / 2
    return left, top, left + inner_width, top + inner_height


@dataclass(frozen=True)
class Part:
    """Stored images [n, height, width, channels], uint8 or float32, and their classes [n]."""

    images: np.ndarray
    labels: np.ndarray


def table(spec: DataSpec, train: Part, test: Part | None, stored: tuple[float, float] = BYTES) -> Table:
    """The columns of a spec that an `ImageSet` gave: `image`, the target, and their test part."""
    manner, (target,) = Manner.of(spec.arguments), spec.targets
    rows = taken(train.labels, spec.arguments)
    loaded = {"image": examples(train.images[rows], manner, stored), target.name: train.labels[rows].astype(np.int32)}
    if test is not None:
        loaded["test.image"] = examples(test.images, manner, stored)
        loaded[f"test.{target.name}"] = test.labels.astype(np.int32)
    return loaded


def examples(images: np.ndarray, manner: Manner, stored: tuple[float, float]) -> np.ndarray:
    """Stored images [n, height, width, channels] as float32 examples, in the given manner."""
    if manner.channels == 1 and images.shape[3] == 3:
        images = stacked((picture(image).convert("L") for image in images), len(images))
    if manner.size is not None and images.shape[1:3] != manner.size:
        height, width = manner.size
        images = stacked((manner.framed(picture(image), height, width) for image in images), len(images))
    if manner.channels == 3 and images.shape[3] == 1:
        images = images.repeat(3, axis=3)
    return manner.scaled(manner.padded(images, stored[0]), stored)


def picture(pixels: np.ndarray) -> "Image":
    """Pixels [height, width, 1 or 3], uint8 or (with one channel) float32, as Pillow has them."""
    from PIL import Image

    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def stacked(pictures: "Iterable[Image]", count: int) -> np.ndarray:
    """`count` pictures of one size as an array [count, height, width, channels]."""
    found: np.ndarray | None = None
    for row, each in enumerate(pictures):
        pixels = np.atleast_3d(np.asarray(each))
        if found is None:
            found = np.empty((count, *pixels.shape), pixels.dtype)
        found[row] = pixels
    assert found is not None
    return found


def taken(labels: np.ndarray, arguments: Mapping[str, Any]) -> np.ndarray | slice:
    """The rows that `take` takes of a training part with these labels [n], in their order.

    Each class in its share, rounded up where all cannot be; which ones, `seed` says.
    """
    take = arguments.get("take")
    if take is None:
        return slice(None)
    # RandomState and not a Generator: numpy promises that its numbers never change
    random = np.random.RandomState(arguments["seed"])
    place = np.empty(len(labels))
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        place[rows] = random.permutation(len(rows)) / len(rows)
    first = np.lexsort((random.permutation(len(labels)), place))[:take]
    return np.sort(first)
