"""Sets of images that are wrong: each is refused, with the file and the place in it."""

import gzip
import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from archc.data import cifar10, usps
from archc.data.catalog_images import CIFAR10_BATCHES, SAMPLE_STRIPS
from archc.parameters import Word

from .conftest import Room, refused

# folders


def picture(path: Path, height: int = 6, width: int = 8, value: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((height, width, 3), value, np.uint8)).save(path)
    return path


@pytest.fixture
def pets(room: Room) -> Path:
    """Three cats and three dogs."""
    for name in ("cat", "dog"):
        for number in range(3):
            picture(room.folder / "pets" / name / f"{number}.png")
    return room.folder / "pets"


def fifo(pets: Path) -> None:
    os.mkfifo(pets / "dog" / "9.png")


def loop(pets: Path) -> None:
    (pets / "dog" / "9.png").symlink_to(pets / "dog" / "9.png")


def nothing(pets: Path) -> None:
    (pets / "dog" / "9.png").symlink_to("/nowhere/9.png")


def text(pets: Path) -> None:
    (pets / "dog" / "notes.txt").write_text("good dogs")


def text_as_png(pets: Path) -> None:
    (pets / "dog" / "9.png").write_text("good dogs")


def empty_file(pets: Path) -> None:
    (pets / "dog" / "9.png").touch()


def empty_class(pets: Path) -> None:
    (pets / "bird").mkdir()
    (pets / "bird" / ".DS_Store").touch()


def one_class(pets: Path) -> None:
    shutil.rmtree(pets / "dog")


def no_classes(pets: Path) -> None:
    shutil.rmtree(pets / "dog")
    shutil.rmtree(pets / "cat")
    picture(pets / "0.png")


def deeper(pets: Path) -> None:
    picture(pets / "dog" / "small" / "0.png")


def beside(pets: Path) -> None:
    picture(pets / "stray.jpg")


def other_size(pets: Path) -> None:
    picture(pets / "dog" / "1.png", 6, 9)


def turned(pets: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((6, 8, 3), np.uint8)).save(pets / "dog" / "1.jpg", exif=exif)


