"""`.npz` files: which array is what, and every file that is refused."""

import io
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from archc.data.archive import open_archive, read_npy
from archc.data.readers import load
from archc.parameters import Unfit, Word

from .conftest import Room, peak_of, refused

X = np.arange(12, dtype=np.float32).reshape(6, 2)
Y = np.array([0, 1, 2, 0, 1, 2])
PIXELS = np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5)


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


def lying_npy(shape: str, descr: str = "'<f4'", body: bytes = b"") -> bytes:
    """A `.npy` whose header says what it likes."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + body


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


# which array is what


def test_the_only_labels_are_the_target(room: Room):
    np.savez(room.folder / "f.npz", x=X, image=PIXELS, y=Y)
    spec = room.spec("npz", "f.npz")
    assert [(c.name, c.kind, c.shape) for c in spec.features] == [("x", "number", (2,)), ("image", "image", (4, 5, 1))]
    assert [(c.name, c.kind, c.classes) for c in spec.targets] == [("y", "class", ("0", "1", "2"))]
    assert (spec.examples, spec.test_examples, spec.validate_share, spec.test_share) == (6, 0, 0.2, 0.2)
    table = load(spec, room.where)
    assert np.array_equal(table["x"], X)
    assert table["y"].dtype == np.int32 and table["y"].tolist() == Y.tolist()
    assert np.array_equal(table["image"], (PIXELS[..., None] / 255).astype(np.float32))


def test_images_are_not_scaled_when_told(room: Room):
    np.savez(room.folder / "f.npz", image=np.stack([PIXELS] * 3, axis=-1), y=Y)
    table = room.load("npz", "f.npz", scale=Word("none"))
    assert table["image"].shape == (6, 4, 5, 3)
    assert table["image"].max() == PIXELS.max()


def test_a_test_part_of_its_own(room: Room):
    arrays = {"x": X, "y": Y, "test.x": X[:2] + 1, "test.y": Y[:2]}
    np.savez(room.folder / "f.npz", **arrays)
    spec = room.spec("npz", "f.npz")
    assert (spec.examples, spec.test_examples, spec.validate_share, spec.test_share) == (6, 2, 0.2, 0.0)
    assert np.array_equal(load(spec, room.where)["test.x"], X[:2] + 1)


def test_targets_that_are_named(room: Room):
    np.savez(room.folder / "f.npz", x=X, y=Y, age=Y.astype(np.float64), box=X.astype(int), flag=Y > 0)
    spec = room.spec("npz", "f.npz", targets=["box", "age", Word("flag")])
    assert [(c.name, c.kind, c.shape) for c in spec.features] == [("x", "number", (2,)), ("y", "number", ())]
    assert [(c.name, c.kind, c.shape) for c in spec.targets] == [
        ("box", "number", (2,)),
        ("age", "number", ()),
        ("flag", "class", ()),
    ]
    table = load(spec, room.where)
    assert {name: str(array.dtype) for name, array in table.items()} == {
        "x": "float32", "y": "float32", "box": "float32", "age": "float32", "flag": "int32",
    }  # fmt: skip


@pytest.mark.parametrize("array", [X.astype(">f8"), np.asfortranarray(X), X.astype(np.float16), X[::-1][::-1]])
@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_every_layout_of_numbers_is_read(room: Room, array: np.ndarray, write):
    write(room.folder / "f.npz", x=array, y=Y.astype(">i2"))
    table = room.load("npz", "f.npz")
    assert np.array_equal(table["x"], X) and table["x"].dtype == np.float32 and table["x"].flags.c_contiguous
    assert table["y"].tolist() == Y.tolist()


def test_floats_of_four_dimensions_are_images(room: Room):
    np.savez(room.folder / "f.npz", image=np.zeros((6, 4, 4, 3)), sequence=np.zeros((6, 4, 4)), y=Y)
    assert [c.kind for c in room.spec("npz", "f.npz").features] == ["image", "number"]


# which target is not clear


def test_several_labels_need_a_word(room: Room):
    np.savez(room.folder / "f.npz", x=X, y=Y, z=Y)
    with refused("E0608", "f.npz has 2 arrays of whole numbers with one", "write", 'npz("f.npz", targets = ["z"])'):
        room.spec("npz", "f.npz")


def test_no_labels_need_a_word(room: Room):
    np.savez(room.folder / "f.npz", x=X, y=Y.astype(float))
    with refused("E0608", "has no array of whole numbers with one dimension", 'targets = ["y"]'):
        room.spec("npz", "f.npz")


def test_targets_that_are_not_there(room: Room):
    np.savez(room.folder / "f.npz", x=X, y=Y)
    with refused("E0608", "f.npz has no array `digit`", "it has `x`, `y`"):
        room.spec("npz", "f.npz", targets=["digit"])
    with refused("E0608", "no array left to be a feature"):
        room.spec("npz", "f.npz", targets=["x", "y"])
    with pytest.raises(Unfit, match="names `y` twice"):
        room.spec("npz", "f.npz", targets=["y", "y"])


# arrays that don't go together


@pytest.mark.parametrize(
    ("arrays", "code", "part"),
    [
        ({"x": X[1:], "y": Y}, "E0605", "`y` in {} has 6 rows, and `x` 5"),
        ({"x": X, "y": np.int64(3)}, "E0605", "`y` in {} is a single number"),
        ({"x": X[:0], "y": Y[:0]}, "E0605", "`x` in {} is empty: [0, 2]"),
        ({"x": X[:, :0], "y": Y}, "E0605", "`x` in {} is empty: [6, 0]"),
        ({"x y": X, "y": Y}, "E0605", "`x y` in {} is no name for a column"),
        ({"x": X, "y": Y, "test.x": X}, "E0605", "has `y` but no `test.y`"),
        ({"x": X, "y": Y, "test.x": X, "test.y": Y, "test.z": Y}, "E0605", "has `test.z` but no `z`"),
        ({"x": X, "y": Y, "test.x": X[:2], "test.y": Y[:3]}, "E0605", "`test.y` in {} has 3 rows, and `test.x` 2"),
        ({"x": X, "y": Y, "test.x": X[:, :1], "test.y": Y}, "E0605", "`x` and `test.x` in {} differ in shape or type"),
        ({"test.x": X, "test.y": Y}, "E0605", "nothing to train on"),
        ({"x": X, "y": Y - 1}, "E0607", "the label -1 in row 0 (counted from 0) of `y` in {} is negative"),
        ({"x": X, "y": Y + 10**9}, "E0607", "the label 1000000000 in row 0 (counted from 0) of `y` in {} is too large"),
        ({"x": X, "y": Y.astype(complex)}, "E0604", "`y` in {} holds complex numbers"),
        ({"x": X, "y": Y.astype(str)}, "E0604", "`y` in {} holds texts"),
        ({"x": X, "y": np.array(Y, dtype="M8[s]")}, "E0604", "`y` in {} holds dates"),
        ({"x": X, "y": np.zeros(6, dtype=[("a", int)])}, "E0604", "`y` in {} holds records"),
    ],
)
def test_arrays_that_do_not_fit(room: Room, arrays: dict[str, np.ndarray], code: str, part: str):
    path = room.folder / "f.npz"
    np.savez(path, **arrays)
    with refused(code, part.format(path)):
        room.spec("npz", "f.npz")


def test_values_that_do_not_fit_are_named_with_file_and_row(room: Room):
    path = room.folder / "f.npz"
    bad = X.astype(np.float64)
    bad[4, 1] = np.nan
    np.savez(path, x=bad, y=Y)
    with refused("E0606", f"`x` in {path} holds NaN (not a number) in row 4 (counted from 0)"):
        room.load("npz", "f.npz")
    bad[4, 1] = 1e39
    np.savez(path, x=bad, y=Y)
    with refused("E0606", f"`x` in {path} holds 1e+39 in row 4 (counted from 0), which is too large"):
        room.load("npz", "f.npz")


def test_test_labels_beyond_the_training_ones(room: Room):
    path = room.folder / "f.npz"
    np.savez(path, **{"x": X, "y": Y, "test.x": X, "test.y": np.array([0, 1, 2, 3, 0, 0])})
    with refused("E0607", f"`test.y` in {path} holds the label 3 in row 3", "labels go from 0 to 2"):
        room.load("npz", "f.npz")


def test_a_file_that_changed_after_the_check(room: Room):
    np.savez(room.folder / "f.npz", x=X, y=Y)
    spec = room.spec("npz", "f.npz")
    np.savez(room.folder / "f.npz", x=X[:5], y=Y[:5])
    with refused("E0605", "is [5, 2], and [6, 2] is expected"):
        load(spec, room.where)
    np.savez(room.folder / "f.npz", x=X, y=X)
    with refused("E0605", "`y` in", "is no row of labels any more"):
        load(spec, room.where)
    np.savez(room.folder / "f.npz", z=X, y=Y)
    with refused("E0605", "there is no `x` in", "any more"):
        load(spec, room.where)


# files that are no archives


def test_files_that_are_not_there(room: Room):
    with refused("E0601", f"there is no file {room.folder / 'f.npz'}"):
        room.spec("npz", "f.npz")
    with refused("E0601", "is a folder, not a file"):
        room.spec("npz", ".")
    with refused("E0601", "a path cannot hold a NUL character"):
        room.spec("npz", "a\0b")
    os.mkfifo(room.folder / "pipe.npz")
    with refused("E0601", "is not a plain file"):
        room.spec("npz", "pipe.npz")


def test_the_argument_at_fault_is_named(room: Room):
    with pytest.raises(Unfit) as caught:
        room.spec("npz", "f.npz")
    assert caught.value.parameter == "file"


@pytest.mark.parametrize("data", [b"PK\5\6", bytes(1000), b"\x89PNG\r\n"])
def test_files_that_are_no_archive(room: Room, data: bytes):
    (room.folder / "f.npz").write_bytes(data)
    with refused("E0602", "is damaged or cut off"):
        room.spec("npz", "f.npz")


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_every_cut_and_every_flip_is_an_error_or_harmless(room: Room, write):
    path = room.folder / "f.npz"
    write(path, x=X, y=Y)
    sound = path.read_bytes()
    table = room.load("npz", "f.npz")
    for cut in range(0, len(sound), 7):
        path.write_bytes(sound[:cut])
        with pytest.raises(Unfit):
            room.spec("npz", "f.npz")
    for at in range(0, len(sound), 3):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 0x10]) + sound[at + 1 :])
        try:
            again = load(room.spec("npz", "f.npz"), room.where)
        except Exception as error:
            assert type(error).__name__ in ("Unfit", "Failed"), error
        else:
            assert all(np.array_equal(again.get(name), array) for name, array in table.items())


@pytest.mark.parametrize(
    ("data", "code", "part"),
    [
        (lying_npy("(1000000000000, 1000)"), "E0602", "says that 4,000,000,000,000,000 bytes follow its header, and"),
        (lying_npy("(-4, -1)", body=bytes(16)), "E0602", "the header of `x` in"),
        (lying_npy("(True,)", body=bytes(4)), "E0602", "the header of `x` in"),
        (lying_npy("(3,)", body=bytes(16)), "E0602", "says that 12 bytes follow its header, and there are 16"),
        (lying_npy("4", body=bytes(16)), "E0602", "is damaged"),
        (lying_npy("(4,)", "'<f16'", bytes(64)), "E0604", "of at most 64 bits"),
        (lying_npy("(4,)", "__import__('os')", bytes(16)), "E0602", "is damaged"),
        (lying_npy("(" * 4000), "E0602", "is damaged"),
        (lying_npy("-" * 9000 + "1"), "E0602", "is damaged"),
        (lying_npy("(" + "1, " * 33 + ")", body=bytes(4)), "E0602", "is damaged"),
        (b"\x93NUMPY\2\0" + struct.pack("<L", 2**31), "E0602", "which no array's is"),
        (b"\x93NUMPY\7\0" + bytes(40), "E0602", "is not a numpy array"),
        (b"", "E0602", "is not a numpy array"),
    ],
)
def test_headers_that_lie(room: Room, data: bytes, code: str, part: str):
    zipped(room.folder / "f.npz", {"x.npy": data, "y.npy": npy(Y)})
    with refused(code, part):
        room.spec("npz", "f.npz")
    (room.folder / "x.npy").write_bytes(data)
    with refused(code):
        read_npy(room.folder / "x.npy")


class Trap:
    """Unpickled, it leaves a file behind."""

    def __init__(self, path: Path):
        self.path = str(path)

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.path,)


def test_pickles_are_never_opened(room: Room):
    trap = np.array([Trap(room.folder / "sprung")] * 6, dtype=object)
    np.savez(room.folder / "f.npz", x=trap, y=Y)
    with refused("E0604", "`x` in", "holds Python objects", "archc never does that"):
        room.spec("npz", "f.npz")
    np.save(room.folder / "x.npy", trap)
    with refused("E0604", "holds Python objects"):
        read_npy(room.folder / "x.npy")
    assert not (room.folder / "sprung").exists()


# bombs


def test_an_archive_that_unpacks_to_too_much(room: Room):
    path = room.folder / "f.npz"
    np.savez_compressed(path, x=np.zeros((6, 4_000_000), np.float32), y=Y)

    def attempt() -> None:
        with refused("E0603", "and says that it unpacks to 96,0", "save it uncompressed"):
            room.spec("npz", "f.npz")

    assert peak_of(attempt) < 2 * path.stat().st_size + 2**20


def test_a_member_that_unpacks_to_more_than_it_says(room: Room):
    path = zipped(
        room.folder / "f.npz",
        {"x.npy": npy(np.zeros(40_000_000, np.float32)), "y.npy": npy(Y)},
        zipfile.ZIP_DEFLATED,
    )
    data = bytearray(path.read_bytes())
    (real,) = struct.unpack_from("<L", data, 22)
    small = struct.pack("<L", 128 + 24)
    assert data.count(struct.pack("<L", real)) == 2
    data = data.replace(struct.pack("<L", real), small)
    data = data.replace(b"(40000000,)", b"(6,)       ")
    path.write_bytes(data)

    def attempt() -> None:
        with pytest.raises(Unfit), open_archive(path) as archive:
            archive.read("x")

    assert peak_of(attempt) < 2 * len(data) + 2**20


def test_a_table_of_contents_that_fills_the_memory(room: Room):
    entry = b"PK\1\2" + bytes(24) + struct.pack("<HHH", 1, 0, 0) + bytes(12) + b"a"
    entries = entry * 60_000
    end = b"PK\5\6" + bytes(4) + struct.pack("<HHLL", 60_000, 60_000, len(entries), 0) + bytes(2)
    path = room.folder / "f.npz"
    path.write_bytes(entries + end)

    def attempt() -> None:
        with refused("E0603", "lists too many files"):
            room.spec("npz", "f.npz")

    assert peak_of(attempt) < 2**22
    zipped(path, {f"a{n}.npy": b"" for n in range(10_001)})
    with refused("E0603", "lists 10,001 arrays"):
        room.spec("npz", "f.npz")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_that_are_no_arrays(room: Room):
    path = room.folder / "f.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", npy(X))
        archive.writestr("x.npy", npy(X))
    with refused("E0602", "`x` in", "is there twice"):
        room.spec("npz", "f.npz")
    zipped(path, {"readme.txt": b"hello"})
    with refused("E0602", "an `.npz` holds `.npy` files"):
        room.spec("npz", "f.npz")
    zipped(path, {"x.npy": npy(X)}, zipfile.ZIP_LZMA)
    with refused("E0602", "is packed in a way that archc doesn't read"):
        room.spec("npz", "f.npz")
    zipped(path, {})
    with refused("E0602", "holds no arrays"):
        room.spec("npz", "f.npz")


# what people give by mistake


def test_other_files_are_called_what_they_are(room: Room) -> None:
    for name, content, told in (
        ("empty.npz", b"", "is empty"),
        ("text.npz", b"1,2,3\n4,5,6\n", "is a text file"),
        ("array.npy", npy(X), "is a single array"),
    ):
        (room.folder / name).write_bytes(content)
        with refused("E0602", told, "numpy.savez"):
            room.spec("npz", name)


def test_a_missing_file_is_looked_for_somewhere(room: Room) -> None:
    with refused("E0601", "there is no file", f"the folder of the `.arch` file, {room.folder}"):
        room.spec("npz", "nothere.npz")


def test_numbers_past_float32_are_no_infinity(room: Room) -> None:
    x = X.astype(np.float64)
    x[3, 1] = 1e300
    np.savez(room.folder / "f.npz", x=x, y=Y)
    with refused("E0606", "`x` in", "holds 1e+300 in row 3", "too large for float32"):
        room.load("npz", "f.npz")


def test_negative_labels_are_told_to_count_from_0(room: Room) -> None:
    np.savez(room.folder / "f.npz", x=X, y=Y - 1)
    with refused("E0607", "labels count from 0 to k - 1", "add 1 to all"):
        room.spec("npz", "f.npz")


def test_parts_named_before_the_column_are_told_their_names(room: Room):
    x, y = np.zeros((4, 2)), np.array([0, 1, 0, 1])
    np.savez(room.folder / "f.npz", train_images=x, test_images=x, train_labels=y, test_labels=y)
    with refused("E0608", "`train_labels` as `labels`", "`test_images` as `test.images`"):
        room.spec("npz", "f.npz", targets=["train_labels"])
