"""Text tables: how columns, kinds, missing values and layouts are told, and which numbers come out."""

import gzip
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from archc.data.kinds import CategoryColumn, ColumnKind, NumberColumn, SkipColumn
from archc.data.readers import load
from archc.ir import DataSpec
from archc.parameters import Word

from .conftest import Room, peak_of, refused

HOUSES = """rooms,town,heated,price
3,Ulm,yes,250.5
4,Bonn,no,310
,Ulm,yes,199
5,,no,420.25
"""


def number(**said: object) -> ColumnKind:
    return NumberColumn.build([], said)


def category(**said: object) -> ColumnKind:
    return CategoryColumn.build([], said)


def write(room: Room, text: str, name: str = "f.csv") -> str:
    (room.folder / name).write_bytes(text.encode())
    return name


def shown(spec: DataSpec) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(field.name, field.kind, field.categories) for field in spec.features[0].fields]


FILLED = [number(missing=Word("median")), category(missing=Word("own"))]


def test_kinds_are_seen_and_all_features_make_one_flat_input(room: Room):
    spec = room.spec("csv", write(room, HOUSES), target=Word("price"), columns=FILLED)
    assert shown(spec) == [
        ("rooms", "number", ()),
        ("town", "category", ("Bonn", "Ulm", "(missing)")),
        ("heated", "category", ("no", "yes")),
    ]
    (features,) = spec.features
    assert (features.name, features.kind, features.shape, spec.examples) == ("features", "number", (6,), 4)
    assert [(c.name, c.kind, c.shape) for c in spec.targets] == [("price", "number", ())]
    assert (spec.validate_share, spec.test_share) == (0.2, 0.2)
    assert DataSpec.model_validate_json(spec.model_dump_json()) == spec


def test_the_numbers_that_come_out(room: Room):
    table = room.load("csv", write(room, HOUSES), target="price", columns=FILLED)
    expected = [[3, 0, 1, 0, 0, 1], [4, 1, 0, 0, 1, 0], [np.nan, 0, 1, 0, 0, 1], [5, 0, 0, 1, 1, 0]]
    np.testing.assert_array_equal(table["features"], np.array(expected, dtype=np.float32))
    assert table["price"].tolist() == [250.5, 310, 199, 420.25] and table["price"].dtype == np.float32


@pytest.mark.parametrize(
    ("rooms", "town", "rows", "third"),
    [
        (number(missing=2.0), category(missing=Word("own")), 4, [2, 0, 1, 0]),
        (number(missing=2.0, scale=4.0), category(missing=Word("own")), 4, [0.5, 0, 1, 0]),
        (number(missing=Word("drop")), category(missing=Word("drop")), 2, None),
        (SkipColumn.build([], {}), category(values=["Ulm", "Bonn", "Kiel"], missing=Word("mode")), 4, [1, 0, 0]),
    ],
)
def test_what_stands_for_a_missing_value(room: Room, rooms: ColumnKind, town: ColumnKind, rows: int, third):
    columns = [("rooms", rooms), ("town", town), ("heated", SkipColumn.build([], {}))]
    spec = room.spec("csv", write(room, HOUSES), target="price", columns=columns)
    table = room.load("csv", "f.csv", target="price", columns=columns)
    assert spec.examples == len(table["price"]) == rows
    if third is not None:
        assert table["features"][2].tolist() == third


def test_what_the_training_rows_are_to_fill_is_known_and_not_a_number(room: Room):
    columns = [number(missing=Word("mean")), category(missing=Word("mode"))]
    spec = room.spec("csv", write(room, HOUSES), target="price", columns=columns)
    assert spec.features[0].gaps == ((0, 1, "mean"), (1, 3, "mode"))
    features = room.load("csv", "f.csv", target="price", columns=columns)["features"]
    assert np.isnan(features).tolist()[2:] == [[True, False, False, False, False], [False, True, True, False, False]]