def bomb(pets: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">LLBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    (pets / "dog" / "9.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


def unprintable(pets: Path) -> None:
    picture(pets / "dog\x1b[31m" / "0.png")


def not_text(pets: Path) -> None:
    os.rename(pets / "dog", os.fsencode(pets) + b"/d\xff")


@pytest.mark.parametrize(
    ("spoil", "code", "parts"),
    [
        (fifo, "E0601", ("pets/dog/9.png is not a plain file", "pipes and devices are not read")),
        (loop, "E0601", ("pets/dog/9.png is a link to nothing",)),
        (nothing, "E0601", ("pets/dog/9.png is a link to nothing: there is no file /nowhere/9.png",)),
        (text, "E0602", ("pets/dog/notes.txt is not an image by its name", ".png")),
        (text_as_png, "E0602", ("pets/dog/9.png is not an image that archc reads",)),
        (empty_file, "E0602", ("pets/dog/9.png is not an image that archc reads",)),
        (empty_class, "E0605", ("the class folder ", "pets/bird is empty", "fill it or take it away")),
        (one_class, "E0605", ("pets has one class only, cat, so there is nothing to tell apart",)),
        (no_classes, "E0605", ("pets has no folders: 0.png and others lie in it without a class",)),
        (deeper, "E0605", ("pets/dog/small is a folder in the folder of a class",)),
        (beside, "E0605", ("pets/stray.jpg has no class", "the folder of its class")),
        (
            other_size,
            "E0605",
            ("pets/cat/0.png is 6x8 (height x width), and ", "pets/dog/1.png 6x9", 'images("pets", size = 6x8)'),
        ),
        (turned, "E0605", ("pets/cat/0.png is 6x8 (height x width), and ", "pets/dog/1.jpg 8x6")),
        (bomb, "E0603", ("pets/dog/9.png",)),
        (unprintable, "E0602", (r"pets holds 'dog\x1b[31m', whose name has characters that can't be shown", "rename")),
        (not_text, "E0602", (r"pets holds 'd\udcff', whose name has characters that can't be shown",)),
    ],
)
def test_folders_that_are_refused_when_they_are_checked(
    pets: Path, room: Room, spoil: Callable[[Path], None], code: str, parts: tuple[str, ...]
):
    assert room.spec("images", "pets").examples == 6
    spoil(pets)
    with refused(code, *parts):
        room.spec("images", "pets")


def test_a_folder_that_is_not_there(room: Room):
    with refused("E0601", "the folder ", "pets is not there", "it is looked for in the folder of the `.arch` file"):
        room.spec("images", "pets")
    (room.folder / "pets").touch()
    with refused("E0601", "pets is a file, not a folder of images"):
        room.spec("images", "pets")
    for name, why in (("p" * 5000, "cannot be read: File name too long"), ("a\0b", "is not there")):
        with refused("E0601", why):
            room.spec("images", name)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every folder")
def test_a_folder_that_may_not_be_read(pets: Path, room: Room):
    (pets / "dog").chmod(0)
    try:
        with refused("E0601", "pets cannot be read (Permission denied)"):
            room.spec("images", "pets")
    finally:
        (pets / "dog").chmod(0o700)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_an_image_that_breaks_off_is_told_when_it_is_read(pets: Path, room: Room, suffix: str):
    path = pets / "dog" / f"9.{suffix}"
    Image.fromarray(np.random.RandomState(0).randint(0, 256, (6, 8, 3)).astype(np.uint8)).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 4 // 5])
    with refused("E0602", "pets/dog/9."):
        room.load("images", "pets", size=[6, 8], channels=3)


def test_what_libtiff_says_of_a_damaged_file_stays_off_the_terminal(
    pets: Path, room: Room, capfd: pytest.CaptureFixture[str]
):
    pixels = np.random.RandomState(0).randint(0, 256, (6, 8, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(pets / "dog" / "9.tif", compression="tiff_lzw")
    whole = bytearray((pets / "dog" / "9.tif").read_bytes())
    whole[20:60] = b"\xff" * 40
    (pets / "dog" / "9.tif").write_bytes(whole)
    with refused("E0602", "pets/dog/9.tif"):
        room.load("images", "pets", size=[6, 8], channels=3)
    assert capfd.readouterr() == ("", "")


def test_pixels_that_no_byte_holds(pets: Path, room: Room):
    Image.fromarray(np.ones((6, 8), np.float32)).save(pets / "dog" / "9.tif")
    with refused("E0604", "pets/dog/9.tif has pixels of the kind F", "save it with 8 bits a channel"):
        room.load("images", "pets")


def test_a_test_class_that_was_never_learnt(pets: Path, room: Room):
    shutil.copytree(pets, room.folder / "split" / "train")
    picture(room.folder / "split" / "test" / "bird" / "0.png")
    with refused("E0605", "split/test/bird is a class that ", "split/train doesn't have", "those are cat, dog"):
        room.spec("images", "split")


def test_three_parts_must_say_what_becomes_of_the_middle_one(pets: Path, room: Room):
    for part in ("train", "val", "test"):
        shutil.copytree(pets, room.folder / "split" / part)
    with refused("E0605", "split has train, val and test, and archc holds out", "`val = join`", "`val = skip`"):
        room.spec("images", "split")


def test_images_that_changed_since_they_were_checked(pets: Path, room: Room):
    from archc.data.readers import load

    spec = room.spec("images", "pets")
    picture(pets / "dog" / "1.png", 6, 9)
    with refused("E0605", "pets/dog/1.png is 6x9 (height x width), and it was 6x8"):
        load(spec, room.where)
    picture(pets / "dog" / "1.png")
    picture(pets / "dog" / "9.png")
    with refused("E0605", "pets is [7, 6, 8, 3], and [6, 6, 8, 3] is expected"):
        load(spec, room.where)
    (pets / "dog").rename(pets / "eagle")
    with refused("E0605", "pets has other classes than it had"):
        load(spec, room.where)


def test_more_than_memory_should_hold(pets: Path, room: Room):
    with refused("E0203", "would be 3_456_000_000_000 numbers, and at most 2_147_483_648", "`size`, or `take` fewer"):
        room.spec("images", "pets", size=[480_000, 400_000])


# USPS

ROW = ["6.0000", *["-1.0000"] * 255, "0.5000"]


def lines(count: int, **changed: list[str]) -> bytes:
    """So many rows of a file; `row3 = …` is another third one."""
    rows = [changed.get(f"row{number}", ROW) for number in range(1, count + 1)]
    return "".join(" ".join(row) + " \n" for row in rows).encode()


def test_a_sound_file_is_read(tmp_path: Path):
    (tmp_path / "zip.train").write_bytes(lines(4, row2=["3.0000", *ROW[1:]]))
    part = usps.read_part(tmp_path / "zip.train", 4)
    assert part.labels.tolist() == [6, 3, 6, 6]
    assert part.images.shape == (4, 16, 16, 1) and part.images[1, -1, -1, 0] == 0.5


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("data", "code", "part"),
    [
        (lines(4, row3=ROW[:-1]), "E0605", "line 3 of {} has 256 values, and 257 are expected"),
        (lines(4, row3=["11.0", *ROW[1:]]), "E0607", "line 3 of {} holds the label 11, and labels go from 0 to 9"),
        (lines(4, row2=["2.5", *ROW[1:]]), "E0607", "line 2 of {} holds the label 2.5"),
        (lines(4, row4=[*ROW[:-1], "1.5"]), "E0606", "value 257 in line 4 of {} is 1.5, and pixels go from -1 to 1"),
        (lines(4, row4=[*ROW[:-1], "nan"]), "E0606", "value 257 in line 4 of {} is nan"),
        (lines(4, row1=["6", "ink", *ROW[2:]]), "E0613", "value 2 in line 1 of {} is not a number: 'ink'"),
        (lines(3), "E0605", "{} has 3 lines, and USPS has 4 there"),
        (lines(5), "E0605", "{} has more lines, and USPS has 4 there"),
        (b"", "E0605", "{} has 0 lines"),
        (b"1 " * 100_000, "E0603", "{} has a line that is longer than any image"),
    ],
)
def test_usps_files_that_are_refused(tmp_path: Path, pack, data: bytes, code: str, part: str):
    path = tmp_path / "zip.train"
    path.write_bytes(pack(data))
    with refused(code, part.format(path)):
        usps.read_part(path, 4)


def test_a_usps_file_that_breaks_off(tmp_path: Path):
    path = tmp_path / "zip.train.gz"
    path.write_bytes(gzip.compress(lines(4))[:-9])
    with refused("E0602", f"{path} is damaged or cut off"):
        usps.read_part(path, 4)


def test_usps_files_that_are_not_there(room: Room, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARCHC_DATA", str(room.folder / "data"))
    with refused(
        "E0609", "2 of the 2 USPS files are not there", "put zip.train.gz and zip.test.gz into", "data/usps", "https"
    ):
        room.load("usps")


# CIFAR-10


def strip(folder: Path, name: str, count: int, width: int = 1024, mode: str = "RGB") -> None:
    folder.mkdir(exist_ok=True)
    Image.new(mode, (width, count)).save(folder / name)
    (folder / f"{name.removesuffix('.png')}.labels.txt").write_text("6\n" * count)


def spoilt_strip(folder: Path, labels: str = "", **other: object) -> tuple[Path, Path]:
    strip(folder, "a.png", 3, **other)  # type: ignore[arg-type]
    if labels:
        (folder / "a.labels.txt").write_text(labels)
    return folder / "a.png", folder / "a.labels.txt"


@pytest.mark.parametrize(
    ("spoilt", "code", "part"),
    [
        ({"width": 1000}, "E0605", "a.png is 1000 pixels wide and of the kind RGB, and a strip of images is 1024 wide"),
        ({"mode": "L"}, "E0605", "a.png is 1024 pixels wide and of the kind L"),
        ({"labels": "6\n9\n"}, "E0605", "a.labels.txt 2 labels"),
        ({"labels": "6\n9\n1\n2\n"}, "E0605", "a.labels.txt 4 labels"),
        ({"labels": "6\ndog\n1\n"}, "E0613", "a.labels.txt is not a number: 'dog'"),
        ({"labels": "6\n\n1\n"}, "E0613", "line 2 of "),
        ({"labels": "6\n9\n11\n"}, "E0607", "a.labels.txt holds the label 11, and labels go from 0 to 9"),
        ({"labels": "6\n" + "9" * 40 + "\n1\n"}, "E0607", "line 2 of "),
        ({"labels": "6\n" * 400}, "E0605", "a.labels.txt is 800 bytes long, which is too much"),
    ],
)
def test_strips_that_are_refused(tmp_path: Path, spoilt: dict[str, object], code: str, part: str):
    with refused(code, str(tmp_path), part):
        cifar10.read_strip(*spoilt_strip(tmp_path, **spoilt))  # type: ignore[arg-type]


def test_a_sample_that_is_not_whole(room: Room):
    strip(room.folder / "cifar10-sample", SAMPLE_STRIPS[0], 1000)
    room.where = type(room.where)(room.folder, data_dir=room.folder)
    with refused("E0609", "6 of the 8 files of the CIFAR-10 sample are not there", "put cifar10_batch_1.png, "):
        room.load("cifar10")


def test_batches_that_are_refused(tmp_path: Path):
    path = tmp_path / "data_batch_1.bin"
    path.write_bytes(bytes(3073 * 5 + 100))
    with refused("E0602", f"{path} is 15,465 bytes long, and a batch of CIFAR-10 30,730,000", "cut off in image 5 "):
        cifar10.read_batch(path)
    data = np.zeros((10_000, 3073), np.uint8)
    data[7, 0] = 10
    path.write_bytes(data.tobytes())
    with refused("E0607", f"{path} holds the label 10 in row 7 (counted from 0), and labels go from 0 to 9"):
        cifar10.read_batch(path)


def test_batches_are_the_published_ones(room: Room):
    folder = room.folder / "cifar-10-batches-bin"
    folder.mkdir()
    room.where = type(room.where)(room.folder, data_dir=room.folder)
    (folder / CIFAR10_BATCHES[0]).write_bytes(bytes(100))
    with refused(
        "E0609",
        "5 of the 6 CIFAR-10 files are not there, and they are not published one by one",
        "put data_batch_2.bin (30,730,000 bytes), ",
    ):
        room.load("cifar10")
    for name in CIFAR10_BATCHES:
        (folder / name).write_bytes(bytes(100))
    with refused("E0610", "data_batch_1.bin (100 bytes) is not the published file"):
        room.load("cifar10")


def test_pickles_are_not_read(room: Room):
    (room.folder / "cifar-10-batches-py").mkdir()
    (room.folder / "cifar-10-batches-py" / "data_batch_1").write_bytes(b"cos\nsystem\n")
    room.where = type(room.where)(room.folder, data_dir=room.folder)
    with refused(
        "E0609",
        "the CIFAR-10 file is not there, and `ARCHC_OFFLINE` forbids downloading it",
        "put cifar-10-binary.tar.gz (170,052,171 bytes) into ",
        "cifar-10-batches-py holds pickles, which archc never reads, since they can run code",
    ):
        room.load("cifar10")


# options


@pytest.mark.parametrize(
    ("name", "arguments", "code", "part"),
    [
        ("mnist", {"take": 9}, "E0203", "`take` is 9, and there are 60,000 training images in 10 classes"),
        ("usps", {"take": 7_292}, "E0203", "`take` is 7292, and there are 7,291 training images in 10 classes"),
        ("mnist", {"size": 4096}, "E0203", "numbers, and at most 2_147_483_648 are held"),
        ("mnist", {"size": [28, 28, 1]}, "", "`size` takes height and width like `32x32`"),
        ("mnist", {"range": [1, 1]}, "", "`range` takes two numbers, for black and for white"),
        ("mnist", {"range": [0, 1], "scale": Word("none")}, "", "`scale` and `range` say the same thing twice"),
        ("mnist", {"channels": 2}, "", "`channels` takes 1 for grey or 3 for colours, not `2`"),
        ("usps", {"scale": Word("none")}, "", "`scale` takes one of `signed`, `unit`"),
    ],
)
def test_options_that_do_not_fit(room: Room, name: str, arguments: dict[str, object], code: str, part: str):
    with refused(code, part):
        room.spec(name, **arguments)
