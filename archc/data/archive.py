"""Reads `.npy` and `.npz` files as if each were hostile: no pickles, no bombs, no lying headers.

Headers are read without numpy, which costs a tenth of a second at every start.
"""

import ast
import gzip
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from archc.parameters import Unfit

if TYPE_CHECKING:
    import numpy as np

MOST_ARRAYS = 10_000
LONGEST_HEADER = 10_000
LARGEST_DIRECTORY = 2**20
"""Bytes that a zip file's table of contents may have."""
CHUNK = 2**20
UNASKED = 2**26
"""Bytes that any file may unpack to, however small it is."""
RATIO = 100
"""How many times its own size a file may unpack to beyond that."""

KINDS = {"f": (2, 4, 8), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "b": (1,)}
"""numpy's letters for the types that are read, and their bytes."""


def regular(path: Path) -> int:
    """The size of a plain file. Raises Unfit (E0601) for a missing file, a folder, a pipe."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise Unfit(f"there is no file {path}", code="E0601") from None
    except OSError as error:
        raise Unfit(f"{path} cannot be read: {error.strerror or error}", code="E0601") from None
    except ValueError:
        raise Unfit("a path cannot hold a NUL character", code="E0601") from None
    if stat.S_ISDIR(status.st_mode):
        raise Unfit(f"{path} is a folder, not a file", code="E0601")
    if not stat.S_ISREG(status.st_mode):
        raise Unfit(f"{path} is not a plain file", "pipes and devices are not read", code="E0601")
    return status.st_size


def unpacked(file: IO[bytes]) -> tuple[IO[bytes], bool]:
    """The bytes of an open file, unpacked if it is packed by gzip, and whether it is."""
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return (gzip.GzipFile(fileobj=file) if packed else file), packed  # type: ignore[return-value]


def refuse_bomb(unpacked: int, size: int, path: Path) -> None:
    """Raises Unfit (E0603) if a file of `size` bytes unpacks to more than is sane."""
    if unpacked > max(UNASKED, RATIO * size):
        raise Unfit(
            f"{path} is {size:,} bytes long and says that it unpacks to {unpacked:,}",
            f"archc unpacks at most {RATIO} times a file's size; if it is sound, save it uncompressed",
            code="E0603",
        )


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Turns what reading a damaged file raises into Unfit (E0602), and what the system refuses into E0601."""
    damaged = (EOFError, zipfile.BadZipFile, zlib.error, struct.error)
    try:
        yield
    # zipfile raises the last three for what it cannot unpack: unknown methods, passwords, impossible names
    except (*damaged, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
        raise Unfit(f"{path} is damaged or cut off ({error})", "copy or make the file again", code="E0602") from None
    except OSError as error:
        # without an errno it comes from a decoder, not from the system
        problem, code = ("cannot be read", "E0601") if error.errno else ("is damaged or cut off", "E0602")
        raise Unfit(f"{path} {problem} ({error.strerror or error})", code=code) from None


def read_exactly(stream: IO[bytes], count: int, what: str) -> bytearray:
    """The rest of a stream, which must be `count` bytes: no more than one beyond that is ever unpacked.

    Raises Unfit (E0602).
    """
    data = bytearray()
    while piece := stream.read(min(CHUNK, count + 1 - len(data))):
        data += piece
    if len(data) != count:
        there = "more" if len(data) > count else f"only {len(data):,}"
        raise Unfit(
            f"{what} says that {count:,} bytes follow its header, and there are {there}",
            "the file is cut off or its header is wrong: copy or make it again",
            code="E0602",
        )
    return data


@dataclass(frozen=True)
class Header:
    """What the head of a `.npy` says: shape, numpy's text for the type (`<f4`), whether columns come first."""

    shape: tuple[int, ...]
    dtype: str
    columns_first: bool

    @property
    def kind(self) -> str:
        """The type without its byte order: `f4`, `u1`, `b1`."""
        return self.dtype.lstrip("<>|=")

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers, or true and false."""
        return self.kind[0] in "iub"

    @property
    def bytes(self) -> int:
        """Bytes of the array."""
        return prod(self.shape) * int(self.kind[1:])


def read_header(stream: IO[bytes], size: int, what: str) -> Header:
    """The header of a `.npy` that is `size` bytes long; `what` is the array's name for messages.

    Raises Unfit: E0602 for what is no header or doesn't go with the size, E0604 for types that
    are not numbers.
    """
    start = stream.read(8)
    width = {1: 2, 2: 4, 3: 4}.get(start[6], 0) if len(start) == 8 else 0
    if start[:6] != b"\x93NUMPY" or not width:
        raise Unfit(f"{what} is not a numpy array", "write it with `numpy.save` or `numpy.savez`", code="E0602")
    length = int.from_bytes(stream.read(width), "little")
    if length > LONGEST_HEADER:
        raise Unfit(f"the header of {what} is {length:,} bytes long, which no array's is", code="E0602")
    text = stream.read(length).decode("latin1")
    try:
        entries = ast.literal_eval(text.strip())
        header = _header(entries["descr"], entries["shape"], entries["fortran_order"], what)
    except (ValueError, TypeError, KeyError, SyntaxError, MemoryError, RecursionError):
        raise Unfit(f"the header of {what} is damaged", "write the file again", code="E0602") from None
    rest = size - 8 - width - length
    if header.bytes != rest:
        raise Unfit(
            f"{what} says that {header.bytes:,} bytes follow its header, and there are {max(rest, 0):,}",
            "the file is cut off or its header is wrong: copy or make it again",
            code="E0602",
        )
    return header


def _header(descr: object, shape: object, columns_first: object, what: str) -> Header:
    if not isinstance(shape, tuple) or len(shape) > 32 or not all(type(n) is int and 0 <= n < 2**63 for n in shape):
        raise ValueError("shape")
    if not isinstance(columns_first, bool):
        raise TypeError("fortran_order")
    letter = re.fullmatch(r"[<>|=]?([A-Za-z])(\d{0,9})(\[.*\])?", descr) if isinstance(descr, str) else None
    if letter is None or int(letter[2] or 0) not in KINDS.get(letter[1], ()):
        if letter is not None and letter[1] == "O":
            raise Unfit(
                f"{what} holds Python objects, which could be read only by running code from the file",
                "archc never does that: save plain numbers, for instance with `.astype('float32')`",
                code="E0604",
            )
        raise Unfit(
            f"{what} holds {_told(letter)}, and archc reads whole numbers and floats of at most 64 bits",
            "turn it into such numbers first",
            code="E0604",
        )
    return Header(shape, str(descr), columns_first)


def _told(letter: re.Match[str] | None) -> str:
    words = {"U": "texts", "S": "texts", "c": "complex numbers", "M": "dates", "m": "durations", "V": "records"}
    return words.get(letter[1] if letter else "V", "values of another kind")


def read_array(stream: IO[bytes], size: int, what: str) -> "np.ndarray[Any, Any]":
    """The array of a `.npy` stream that is `size` bytes long, in the machine's byte order and C order.

    Takes no more memory than `size` says, whatever the header does. Raises Unfit (E0602, E0604).
    """
    import numpy as np

    header = read_header(stream, size, what)
    flat = np.frombuffer(read_exactly(stream, header.bytes, what), dtype=np.dtype(header.dtype))
    array = flat.reshape(header.shape, order="F" if header.columns_first else "C")
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")).reshape(header.shape)


def read_npy(path: Path) -> "np.ndarray[Any, Any]":
    """The array of a `.npy` file. Raises Unfit (E0601, E0602, E0604)."""
    size = regular(path)
    with damage_told(path), path.open("rb") as stream:
        return read_array(stream, size, str(path))


def refuse_other_kind(stream: io.BufferedReader, size: int, path: Path) -> None:
    """Raises Unfit (E0602) for an empty file, a single array and a text, and says that it is one."""
    start = stream.read(512)
    stream.seek(0)
    if not size:
        raise Unfit(f"{path} is empty", "save the arrays with `numpy.savez`", code="E0602")
    if start.startswith(b"\x93NUMPY"):
        help = 'save all arrays in one file with `numpy.savez("data.npz", x = x, y = y)`'
        raise Unfit(f"{path} is a single array, a `.npy`, and not an `.npz`", help, code="E0602")
    if not start.startswith(b"PK") and all(byte in b"\t\n\r\f" or 32 <= byte < 127 for byte in start):
        help = "read its numbers and save them with `numpy.savez`"
        raise Unfit(f"{path} is a text file and not an `.npz`", help, code="E0602")


class Archive:
    """An open `.npz`: `headers` by array name, in the file's order."""

    def __init__(self, path: Path, file: zipfile.ZipFile, size: int):
        self.path = path
        self.headers: dict[str, Header] = {}
        self._file = file
        self._members: dict[str, zipfile.ZipInfo] = {}
        members = file.infolist()
        if len(members) > MOST_ARRAYS:
            raise Unfit(f"{path} lists {len(members):,} arrays", f"at most {MOST_ARRAYS:,} are read", code="E0603")
        refuse_bomb(sum(member.file_size for member in members), size, path)
        for member in members:
            self._add(member)
        if not self.headers:
            raise Unfit(f"{path} holds no arrays", "write it with `numpy.savez`", code="E0602")

    def _add(self, member: zipfile.ZipInfo) -> None:
        name = member.filename.removesuffix(".npy")
        what = f"`{name}` in {self.path}"
        if member.filename == name:
            raise Unfit(f"{what} is not an array: an `.npz` holds `.npy` files", code="E0602")
        if name in self.headers:
            raise Unfit(f"{what} is there twice", "write the file again", code="E0602")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unfit(f"{what} is packed in a way that archc doesn't read", "use `numpy.savez`", code="E0602")
        with self._file.open(member) as stream:
            self.headers[name] = read_header(stream, member.file_size, what)
        self._members[name] = member

    def read(self, name: str) -> "np.ndarray[Any, Any]":
        """One array, unpacked. Raises Unfit (E0601, E0602)."""
        member = self._members[name]
        with damage_told(self.path), self._file.open(member) as stream:
            return read_array(stream, member.file_size, f"`{name}` in {self.path}")


class _Sparing(io.BufferedReader):
    """Refuses to read much at once: a zip file's table of contents is the one thing that is read whole."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > LARGEST_DIRECTORY:
            raise Unfit(f"{self.name} lists too many files", f"at most {MOST_ARRAYS:,} are read", code="E0603")
        return super().read(size)


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Opens an `.npz` and reads its headers. Raises Unfit (E0601 to E0604)."""
    size = regular(path)
    with damage_told(path):
        stream = _Sparing(io.FileIO(path))
    with closing(stream):
        with damage_told(path):
            refuse_other_kind(stream, size, path)
            archive = Archive(path, zipfile.ZipFile(stream), size)
        yield archive
