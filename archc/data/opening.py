"""Opens image files as if each were hostile. Pillow is imported when the first is opened."""

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from archc.data.archive import damage_told, refuse_bomb, regular
from archc.parameters import Unfit

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "PPM", "TIFF")
"""What Pillow may read. Of the others that it knows, some start programs."""

BEGINNINGS = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP", re.DOTALL)
"""How files begin that are images and nothing else, even where the rest is broken."""

SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".pbm", ".pnm", ".tif", ".tiff"}
)
"""How names of such files end, in lower case."""

ORIENTATION = 0x0112
"""The EXIF entry that says how the camera was held."""
WIDTH, HEIGHT = 0x0100, 0x0101
"""The entries of a TIFF that say what size is stored."""
SIDEWAYS = (5, 6, 7, 8)
"""Orientations of an image whose height is the width of what is stored."""

GREY = ("1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "F")
"""Pillow's names for pixels of one channel, transparency aside."""


@contextmanager
def opened(path: Path) -> "Iterator[Image]":
    """The image of a file, its header read and its pixels not yet.

    Raises Unfit, for what goes wrong inside the block too: E0601 for no plain file, E0602 for no
    image or a damaged one, E0603 for a bomb, E0611 without Pillow.
    """
    size = regular(path)
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        help = "install it: `pip install pillow`"
        raise Unfit("images are read by Pillow, which is not installed", help, code="E0611") from None
    with warnings.catch_warnings(), damage_told(path):
        # how large an image may be is judged here, from its header, by the rule for every other file
        warnings.simplefilter("ignore")
        try:
            with Image.open(path, formats=FORMATS) as image:
                refuse_bomb(prod(image.size) * len(image.getbands()), size, path)
                with _unheard(image.format == "TIFF"):
                    yield image
        except UnidentifiedImageError:
            with path.open("rb") as file:
                known = BEGINNINGS.match(file.read(16))
            if known:
                problem = f"{path} begins as an image and is damaged or cut off"
                raise Unfit(problem, "copy or make the file again", code="E0602") from None
            raise Unfit(
                f"{path} is not an image that archc reads",
                f"those are {', '.join(FORMATS).lower()}; numbers stand in `.npy`, `.npz` and `.csv` files",
                code="E0602",
            ) from None
        except Image.DecompressionBombError:
            raise Unfit(f"{path} has more pixels than any photograph", "make it smaller first", code="E0603") from None
        # Pillow's readers let these through for files that break off or contradict themselves
        except (SyntaxError, ValueError, TypeError, IndexError, KeyError, OverflowError) as error:
            raise Unfit(f"{path} is damaged ({error})", "copy or make the file again", code="E0602") from None


@contextmanager
def _unheard(needed: bool) -> Iterator[None]:
    """Keeps what libtiff itself writes to the terminal about damaged files from it; Pillow says it again."""
    if not needed:
        yield
        return
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def measured(path: Path) -> tuple[int, int, int]:
    """Height, width and channels (1 or 3) of an image, upright, from its header. Raises as `opened` does."""
    with opened(path) as image:
        width, height = image.size
        # a PNG's entry may stand behind its pixels, which would all be unpacked to get there
        stored = image.format != "PNG" or "exif" in image.info
        exif = image.getexif() if stored else {}
        if image.format == "TIFF":
            # Pillow's size is that of the upright image, at least in some of its versions
            width, height = exif[WIDTH], exif[HEIGHT]
        if exif.get(ORIENTATION, 1) in SIDEWAYS:
            height, width = width, height
        return height, width, 1 if image.mode in GREY else 3