@pytest.mark.parametrize(
    ("text", "classes", "labels"),
    [
        ("a,b,y\n1,1,yes\n2,2,no\n", ("no", "yes"), [1, 0]),
        ("a,b,y\n1,1,10\n2,2,9\n", ("9", "10"), [1, 0]),
        ("a,b,y\n1,1,1.5\n2,2,9\n", (), [1.5, 9]),
        ("a,b,y\n1,1,+\n2,2,-\n", ("+", "-"), [0, 1]),
    ],
)
def test_targets(room: Room, text: str, classes: tuple[str, ...], labels: list[float]):
    spec = room.spec("csv", write(room, text), target="y")
    assert spec.targets[0].classes == classes
    assert room.load("csv", "f.csv", target="y")["y"].tolist() == labels


def test_positive_says_which_class_is_one(room: Room):
    write(room, "a,y\n1,+\n2,-\n")
    assert room.spec("csv", "f.csv", target="y", positive="+").targets[0].classes == ("-", "+")
    assert room.load("csv", "f.csv", target="y", positive="+")["y"].tolist() == [1, 0]


def test_whole_numbers_are_classes_unless_said_or_many(room: Room):
    write(room, "a,y\n" + "".join(f"{i},{i % 25}\n" for i in range(100)))
    assert room.spec("csv", "f.csv", target="y").targets[0].kind == "number"
    assert len(room.spec("csv", "f.csv", target="y", columns=[("y", category())]).targets[0].classes) == 25
    write(room, "a,y\n" + "".join(f"{i},{i % 3}\n" for i in range(100)))
    assert room.spec("csv", "f.csv", target="y").targets[0].classes == ("0", "1", "2")
    assert room.spec("csv", "f.csv", target="y", columns=[("y", number())]).targets[0].kind == "number"


def test_inputs_by_name(room: Room):
    write(room, "a,b,c,y\n1,2,u,0\n3,4,v,1\n")
    said = {"target": "y", "inputs": [("left", ["b", "a"]), ("right", [Word("c")])]}
    assert [(c.name, c.shape) for c in room.spec("csv", "f.csv", **said).features] == [("left", (2,)), ("right", (2,))]
    table = room.load("csv", "f.csv", **said)
    assert table["left"].tolist() == [[2, 1], [4, 3]] and table["right"].tolist() == [[1, 0], [0, 1]]


def test_several_targets_and_names_that_programs_cannot_use(room: Room):
    write(room, "a,house price (€),2nd\n1,2.5,x\n3,4.5,z\n")
    spec = room.spec("csv", "f.csv", targets=["house price (€)", "2nd"])
    assert [(column.name, column.kind) for column in spec.targets] == [("house_price", "number"), ("y_2nd", "class")]


# layouts

PLAIN = "a,b,y\n1,x,0\n2,z,1\n"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        (PLAIN, ","),
        (PLAIN.replace(",", ";"), ";"),
        (PLAIN.replace(",", "\t"), "\t"),
        (PLAIN.replace(",", "|"), "|"),
        (PLAIN.replace(",", "  "), " "),
        (PLAIN.replace("\n", "\r\n"), ","),
        (PLAIN.rstrip(), ","),
        ("\ufeff" + PLAIN, ","),
        ("\n" + PLAIN.replace("\n", "\n\n"), ","),
        (PLAIN.replace(",", " , "), ","),
        ('a,"b","y"\n"1","x",0\n2,"z",1\n', ","),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_every_layout_gives_the_same(room: Room, text: str, delimiter: str, pack: Callable[[bytes], bytes]):
    (room.folder / "f.csv").write_bytes(pack(text.encode()))
    spec = room.spec("csv", "f.csv", target="y")
    assert spec.arguments["delimiter"] == delimiter and spec.arguments["header"] is True
    assert shown(spec) == [("a", "number", ()), ("b", "category", ("x", "z"))]
    assert room.load("csv", "f.csv", target="y")["features"].tolist() == [[1, 1, 0], [2, 0, 1]]


