"""`images("folder")`: what a folder of images may look like, and what becomes of the images."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from archc.data.archive import regular
from archc.data.opening import measured
from archc.ir import Column

from .conftest import Room


def image(path: Path, pixels: np.ndarray, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def flat(value: int, shape: tuple[int, ...] = (4, 6, 3)) -> np.ndarray:
    return np.full(shape, value, np.uint8)


@pytest.fixture
def pets(room: Room) -> Path:
    for number in range(3):
        image(room.folder / "pets" / "dog" / f"{number}.png", flat(50 + number))
        image(room.folder / "pets" / "cat" / f"{number}.png", flat(number))
    return room.folder / "pets"


def test_a_folder_a_class(pets: Path, room: Room):
    spec = room.spec("images", "pets")
    assert spec.features == (Column(name="image", kind="image", shape=(4, 6, 3)),)
    assert spec.targets == (Column(name="label", kind="class", shape=(), classes=("cat", "dog")),)
    assert (spec.examples, spec.test_examples, spec.validate_share, spec.test_share) == (6, 0, 0.2, 0.2)
    table = room.load("images", "pets")
    assert table["label"].tolist() == [0, 0, 0, 1, 1, 1]
    assert (table["image"][:, 0, 0, 0] * 255).round().tolist() == [0, 1, 2, 50, 51, 52]
    assert set(table) == {"image", "label"}


def test_what_systems_and_people_leave_is_passed_over(pets: Path, room: Room):
    for name in ("cat/.DS_Store", "cat/Thumbs.db", "README.md", "labels.csv", ".git/config", "__MACOSX/x"):
        (pets / name).parent.mkdir(exist_ok=True)
        (pets / name).write_text("x")
    assert room.spec("images", "pets").examples == 6


@pytest.mark.parametrize("held", ["test", "testing", "val", "Validation"])
def test_train_and_test(pets: Path, room: Room, held: str):
    shutil.copytree(pets, room.folder / "split" / "train")
    image(room.folder / "split" / held / "dog" / "a.png", flat(9))
    spec = room.spec("images", "split")
    assert (spec.examples, spec.test_examples, spec.validate_share, spec.test_share) == (6, 1, 0.2, 0.0)
    assert spec.targets[0].classes == ("cat", "dog")
    assert room.load("images", "split")["test.label"].tolist() == [1]


def test_three_parts(pets: Path, room: Room):
    from archc.parameters import Word

    for part, count in (("train", 3), ("val", 2), ("test", 1)):
        for name in ("cat", "dog"):
            for number in range(count):
                image(room.folder / "split" / part / name / f"{number}.png", flat(number))
    joined = room.spec("images", "split", val=Word("join"))
    assert (joined.examples, joined.test_examples) == (10, 2)
    skipped = room.spec("images", "split", val=Word("skip"))
    assert (skipped.examples, skipped.test_examples) == (6, 2)
    assert room.load("images", "split", val=Word("join"))["label"].tolist() == [0] * 3 + [1] * 3 + [0] * 2 + [1] * 2


def test_a_class_may_be_called_train(room: Room):
    for name in ("bus", "train"):
        image(room.folder / "traffic" / name / "0.png", flat(0))
    assert room.spec("images", "traffic").targets[0].classes == ("bus", "train")
    for name in ("train", "test"):
        image(room.folder / "words" / name / "0.png", flat(0))
    assert room.spec("images", "words").targets[0].classes == ("test", "train")


def test_links_are_followed(pets: Path, room: Room):
    (room.folder / "elsewhere").symlink_to(pets)
    (pets / "dog" / "9.png").symlink_to(pets / "cat" / "0.png")
    assert room.spec("images", "elsewhere").examples == 7


def test_relative_paths_start_at_the_folder_then_at_the_data_folder(pets: Path, room: Room):
    room.where = type(room.where)(room.folder / "models", data_dir=room.folder)
    assert room.spec("images", "pets").examples == 6
    assert room.spec("images", str(pets)).examples == 6


def test_other_sizes_and_colours_with_size(pets: Path, room: Room):
    image(pets / "dog" / "9.jpg", flat(200, (9, 9)), quality=100)
    spec = room.spec("images", "pets", size=[4, 6])
    assert spec.features[0].shape == (4, 6, 3)
    assert room.load("images", "pets", size=[4, 6])["image"][-1].min() > 0.7
    assert room.load("images", "pets", size=[4, 6], channels=1)["image"].shape == (7, 4, 6, 1)


def test_channels_are_those_that_the_images_have(room: Room):
    for name in ("a", "b"):
        image(room.folder / "grey" / name / "0.png", flat(7, (4, 6)))
    assert room.spec("images", "grey").features[0].shape == (4, 6, 1)
    assert room.spec("images", "grey", channels=3, pad=1).features[0].shape == (6, 8, 3)
    image(room.folder / "grey" / "b" / "1.png", flat(7))
    assert room.spec("images", "grey").features[0].shape == (4, 6, 3)
    assert np.allclose(room.load("images", "grey")["image"], 7 / 255)


def test_the_middle_is_kept_or_the_whole(room: Room):
    from archc.parameters import Word

    wide = flat(0, (8, 16, 3))
    wide[:, :4] = 255
    for name in ("a", "b"):
        image(room.folder / "wide" / name / "0.png", wide)
    assert room.load("images", "wide", size=8)["image"].max() == 0
    whole = room.load("images", "wide", size=8, fit=Word("stretch"))["image"]
    assert whole[0, 0, 0, 0] == 1 and whole[0, 0, -1, 0] == 0


def test_take_reads_only_what_it_takes(pets: Path, room: Room, monkeypatch: pytest.MonkeyPatch):
    import archc.data.pictures as pictures

    read = []
    upright = pictures.read_upright
    monkeypatch.setattr(pictures, "read_upright", lambda path, notes: read.append(path) or upright(path, notes))
    table = room.load("images", "pets", take=2)
    assert table["label"].tolist() == [0, 1] and len(read) == 2


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "webp", "tif", "ppm"])
def test_formats(room: Room, suffix: str):
    for name, value in (("a", 40), ("b", 200)):
        image(room.folder / "set" / name / f"0.{suffix}", flat(value, (8, 8, 3)))
    values = room.load("images", "set")["image"]
    assert values.shape == (2, 8, 8, 3)
    assert np.abs(values.mean(axis=(1, 2, 3)) * 255 - [40, 200]).max() < 2


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("held", range(1, 9))
def test_images_stand_upright(room: Room, suffix: str, held: int):
    exif = Image.Exif()
    exif[0x0112] = held
    stored = np.zeros((16, 24, 3), np.uint8)
    stored[:, :8] = 255
    for name in ("a", "b"):
        image(room.folder / "set" / name / f"0.{suffix}", stored, exif=exif)
    (values, _) = room.load("images", "set")["image"]
    expected = (24, 16, 3) if held > 4 else (16, 24, 3)
    assert values.shape == expected
    assert measured(room.folder / "set" / "a" / f"0.{suffix}") == expected
    # the white third is where the camera says that the left was: left, right, right, left, top, top, bottom, bottom
    thirds = {1: values[:, :8], 2: values[:, -8:], 3: values[:, -8:], 4: values[:, :8]}
    thirds |= {5: values[:8], 6: values[:8], 7: values[-8:], 8: values[-8:]}
    assert thirds[held].mean() > 0.95 and values.mean() < 0.4


def test_palettes_transparency_and_sixteen_bits(room: Room):
    folder = room.folder / "set"
    image(folder / "a" / "grey16.png", np.full((4, 4), 51 << 8, np.uint16))
    clear = np.zeros((4, 4, 4), np.uint8)
    image(folder / "a" / "transparent.png", clear)
    Image.fromarray(flat(51, (4, 4, 3))).convert("P").save(folder / "a" / "palette.png")
    frames = [Image.new("L", (4, 4), value) for value in (51, 255)]
    frames[0].save(folder / "a" / "several.gif", save_all=True, append_images=frames[1:])
    Image.new("CMYK", (4, 4), (0, 0, 0, 204)).save(folder / "a" / "print.tif")
    Image.new("1", (4, 4), 1).save(folder / "a" / "white.png")
    image(folder / "b" / "0.png", flat(0, (4, 4, 3)))
    table = room.load("images", "set")
    found = dict(zip(sorted(path.name for path in (folder / "a").iterdir()), table["image"], strict=False))
    fifth = {name: value.mean() for name, value in found.items()}
    assert fifth == {
        name: pytest.approx(1 if name in ("transparent.png", "white.png") else 0.2, abs=0.005) for name in found
    }


def test_checking_reads_headers_alone(pets: Path, room: Room, monkeypatch: pytest.MonkeyPatch):
    def decoded(self: object) -> None:
        raise AssertionError("pixels were unpacked")

    image(pets / "dog" / "9.jpg", flat(1))
    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded)
    assert room.spec("images", "pets").examples == 7


def test_where_the_file_says_it_all_not_even_headers_are_read(pets: Path, room: Room, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    spec = room.spec("images", "pets", size=[4, 6], channels=3)
    assert spec.features == room_features(4, 6, 3) and regular(pets / "dog" / "0.png")


def room_features(*shape: int) -> tuple[Column, ...]:
    return (Column(name="image", kind="image", shape=shape),)


def test_a_set_known_by_heart_needs_neither_numpy_nor_pillow():
    code = (
        "import sys; from pathlib import Path; from archc.parameters import FAMILIES; "
        "from archc.data.dataset import Where; "
        "[FAMILIES['data set'][n].build([], {'size': 32}).spec(Where(Path())) "
        " for n in ('mnist', 'fashion_mnist', 'usps', 'cifar10')]; "
        "print([m for m in ('numpy', 'jax', 'sklearn', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
