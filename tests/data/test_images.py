"""The files that `archc predict` is given."""

import struct
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from archc.data.images import read_inputs
from archc.data.pixels import BYTES, Manner

from .conftest import peak_of, refused

GREY = np.arange(28 * 28, dtype=np.uint16).reshape(28, 28).astype(np.uint8)


def picture(path: Path, pixels: np.ndarray, **options: object) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


# images


def test_an_image_that_fits_is_left_as_it_is(tmp_path: Path):
    inputs = read_inputs(picture(tmp_path / "a.png", GREY), (28, 28, 1))
    assert inputs.values.dtype == np.float32 and inputs.values.shape == (1, 28, 28, 1)
    assert np.array_equal(inputs.values[0, :, :, 0], (GREY / 255).astype(np.float32))
    assert inputs.notes == ()
    assert read_inputs(tmp_path / "a.png", (28, 28, 1), manner=Manner(span=BYTES)).values.max() == GREY.max()


def test_what_is_done_is_said(tmp_path: Path):
    colour = np.zeros((180, 220, 3), np.uint8)
    colour[:, :110] = (255, 0, 0)
    inputs = read_inputs(picture(tmp_path / "a.png", colour), (28, 28, 1), invert=True)
    assert inputs.notes == (
        "turned to grey",
        "resized from 180x220 to 28x28 (height x width, bilinear, proportions not kept)",
        "inverted",
    )
    assert inputs.values[0, 0, 0, 0] == pytest.approx(1 - 76 / 255)
    assert inputs.values[0, 0, -1, 0] == 1


def test_proportions_that_are_kept(tmp_path: Path):
    inputs = read_inputs(picture(tmp_path / "a.png", np.full((90, 60), 51, np.uint8)), (30, 20, 3))
    assert inputs.notes == ("turned to 3 channels", "resized from 90x60 to 30x20 (height x width, bilinear)")
    assert inputs.values.shape == (1, 30, 20, 3)
    assert np.allclose(inputs.values, 0.2)


def test_images_are_treated_as_those_that_were_learnt_from(tmp_path: Path):
    path = picture(tmp_path / "a.png", np.full((20, 40), 255, np.uint8))
    padded = read_inputs(path, (12, 14, 1), manner=Manner(span=(-0.1, 1.175), pad=(2, 3)))
    assert padded.notes == ("resized from 20x40 to 8x8 (height x width, bilinear, proportions not kept)",)
    assert padded.values[0, 2:-2, 3:-3].min() == np.float32(1.175)
    assert np.sum(padded.values == np.float32(-0.1)) == 12 * 14 - 8 * 8
    halves = np.zeros((8, 24), np.uint8)
    halves[:, 8:16] = 255
    middle = read_inputs(picture(path, halves), (8, 8, 1), manner=Manner(span=(-1, 1), size=(8, 8), crop=True))
    assert middle.notes == ("resized from 8x24 to 8x8 (height x width, bilinear, the middle part of it)",)
    assert middle.values.min() == 1
    np.save(tmp_path / "a.npy", halves)
    array = read_inputs(tmp_path / "a.npy", (8, 24, 1), manner=Manner(span=(-1, 1)))
    assert array.notes == ("scaled from 0 … 255 to [-1, 1]",) and array.values.min() == -1


def test_transparency_is_put_on_white(tmp_path: Path):
    clear = np.zeros((4, 4, 4), np.uint8)
    inputs = read_inputs(picture(tmp_path / "a.png", clear), (4, 4, 1))
    assert inputs.notes == ("put on white where it is transparent", "turned to grey")
    assert inputs.values.min() == 1
    clear[..., 3] = 255
    assert read_inputs(picture(tmp_path / "a.png", clear), (4, 4, 3)).notes == ()
    kept = read_inputs(tmp_path / "a.png", (4, 4, 4), invert=True)
    assert kept.notes == ("inverted",) and kept.values.min() == 1


def test_sixteen_bits_are_rounded_not_clipped(tmp_path: Path):
    inputs = read_inputs(picture(tmp_path / "a.png", np.full((4, 4), 128 << 8, np.uint16)), (4, 4, 1))
    assert inputs.notes == ("rounded from 16 bits a pixel to 8",)
    assert np.allclose(inputs.values, 128 / 255)