def test_quotes_hold_delimiters_and_line_ends(room: Room):
    write(room, 'a,b,y\n1,"u, v",0\n2,"w\nx",1\n3,"say ""z""",1\n4,"u, v",oops\n')
    assert room.spec("csv", "f.csv", target="y", columns=[("y", category())]).features[0].fields[1].categories == (
        'say "z"',
        "u, v",
        "w\nx",
    )
    # the row behind a value of two lines is in line 6
    with refused("E0613", "line 6 of", "'oops'"):
        room.spec("csv", "f.csv", target="a", columns=[("y", number())])


def test_decimal_commas_do_not_split_where_semicolons_do(room: Room):
    write(room, "a;b;y\n1,5;2,5;u\n2,5;3,5;v\n")
    with refused("E0613", "line 2 of", "'1,5' in column `a`, with a decimal comma", "3.5"):
        room.spec("csv", "f.csv", target="y")


@pytest.mark.parametrize(
    ("text", "said", "names"),
    [
        ("1,u,0\n2,v,1\n", {}, ("A1", "A2", "A3")),
        ("1,u,0\n2,v,1\n", {"names": ["a", "b", "y"]}, ("a", "b", "y")),
        ("u,v,w\nu,x,w\n", {}, ("A1", "A2", "A3")),
        ("p,q,r\nu,x,w\nu,z,w\n", {}, ("p", "q", "r")),
        ("1,q,w\n2,x,w\n", {"header": False}, ("A1", "A2", "A3")),
        (",q,r\n1,x,w\n1,z,w\n", {}, ("A1", "q", "r")),
    ],
)
def test_where_names_come_from(room: Room, text: str, said: dict[str, object], names: tuple[str, ...]):
    write(room, text)
    spec = room.spec("csv", "f.csv", target=names[1], **said)
    assert spec.arguments["names"] == names


# a test part of its own


def test_a_test_file(room: Room):
    write(room, "a,b,y\n1,x,u\n2,z,v\n3,x,v\n")
    write(room, "a,b,y\n9,z,v.\n", "t.csv")
    said = {"target": "y", "test": "t.csv", "columns": [("y", category(strip="."))]}
    spec = room.spec("csv", "f.csv", **said)
    assert (spec.examples, spec.test_examples, spec.validate_share, spec.test_share) == (3, 1, 0.2, 0.0)
    table = room.load("csv", "f.csv", **said)
    assert table["test.features"].tolist() == [[9, 0, 1]] and table["test.y"].tolist() == [1]


# bounds


def test_what_was_read_is_not_read_again_unless_it_changed(room: Room):
    write(room, "a,y\n1,u\n2,v\n")
    assert room.spec("csv", "f.csv", target="y").examples == 2
    write(room, "a,y\n1,u\n2,v\n3,v\n")
    assert room.spec("csv", "f.csv", target="y").examples == 3


def test_a_file_that_changed_after_the_check_is_refused(room: Room):
    spec = room.spec("csv", write(room, "a,b,y\n1,x,u\n2,z,v\n"), target="y")
    for text, code, part in [
        ("a,b,y\n1,x,u\n", "E0605", "has 1 rows, and 2 are expected"),
        ("a,b,y\n1,x,u\n2,z,v\n3,x,u\n", "E0605", "has more than 2 rows"),
        ("a,b,y\n1,x,u\n2,new,v\n", "E0613", "line 3 of"),
        ("a,b,y\n1,x,u\n?,z,v\n", "E0613", "'?' in column `a`"),
        ("a,b,y\n1,x,u\nnan,z,v\n", "E0606", "row 1"),
        ("a,b,y\n1,x,u\n1,z,w\n", "E0613", "'w' in column `y`"),
    ]:
        write(room, text)
        with refused(code, part):
            load(spec, room.where)


def test_reading_takes_little_memory(room: Room):
    path = room.folder / "f.csv"
    path.write_text("a,b,y\n" + "".join(f"{i}.{i % 7},{'uvw'[i % 3]},{i % 2}\n" for i in range(200_000)))
    size = path.stat().st_size
    assert peak_of(lambda: room.spec("csv", "f.csv", target="y")) < 24e6
    assert peak_of(lambda: room.load("csv", "f.csv", target="y")) < 2 * size + 64 * 2**20


