"""The sets of images, and the options that they all have."""

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.data.dataset import DataSet, Where, class_column
from archc.ir import Column, DataSpec, made
from archc.parameters import Choice, Count, Flag, Numbers, Parameter, Quoted, Unfit, Window, Word, counted, whole

if TYPE_CHECKING:
    from archc.data.folder import Listing

MOST_NUMBERS = 2**31
"""The most numbers that the images of a set may be: 8 GiB of float32, all held in memory."""

FASHION = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag"),
    "Ankle boot",
)
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

CIFAR10_FOLDERS = ("cifar10", "cifar-10-batches-bin", "cifar10/cifar-10-batches-bin")
CIFAR10_ARCHIVE = "cifar-10-binary.tar.gz"
CIFAR10_BATCHES = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")
"""Five files to train on and one to test."""
SAMPLE_FOLDERS = ("cifar10-sample", "cifar10")
SAMPLE_STRIPS = tuple(f"cifar10_batch_{number}.png" for number in (0, 1, 2, 50))
"""Three files to train on and one to test: a row of pixels is an image."""


class Size(Window):
    """Height and width, `32x32`; a number is both. Held as a pair."""

    kind = "height and width like `32x32`, or a number for both"

    def accept(self, value: Any) -> tuple[int, int]:
        sizes = super().accept(value)
        if isinstance(sizes, int):
            return sizes, sizes
        if len(sizes) != 2:
            self.refuse(value, "a size is height x width; channels are told by `channels`")
        return int(sizes[0]), int(sizes[1])


class Range(Numbers):
    """What black and white become. Held as a pair of floats."""

    kind = "two numbers, for black and for white: `[-1, 1]`"

    def accept(self, value: Any) -> tuple[float, float]:
        numbers = super().accept(value)
        if len(numbers) != 2 or any(isinstance(number, tuple) for number in numbers):
            self.refuse(value)
        black, white = map(float, numbers)
        if not (abs(black) < 1e30 and abs(white) < 1e30) or black == white:
            self.refuse(value, "the two differ, and are finite")
        return black, white


class Channels(Parameter):
    """1 or 3."""

    kind = "1 for grey or 3 for colours"
    numeric = True

    def accept(self, value: Any) -> int:
        number = whole(value)
        if number not in (1, 3):
            self.refuse(value)
        return number


class ImageSet(DataSet):
    """Images of classes, with the options of `archc.data.pixels`."""

    scale = Choice(
        "`unit`: black is 0 and white 1; `signed`: -1 and 1; `none`: 0 and 255",
        ("unit", "signed", "none"),
        default=Word("unit"),
        named=True,
    )
    range = Range("what black and white become, instead of `scale`: `[-0.1, 1.175]`", default=None, named=True)
    size = Size("height and width to which images are resized, such as `32x32`", default=None, named=True)
    fit = Choice(
        "how `size` treats other proportions: `crop` keeps the largest middle part, `stretch` all of the image",
        ("crop", "stretch"),
        default=Word("crop"),
        named=True,
    )
    pad = Size("rows and columns of black on each side, put there after `size`", least=0, default=None, named=True)
    channels = Channels("1 turns colours to grey, 3 repeats grey", default=None, named=True)
    take = Count("learn from so many of the training images, each class in its share", default=None, named=True)
    seed = Count("which ones `take` takes", least=0, default=0, named=True)

    def check(self) -> None:
        if self.range is not None and self.scale != self.parameters["scale"].default:
            raise Unfit("`scale` and `range` say the same thing twice", "write one of them", parameter="range")

    def images(
        self, shape: tuple[int, int, int], target: Column, rows: int, tested: int, *, validate: float, test: float = 0.0
    ) -> DataSpec:
        """The spec of `rows` images of a shape as they are stored, and `tested` more in a test part. Raises Unfit."""
        height, width = self.size or shape[:2]
        if self.pad is not None:
            height, width = height + 2 * self.pad[0], width + 2 * self.pad[1]
        image = made(Column)(
            name="image", kind="image", shape=(int(height), int(width), int(self.channels or shape[2]))
        )
        numbers = (self._taken(rows, len(target.classes)) + tested) * prod(image.shape)
        if numbers > MOST_NUMBERS:
            raise Unfit(
                f"the images of `{self.name}` would be {numbers:_} numbers, and at most {MOST_NUMBERS:_} are held",
                "archc holds a data set in memory: make the images smaller by `size`, or `take` fewer",
                code="E0203",
            )
        return self._spec(
            [image],
            [target],
            self._taken(rows, len(target.classes)),
            test_examples=tested,
            validate_share=validate,
            test_share=test,
        )

    def _taken(self, rows: int, classes: int) -> int:
        if self.take is None:
            return rows
        if not classes <= self.take <= rows:
            there = f"there are {counted(rows, 'training image')} in {counted(classes, 'class')}"
            help = "leave it out to learn from all" if self.take > rows else "take at least one of each class"
            raise Unfit(f"`take` is {self.take}, and {there}", help, parameter="take", code="E0203")
        return int(self.take)


class Mnist(ImageSet):
    """The MNIST database of handwritten digits: 28x28 grey images, 60,000 and a test part of 10,000.

    Images are scaled to [0, 1]; `scale = none` leaves them at 0 … 255.
    """

    name = "mnist"

    def spec(self, where: Where) -> DataSpec:
        return self.images((28, 28, 1), class_column("digit", 10), 60_000, 10_000, validate=0.1)