def test_cameras_held_sideways(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.zeros((4, 6), np.uint8)
    pixels[:, :3] = 255
    inputs = read_inputs(picture(tmp_path / "a.png", pixels, exif=exif), (6, 4, 1))
    assert inputs.notes == ("turned upright, as the camera noted",)
    assert inputs.values[0, :3].min() == 1 and inputs.values[0, 3:].max() == 0


def test_the_first_of_several_pictures(tmp_path: Path):
    frames = [Image.fromarray(np.full((4, 4), v, np.uint8)) for v in (0, 255)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert "took the first of several pictures" in read_inputs(tmp_path / "a.gif", (4, 4, 1)).notes


@pytest.mark.parametrize("shape", [(784,), (28, 28), (28, 28, 2), ()])
def test_images_need_a_model_that_takes_images(tmp_path: Path, shape: tuple[int, ...]):
    with refused("E0614", "is taken for an image, and the model takes [", "`.npy`, `.npz` or `.csv`"):
        read_inputs(picture(tmp_path / "a.png", GREY), shape)


def test_images_that_are_refused(tmp_path: Path):
    path = picture(tmp_path / "a.png", GREY)
    sound = path.read_bytes()
    path.write_bytes(sound[: len(sound) // 2])
    with refused("E0602", f"{path} is damaged"):
        read_inputs(path, (28, 28, 1))
    for data in (b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n"):
        path.write_bytes(data)
        with refused("E0602", f"{path} is not an image that archc reads", "png, jpeg"):
            read_inputs(path, (28, 28, 1))
    with refused("E0601", "there is no file"):
        read_inputs(tmp_path / "b.png", (28, 28, 1))
    (tmp_path / "a.ppm").write_bytes(b"P5 2 2 65535\n" + bytes(8))
    with refused("E0604", "has pixels of the kind I", "save it with 8 bits a channel"):
        read_inputs(tmp_path / "a.ppm", (28, 28, 1))


@pytest.mark.parametrize(("kind", "kept"), [("png", 8), ("png", 30), ("jpeg", 3), ("gif", 20), ("webp", 12)])
def test_an_image_of_which_only_the_beginning_is_left_is_damaged(tmp_path: Path, kind: str, kept: int):
    path = picture(tmp_path / f"a.{kind}", GREY)
    path.write_bytes(path.read_bytes()[:kept])
    with refused("E0602", f"{path} begins as an image and is damaged or cut off", "make the file again"):
        read_inputs(path, (28, 28, 1))


def test_a_missing_pillow_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = picture(tmp_path / "a.png", GREY)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with refused("E0611", "images are read by Pillow, which is not installed", "`pip install pillow`"):
        read_inputs(path, (28, 28, 1))


@pytest.mark.parametrize("side", [9_000, 60_000])
def test_an_image_that_unpacks_to_too_much(tmp_path: Path, side: int):
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    header = struct.pack(">LLBBBBB", side, side, 8, 0, 0, 0, 0)
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))

    def attempt() -> None:
        with refused("E0603", str(path)), warnings.catch_warnings():
            warnings.simplefilter("error")
            read_inputs(path, (28, 28, 1))

    assert peak_of(attempt) < 2**24


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "ppm", "webp", "tif"])
def test_no_byte_of_an_image_brings_it_down(tmp_path: Path, suffix: str):
    path = picture(tmp_path / f"a.{suffix}", GREY[:8, :8])
    sound = path.read_bytes()
    for at in range(0, len(sound), 5):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 0x41]) + sound[at + 1 :])
        try:
            values = read_inputs(path, (8, 8, 1)).values
        except Exception as error:
            assert type(error).__name__ == "Failed", repr(error)
        else:
            assert values.shape == (1, 8, 8, 1)


# arrays


def test_arrays_of_examples_or_of_one(tmp_path: Path):
    values = np.arange(24, dtype=np.float64).reshape(2, 12)
    np.save(tmp_path / "a.npy", values)
    assert read_inputs(tmp_path / "a.npy", (12,)).values.tolist() == values.tolist()
    np.save(tmp_path / "a.npy", values[0])
    assert read_inputs(tmp_path / "a.npy", (12,)).values.tolist() == values[:1].tolist()


def test_pixels_in_arrays_are_scaled_and_gain_a_channel(tmp_path: Path):
    path = tmp_path / "a.npy"
    for array in (GREY, GREY[None], GREY[..., None], GREY[None, ..., None]):
        np.save(path, array)
        inputs = read_inputs(path, (28, 28, 1))
        assert inputs.values.shape == (1, 28, 28, 1) and inputs.values.max() == 1
        assert inputs.notes == ("scaled from 0 … 255 to [0, 1]",)
        assert read_inputs(path, (28, 28, 1), manner=Manner(span=BYTES)).values.max() == 255
        np.save(path, array / 255)
        inputs = read_inputs(path, (28, 28, 1))
        assert inputs.values.max() == 1 and inputs.notes == ()