def test_the_check_needs_no_numpy(room: Room):
    write(room, "a,y\n1,u\n2,v\n")
    code = (
        "import sys; from pathlib import Path; from archc.data.dataset import Where; "
        "from archc.data.tabular import Csv; "
        "spec = Csv.build(['f.csv'], {'target': 'y'}).spec(Where(Path()));"
        "print(spec.examples, [m for m in ('numpy', 'jax', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=room.folder)
    assert done.stdout.strip() == "2 []"


def test_whole_numbers_with_a_point_are_classes_without_it(room: Room):
    rows = "a,c,y\n1.5,1.0,0.0\n2.5,2.0,1.0\n3.5,1,1\n"
    columns = [("c", category())]
    spec = room.spec(
        "csv", write(room, rows), target="y", test=write(room, rows, "t.csv"), columns=columns, positive="1"
    )
    assert spec.targets[0].classes == ("0", "1") and shown(spec)[1] == ("c", "category", ("1", "2"))
    table = load(spec, room.where)
    assert table["y"].tolist() == table["test.y"].tolist() == [0, 1, 1]
    assert table["features"].tolist() == [[1.5, 1, 0], [2.5, 0, 1], [3.5, 1, 0]]


@pytest.mark.parametrize(("values", "codes"), [(["1", "0"], [1, 0]), (["1.0", "0.0"], [1, 0])])
def test_listed_classes_are_found_with_and_without_a_point(room: Room, values: list[str], codes: list[int]):
    columns = [("y", category(values=values))]
    table = room.load("csv", write(room, "a,y\n1,0.0\n2,1.0\n"), target="y", columns=columns)
    assert table["y"].tolist() == codes


def test_numbers_with_other_digits_behind_the_point_stay_numbers(room: Room):
    spec = room.spec("csv", write(room, "a,y\n1,0.0\n2,1.0\n3,0.5\n"), target="y")
    assert spec.targets[0].kind == "number"


def test_what_is_said_to_know_a_new_category_is_enough(room: Room):
    write(room, "b,y\nx.,1.5\n,2.5\nz,3.5\n")
    write(room, "b,y\nw.,1.5\nu,2.5\n,1.5\n", "t.csv")
    gaps = category(missing=Word("own"), strip=".")
    kind = 'category(values = ["x", "z", "u", "w"], missing = own, strip = ".")'
    with refused("E0613", "line 2 of", "'w.'", f"`columns = [b = {kind}]`"):
        room.spec("csv", "f.csv", target="y", test="t.csv", columns=[("b", gaps)])
    enough = category(values=["x", "z", "u", "w"], missing=Word("own"), strip=".")
    table = room.load("csv", "f.csv", target="y", test="t.csv", columns=[("b", enough)])
    assert table["test.features"].argmax(axis=1).tolist() == [3, 2, 4]


def test_of_many_categories_a_message_names_some_and_the_new_one(room: Room):
    write(room, "b,y\n" + "".join(f"w{at:02d},{at}.5\n" * 2 for at in range(30)))
    write(room, "b,y\nnew,1.5\n", "t.csv")
    with refused("E0613", '["w00", "w01", "w02", …, "new"]'):
        room.spec("csv", "f.csv", target="y", test="t.csv")


def test_categories_that_differ_by_case_or_blanks_are_doubted(room: Room):
    rows = "a,y\nRed,Yes\nred,yes\nRED,no\nsky blue,no\nskyblue,no\ngreen,no\n"
    spec = room.spec("csv", write(room, rows), target="y")
    assert spec.doubts == (
        "`RED`, `Red` and `red` are different categories of `a`, by case or blanks alone",
        "`sky blue` and `skyblue` are different categories of `a`, by case or blanks alone",
        "`Yes` and `yes` are different categories of `y`, by case or blanks alone",
    )
    listed = category(values=["Red", "red", "RED", "sky blue", "skyblue", "green"])
    assert len(room.spec("csv", "f.csv", target="y", columns=[("a", listed)]).doubts) == 1
