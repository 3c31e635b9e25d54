"""Data that don't fit are refused before the first step, with the file and, where there is one, the row.

A case makes its files in an empty folder, and is the code of the message and what the message holds.
"""

import gzip
import io
import os
import struct
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archc.data.archive import UNASKED
from archc.data.dataset import Where
from archc.data.kinds import CategoryColumn, NumberColumn
from archc.data.readers import load
from archc.diagnostics import Failed
from archc.parameters import Unfit, Word
from tests.cost import timed

from .conftest import Room, data_set, peak_of, refused

GOOD = "a,b,y\n1,u,no\n2,v,yes\n3,u,yes\n"
X = np.arange(12, dtype=np.float32).reshape(6, 2)
Y = np.array([0, 1, 2, 0, 1, 2])


@dataclass(frozen=True)
class Case:
    """What stands in files by name (a text, bytes, or arrays for an `.npz`), what is said, and what is answered."""

    files: Mapping[str, Any]
    code: str
    parts: tuple[str, ...]
    said: Mapping[str, Any] = field(default_factory=lambda: {"target": "y"})
    data: str = "csv"
    file: str = "f.csv"


def csv(text: str | bytes, code: str, *parts: str, **said: Any) -> Case:
    return Case({"f.csv": text}, code, parts, {"target": "y", **said})


def pair(test: str, code: str, *parts: str) -> Case:
    """A good file and a test file."""
    return Case({"f.csv": GOOD, "t.csv": test}, code, parts, {"target": "y", "test": "t.csv"})


def npz(code: str, *parts: str, targets: Any = (), **arrays: Any) -> Case:
    named = {name.replace("test_", "test."): array for name, array in arrays.items()}
    said = {"targets": targets} if targets else {}
    return Case({"f.npz": named}, code, parts, said, "npz", "f.npz")