def test_the_array_of_the_inputs_name(tmp_path: Path):
    path = tmp_path / "a.npz"
    np.savez(path, left=np.zeros((3, 2)), right=np.ones((3, 2)))
    assert read_inputs(path, (2,), name="right").values.min() == 1
    with refused("E0614", "has no array `middle`", "it has `left`, `right`: give the one meant the input's name"):
        read_inputs(path, (2,), name="middle")
    with refused("E0614", "has several arrays"):
        read_inputs(path, (2,))
    np.savez(path, anything=np.ones((3, 2)))
    assert read_inputs(path, (2,), name="right").values.shape == (3, 2)


@pytest.mark.parametrize(
    ("array", "code", "part"),
    [
        (np.zeros((3, 5)), "E0614", "is [3, 5], and the model takes [4]"),
        (np.zeros((3, 4, 1)), "E0614", "is [3, 4, 1], and the model takes [4]"),
        (np.zeros((0, 4)), "E0614", "give [4] for one example, or [n, 4] for n of them"),
        (np.array([[0, 0, 0, 0], [0, np.inf, 0, 0]]), "E0606", "holds infinity in row 1"),
        (np.array([[1e39, 0, 0, 0]]), "E0606", "holds infinity in row 0"),
        (np.array(["a"] * 4), "E0604", "holds texts"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path: Path, array: np.ndarray, code: str, part: str):
    np.save(tmp_path / "a.npy", array)
    with refused(code, str(tmp_path / "a.npy"), part):
        read_inputs(tmp_path / "a.npy", (4,))


def test_only_images_are_inverted(tmp_path: Path):
    for suffix in ("npy", "npz", "csv"):
        with refused("E0614", "only images can be inverted"):
            read_inputs(tmp_path / f"a.{suffix}", (4,), invert=True)


# CSV


def csv_file(folder: Path, text: str | bytes) -> Path:
    path = folder / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("1,2,3,4\n5,6,7,8\n", ()),
        ("\ufeff1, 2 ,3,4\r\n\r\n5,6,7,8", ()),
        ("a,b,c,d\n1,2,3,4\n5,6,7,8\n", ("took the first line for a header",)),
        ('"1","2",3e0,4.\n5,6,7,+8\n', ()),
    ],
)
def test_rows_of_numbers(tmp_path: Path, text: str, notes: tuple[str, ...]):
    inputs = read_inputs(csv_file(tmp_path, text), (2, 2, 1))
    assert inputs.values.reshape(2, 4).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert inputs.values.dtype == np.float32 and inputs.values.shape == (2, 2, 2, 1)
    assert inputs.notes == notes


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("1,2,3,4\n1,2,3\n", "E0605", "line 2 of {} has 3 values, and the model takes 4"),
        ("a,b,c,d\n\n1,2,3,4,5\n", "E0605", "line 3 of {} has 5 values, and the model takes 4"),
        ("1,2,3,4\n1,2,,4\n", "E0613", "value 3 in line 2 of {} is missing"),
        ("1,2,3,4\n1,2,x,4\n", "E0613", "value 3 in line 2 of {} is not a number: 'x'"),
        ("a,b,c,d\ne,f,g,h\n", "E0613", "value 1 in line 2 of {} is not a number: 'e'"),
        ("1,b,c,d\n1,2,3,4\n", "E0613", "value 2 in line 1 of {} is not a number: 'b'"),
        ("1,2,3,1_000\n", "E0613", "value 4 in line 1 of {} is not a number: '1_000'"),
        ("1,2,3,4\n1,nan,3,4\n", "E0606", "value 2 in line 2 of {} is not a finite number: nan"),
        ("1,2,3,1e39\n", "E0606", "value 4 in line 1 of {} is not a finite number: 1e39"),
        ("1;2;3;4\n1;2;3;4\n", "E0605", "the numbers in line 1 of {} are separated by semicolons"),
        ("1,2,3,4\n1,2\n", "E0605", "line 2 of {} has 2 values"),
        ("", "E0605", "{} has no rows of numbers"),
        ("a,b,c,d\n", "E0605", "{} has no rows of numbers"),
        (b"1,2,3,\xff\n", "E0602", "{} is not UTF-8 text"),
        (b"1,2,3,\0\n", "E0613", "value 4 in line 1 of {} is not a number"),
        ("1," * 100_000, "E0603", "line 1 of {} is longer than any example"),
    ],
)
def test_rows_that_are_refused(tmp_path: Path, text: str | bytes, code: str, part: str):
    path = csv_file(tmp_path, text)
    with refused(code, part.format(path)):
        read_inputs(path, (4,))


def test_a_field_that_no_number_fills(tmp_path: Path):
    path = csv_file(tmp_path, "1" * 140_000)
    with refused("E0602", f"line 1 of {path} is not CSV: field larger than field limit"):
        read_inputs(path, (2_000,))


def test_csv_files_that_are_not_there(tmp_path: Path):
    with refused("E0601", "there is no file"):
        read_inputs(tmp_path / "a.csv", (4,))