class FashionMnist(ImageSet):
    """Zalando's Fashion-MNIST: 28x28 grey images of clothes, 60,000 and a test part of 10,000.

    The files have the names of MNIST's and stand in a folder of their own, `fashion-mnist/`.
    """

    name = "fashion_mnist"

    def spec(self, where: Where) -> DataSpec:
        return self.images((28, 28, 1), _named("label", FASHION), 60_000, 10_000, validate=0.1)


class Usps(ImageSet):
    """Handwritten digits of zip codes: 16x16 grey images, 7,291 and a test part of 2,007.

    Pixels are as in the files, from -1 (paper) to 1 (ink); `scale = unit` makes that 0 … 1, as
    `mnist` has it.
    """

    name = "usps"

    scale = Choice(
        "`signed`: paper is -1 and ink 1, as in the files; `unit`: 0 and 1",
        ("signed", "unit"),
        default=Word("signed"),
        named=True,
    )

    def spec(self, where: Where) -> DataSpec:
        return self.images((16, 16, 1), class_column("digit", 10), 7_291, 2_007, validate=0.1)


class Cifar10(ImageSet):
    """CIFAR-10: 32x32 photographs of ten kinds of things, 50,000 and a test part of 10,000.

    Read from the binary version, `data_batch_1.bin` … or `cifar-10-binary.tar.gz`; that for Python
    holds pickles, which archc doesn't read. Where neither is there, a folder `cifar10-sample` with
    3,000 of the images and 1,000 to test is taken, if there is one.
    """

    name = "cifar10"

    sample = Flag(
        "`true`: those of `cifar10-sample`; `false`: all; unless said, all if they are there, else the sample",
        default=None,
        named=True,
    )

    def spec(self, where: Where) -> DataSpec:
        if self.sample is None:
            # what is learnt from is settled when the file is checked, and so stays what a run began with
            settled = type(self).restore({**self.values(), "sample": self._only_sample(where)})
            return settled.spec(where)
        rows, tested = (3_000, 1_000) if self.sample else (50_000, 10_000)
        return self.images((32, 32, 3), _named("label", CIFAR10), rows, tested, validate=0.1)

    def _only_sample(self, where: Where) -> bool:
        from archc.data.folder import looked_through

        whole = looked_through(where.data_dir, CIFAR10_FOLDERS)
        if any((folder / name).is_file() for folder in whole for name in (CIFAR10_BATCHES[0], CIFAR10_ARCHIVE)):
            return False
        return any((folder / SAMPLE_STRIPS[0]).is_file() for folder in looked_through(where.data_dir, SAMPLE_FOLDERS))


class Images(ImageSet):
    """The images of a folder that has a folder for each class: `images("flowers")`.

    - Classes are named as their folders, and numbered by these names' order.
    - Above them there may be folders `train` and `test` (or `val`), and then the second is the test
      part. Where there are all three, `val = join` counts `val` to the training images, of which the
      recipe's `validate` holds out some, and `val = skip` leaves it out.
    - Without `size` all images must have the same one. They are read upright, as cameras note.
    - Without `channels` there are 3, or 1 where all images are grey.
    - Transparent places are put on white, 16 bits a pixel are rounded to 8, of several pictures in
      a file the first is taken.
    - PNG, JPEG, GIF, BMP, WebP, TIFF and PPM are read. Files that begin with a point are passed over,
      and so is what is no image beside the class folders; in them it is refused. Links are followed.

    Held out: a fifth to validate, and a fifth to test unless there is a test part.
    """

    name = "images"

    folder = Quoted("the path, from the folder of the `.arch` file")
    val = Choice(
        "what becomes of `val/` beside `train/` and `test/`: `join` or `skip`",
        ("join", "skip"),
        default=None,
        named=True,
    )

    def spec(self, where: Where) -> DataSpec:
        path = where.find(self.folder)
        # a file asks several times, and thousands of headers may have to be read
        known: dict[Path, DataSpec] = self.__dict__.setdefault("_specs", {})
        if path not in known:
            known[path] = self._spec_of(path, where)
        return known[path]

    def _spec_of(self, path: Path, where: Where) -> DataSpec:
        from archc.data.folder import listing

        try:
            found = listing(path, self.val)
            shape = self._shape(found)
        except Unfit as unfit:
            if unfit.parameter == "folder" and not Path(self.folder).is_absolute():
                unfit.help = where.searched
            unfit.parameter = unfit.parameter or "folder"
            raise
        return self.images(
            shape,
            _named("label", found.classes),
            len(found.train),
            len(found.test),
            validate=0.2,
            test=0.0 if found.test else 0.2,
        )

    def _shape(self, found: "Listing") -> tuple[int, int, int]:
        """That of all images, from their headers; not even these are read where the file says it all."""
        if self.size is not None and self.channels is not None:
            return (*self.size, int(self.channels))
        from archc.data.opening import measured

        images = [path for path, _ in found.train + found.test]
        height, width, channels = measured(images[0])
        for path in images[1:]:
            other = measured(path)
            if self.size is None and other[:2] != (height, width):
                raise Unfit(
                    f"{images[0]} is {height}x{width} (height x width), and {path} {other[0]}x{other[1]}",
                    f'give them one size: `images("{self.folder}", size = {height}x{width})`',
                    code="E0605",
                )
            channels = max(channels, other[2])
        return height, width, channels


# the folder is the one argument that needs no name: it stands first in what is shown
Images.parameters = {"folder": Images.parameters["folder"], **Images.parameters}


def _named(name: str, classes: Sequence[str]) -> Column:
    return made(Column)(name=name, kind="class", shape=(), classes=tuple(classes))