def bomb(count: int) -> bytes:
    """A table of so many bytes, mostly blanks, packed."""
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) as file:
        file.write(b"a,y\n")
        for _ in range(count // 2**20):
            file.write((b"1" + b" " * 1020 + b",u\n") * 2**10)
    return stream.getvalue()


def lying(shape: str) -> bytes:
    """An `.npz` whose one array claims a shape that it doesn't have."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text)
    return stream.getvalue()


def infinite(row: int) -> np.ndarray:
    values = X.copy()
    values[row, 1] = np.inf
    return values


CASES = {
    # rows and columns
    "ragged, short": csv(GOOD + "4,u\n", "E0605", "line 5 of", "f.csv has 2 values, and the header has 3"),
    "ragged, long": csv(GOOD + "4,u,no,9\n", "E0605", "line 5 of", "has 4 values"),
    "ragged without a header": csv("1,u,no\n2,v\n", "E0605", "line 2 of", "the first has 3", target="A3"),
    "empty": csv("", "E0602", "f.csv is empty"),
    "blank lines only": csv("\n \n\n", "E0602", "f.csv is empty"),
    "only a header": csv("a,b,y\n", "E0605", "f.csv has a header and no rows", header=True),
    "a column named twice": csv("a,a,y\n1,2,u\n2,3,v\n", "E0605", "names `a` twice, in columns 1 and 2"),
    "target not there": csv(GOOD, "E0608", "f.csv has no column `z`", "it has `a`, `b`, `y`", target="z"),
    "target misspelt": csv(GOOD, "E0608", "f.csv has no column `Y`", "did you mean `y`?", target="Y"),
    "no target said": csv(GOOD, "E0608", "to be learnt is not said", "target = y", target=None),
    "too few names": csv("1,2,u\n2,3,v\n", "E0605", "2 names, and", "has 3 columns", names=["a", "y"]),
    "a single column": csv("y\nu\nv\n", "E0605", "f.csv has a single column"),
    "wrong delimiter": csv(GOOD, "E0605", "has no semicolons", "separated by commas", delimiter=";"),
    "nothing but targets": csv("b,y\nu,no\nv,yes\n", "E0608", "no column left", targets=["b", "y"], target=None),
    # values
    "header as data": csv(GOOD, "E0613", "line 1 of", "'a' among the numbers of column `A1`", "`header = true`",
                          header=False, target="A3"),
    "data as a header": csv("5.1,3.5,u\n4.9,3.0,v\n", "E0605", "would hold numbers, such as 5.1", "`header = false`",
                            header=True),
    "text among numbers": csv("a,y\n" + "1,u\n2,v\n" * 9 + "3 km,u\n", "E0613", "line 20 of", "'3 km'", "column `a`"),
    "an empty place": csv(GOOD + ",u,no\n", "E0613", "column `a` of", "1 missing value, the first in line 5",
                          "`columns = [a = number(missing = median)]`"),
    "an empty category": csv(GOOD + "4,,no\n", "E0613", "column `b`", "line 5", "category(missing = own)"),
    "a missing target": csv(GOOD + "4,u,\n", "E0613", "the target, column `y`", "1 missing value, the first in line 5",
                            "`columns = [y = category(missing = drop)]` leaves such rows out"),
    "a missing target where categories are filled": csv(GOOD + "4,u,\n", "E0613", "the target, column `y`",
                                                        "y = category(missing = drop)",
                                                        columns=[CategoryColumn.build([], {"missing": Word("own")})]),
    "a missing number to learn": csv("a,y\n1,2.5\n2,3.5\n3,\n", "E0613", "y = number(missing = drop)"),
    "missing under a name": csv(GOOD.replace("3,u", "N/A,u") + "4,u,no\n" * 9, "E0613", "line 4 of", "'N/A'",
                                'missing = "N/A"'),
    "a question mark among words": csv(GOOD + "4,?,no\n", "E0613", "line 5 of", "is its value missing?",
                                       'missing = "?"'),
    "NaN": csv(GOOD + "nan,u,no\n" + "1,u,no\n" * 9, "E0613", "line 5 of", "'nan'", 'missing = "nan"'),
    "infinity": csv(GOOD + "inf,u,no\n", "E0606", "line 5 of", "'inf'", "not a finite number"),
    "past float32": csv(GOOD + "1e39,u,no\n", "E0606", "line 5 of", "'1e39'"),
    "a column of dates": csv("a,d,y\n1,2024-01-31,u\n2,2024-02-01,v\n", "E0613", "column `d`", "dates", "line 2",
                             "[d = skip]"),
    "a column of names": csv("n,y\n" + "".join(f"name{i},{'uv'[i % 2]}\n" for i in range(30)), "E0613", "column `n`",
                             "30 different values", "line 2", "[n = skip]"),
    "a column of nothing": csv("a,e,y\n1,,u\n2,,v\n", "E0613", "column `e`", "no value in any row", "[e = skip]"),
    "one class only": csv("a,y\n1,u\n2,u\n", "E0607", "column `y` of", "is 'u' in all 2 rows"),
    "positive is no class": csv(GOOD, "E0608", "`maybe`", "`no`, `yes`", positive="maybe"),
    "a class not listed": csv(GOOD, "E0613", "line 3 of", "'v'", "none of its categories",
                              columns=[("b", CategoryColumn.build([], {"values": ["u"]}))]),
    "numbers asked of words": csv(GOOD, "E0613", "line 2 of", "'u'", columns=[("b", NumberColumn.build([], {}))]),
    "decimal commas": csv("a;y\n1,5;u\n2,5;v\n", "E0613", "line 2 of", "'1,5'", "a decimal comma"),
    "some decimal commas": csv("a;y\n1;u\n6,25;v\n0,5;v\n10;u\n", "E0613", "line 3 of", "'6,25'", "a decimal comma",
                               "points into numbers: 3.5", "columns = [a = category]"),
    "a target with decimal commas": csv("a;y\n1;2\n3;0,5\n4;1\n", "E0613", "line 3 of", "'0,5'", "column `y`"),
    "percent signs": csv("a,y\n1%,u\n12 %,v\n2.5%,v\n", "E0613", "line 2 of", "'1%'", "a percent sign", "out: 1;"),
    "thousands or decimals": csv('a,y\n900,u\n"1,200",v\n"3,500",v\n', "E0613", "line 3 of", "'1,200'",
                                 "thousands or stand for a decimal point", "out: 1200", "a point: 1.200"),
    "thousands": csv('a,y\n"1,200",u\n"1,200,000",v\n900,v\n', "E0613", "line 3 of", "'1,200,000'", "thousands",
                     "out: 1200"),
    "commas that are no thousands": csv('a,y\n"1,200",u\n"0,200",v\n', "E0613", "line 3 of", "'0,200'", "a decimal"),
    # bytes
    "not UTF-8": csv("a,y\n1,u\n2,Köln\n".encode("latin-1"), "E0602", "line 3 of", "not UTF-8 text", "byte 4", "0xf6"),
    "UTF-16": csv(GOOD.encode("utf-16"), "E0602", "f.csv is UTF-16"),
    "a NUL byte": csv(b"a,y\n1,u\n2,\0v\n", "E0602", "line 3 of", "a NUL byte"),
    "a spreadsheet": csv(b"PK\3\4" + bytes(60), "E0602", "f.csv is no text", "exported as CSV"),
    "a quote that never ends": csv('a,y\n1,u\n2,"v\n3,u\n', "E0602", "line 3 of", "is not CSV"),
    "a quote inside": csv('a,y\n1,u\n2,"v"w\n', "E0602", "line 3 of", "is not CSV", "doubled"),
    "a line without end": csv(b"a,y\n" + b"1" * 2**21, "E0603", "line 2 of", "longer than a megabyte"),
    "cut-off gzip": csv(gzip.compress(GOOD.encode() * 99)[:-12], "E0602", "f.csv is damaged or cut off"),
    "damaged gzip": csv(gzip.compress(GOOD.encode())[:20] + b"\xff" * 40, "E0602", "f.csv is damaged"),
    "a gzip bomb": csv(bomb(2 * UNASKED), "E0603", "f.csv", "unpacks to"),
    # two files
    "test file not there": Case({"f.csv": GOOD}, "E0601", ("no file", "t.csv"), {"target": "y", "test": "t.csv"}),
    "test file of other width": pair("a,y\n1,no\n", "E0605", "t.csv has 2 columns", "f.csv has 3"),
    "test file of other columns": pair("a,c,y\n1,u,no\n", "E0605", "column 2 of", "t.csv is `c`", "`b`"),
    "a category only in the test file": pair("a,b,y\n1,w,no\n", "E0613", "line 2 of", "t.csv", "'w'", "`b`",
                                            'columns = [b = category(values = ["u", "v", "w"])]'),
    "a class only in the test file": pair("a,b,y\n1,u,perhaps\n", "E0613", "line 2 of", "t.csv", "'perhaps'"),
    "labels with a dot in the test file": pair("a,b,y\n1,u,no.\n", "E0613", "t.csv", "'no.'", 'strip = "."'),
    "missing only in the test file": pair("a,b,y\n1,u,no\n,u,no\n", "E0613", "t.csv", "line 3", "column `a`"),
    "text in the test file's numbers": pair("a,b,y\n1,u,no\nx,u,no\n", "E0613", "t.csv", "line 3", "'x'"),
    "empty test file": pair("a,b,y\n", "E0605", "t.csv has no rows"),
    # arrays
    "arrays of other lengths": npz("E0605", "`y` in", "has 5 rows, and `x` 6", x=X, y=Y[:5]),
    "labels out of range": npz("E0607", "the label -1 in row 5", "add 1 to all", x=X, y=np.array([0, 1, 2, 0, 1, -1])),
    "labels past those of training": npz("E0607", "`test.y`", "label 7 in row 1", x=X, y=Y, test_x=X[:2],
                                         test_y=np.array([0, 7])),
    "infinity in an array": npz("E0606", "`x` in", "infinity in row 4", x=infinite(4), y=Y),
    "one label only": npz("E0607", "`y` in", "is 0 in all of its 6 rows", x=X, y=np.zeros(6, int)),
    "labels of two dimensions": npz("E0608", "`y` is [6, 1]", "`y[:, 0]`", x=X, y=Y[:, None]),
    "parts under other names": npz("E0608", "has `X_train` and `X_test`", "`X_train` as `x`", "`y_test` as `test.y`",
                                   '"test.x": X_test', X_train=X, y_train=Y, X_test=X[:3], y_test=Y[:3]),
    "one-hot labels": npz("E0608", "`y.argmax(axis=1)`", x=X, y=np.eye(3, dtype=int)[Y]),
    "training and test columns differ": npz("E0605", "`x` and `test.x` in", "differ", x=X, y=Y, test_x=X[:, :1],
                                            test_y=Y),
    "a lying header": Case({"f.npz": lying("(1000000, 1000)")}, "E0602", ("`x` in", "4,000,000,000 bytes"), {}, "npz",
                           "f.npz"),
    "a table for arrays": Case({"f.npz": GOOD}, "E0602", ("f.npz is a text file",), {}, "npz", "f.npz"),
    "arrays for a table": Case({"f.csv": {"x": X}}, "E0602", ("f.csv is no text",)),
}  # fmt: skip


def make(folder: Path, files: Mapping[str, Any]) -> None:
    for name, content in files.items():
        if isinstance(content, Mapping):
            with (folder / name).open("wb") as file:
                np.savez(file, **content)
        else:
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def whole(case: Case, folder: Path) -> None:
    """What `archc check` and the start of `archc train` do."""
    where = Where(folder)
    load(data_set(case.data, case.file, **{k: v for k, v in case.said.items() if v is not None}).spec(where), where)


@pytest.mark.parametrize("name", CASES)
def test_bad_data_are_refused_with_file_and_row(name: str, tmp_path: Path):
    case = CASES[name]
    make(tmp_path, case.files)

    def told() -> None:
        with refused(case.code, *case.parts, *(() if "test" in case.said else case.files)):
            whole(case, tmp_path)

    _, seconds = timed(told)
    assert seconds < 20, "0.3 on a machine of its own"


def test_there_are_more_than_thirty():
    assert len(CASES) >= 50


def test_good_data_are_not_refused(tmp_path: Path):
    make(tmp_path, {"f.csv": GOOD, "t.csv": GOOD, "f.npz": {"x": X, "y": Y}})
    whole(csv(GOOD, ""), tmp_path)
    whole(pair(GOOD, ""), tmp_path)
    whole(npz("", x=X, y=Y), tmp_path)


@pytest.mark.parametrize("make_it", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
@pytest.mark.parametrize("data", ["csv", "npz"])
def test_what_is_no_plain_file_is_refused_at_once(data: str, make_it: Callable[[Path], None], room: Room):
    make_it(room.folder / "f")
    said = {"target": "y"} if data == "csv" else {}
    with refused("E0601", "/f is"):
        room.spec(data, "f", **said)


@pytest.mark.parametrize("path", ["gone.csv", "a\0b", "x" * 5000])
def test_paths_that_lead_nowhere(path: str, room: Room):
    with refused("E0601"):
        room.spec("csv", path, target="y")


def test_a_bomb_does_not_fill_the_memory(room: Room):
    (room.folder / "f.csv.gz").write_bytes(bomb(2 * UNASKED))

    def attempt() -> None:
        with refused("E0603", "unpacks to"):
            room.spec("csv", "f.csv.gz", target="y")

    assert peak_of(attempt) < 64 * 2**20


@pytest.mark.parametrize("seed", range(60))
def test_damage_never_causes_anything_else(seed: int, room: Room):
    """Bytes of a good file that are changed, taken out or put in: it is read, or refused in words."""
    random = np.random.RandomState(seed)
    data = bytearray((GOOD * 5).encode() if seed % 2 else gzip.compress((GOOD * 5).encode(), mtime=0))
    for _ in range(1 + seed % 4):
        at = int(random.randint(len(data)))
        data[at : at + int(random.randint(3))] = bytes(random.randint(0, 256, random.randint(3), dtype=np.uint8))
    (room.folder / "f.csv").write_bytes(data)
    with suppress(Unfit, Failed):
        room.load("csv", "f.csv", target="y")
