"""Data that are computed, and how tables are checked, saved and known again."""

import errno
import hashlib
import json
import sys

import numpy as np
import pytest

from archc.data.readers import check_against, fingerprint, load, save
from archc.data.table import check_table
from archc.ir import Item, Monitor, Recipe

from .conftest import Room, refused

KNOWN = {
    "digits": "af888f54",
    "xor": "252b66ab",
    "moons": "0179df5a",
    "circles": "d9a2a74c",
    "blobs": "8714d8b9",
}


@pytest.mark.parametrize("name", KNOWN)
def test_made_data_are_the_same_everywhere(room: Room, name: str):
    table = room.load(name)
    spec = room.spec(name)
    for column in spec.features + spec.targets:
        array = table[column.name]
        assert array.shape == (spec.examples, *column.shape)
        assert array.dtype == (np.int32 if column.kind == "class" else np.float32)
        assert array.flags.c_contiguous
    assert fingerprint(table).startswith(KNOWN[name])


def test_digits_are_scaled_to_one(room: Room):
    table = room.load("digits")
    assert (table["image"].min(), table["image"].max()) == (0.0, 1.0)
    assert np.bincount(table["digit"]).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_a_missing_scikit_learn_is_told(room: Room, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with refused("E0611", "`digits` comes with scikit-learn, which is not installed", "`pip install scikit-learn`"):
        room.load("digits")


def test_xor_is_the_exclusive_or(room: Room):
    table = room.load("xor")
    assert np.array_equal(table["x"][:, 0] != table["x"][:, 1], table["y"] == 1)


def test_points_without_noise_lie_where_they_are_said_to(room: Room):
    circles = room.load("circles", 101, 0)
    radius = np.hypot(*circles["x"].T)
    assert np.allclose(radius, np.where(circles["y"] == 0, 1, 0.5), atol=1e-6)
    assert np.bincount(circles["y"]).tolist() == [51, 50]
    moons = room.load("moons", 10, 0)
    assert np.allclose(np.hypot(*moons["x"][:5].T), 1, atol=1e-6)
    assert np.allclose(np.hypot(*(moons["x"][5:] - [1, 0.5]).T), 1, atol=1e-6)
    blobs = room.load("blobs", 7, 3, 0)
    assert np.bincount(blobs["y"]).tolist() == [3, 2, 2]
    assert np.allclose(np.hypot(*blobs["x"].T), 2, atol=1e-6)


def test_the_seed_picks_the_points(room: Room):
    assert fingerprint(room.load("moons", seed=1)) != fingerprint(room.load("moons", seed=2))
    assert fingerprint(room.load("moons", seed=1)) == fingerprint(room.load("moons", seed=1))


def test_examples_become_columns(room: Room):
    table = room.load("examples", [[0, 1, 2.5], [3, 4, 5]])
    assert table["x"].tolist() == [[0, 1], [3, 4]]
    assert table["y"].tolist() == [[2.5], [5]]
    assert all(array.dtype == np.float32 and array.flags.c_contiguous for array in table.values())


def test_a_table_saved_twice_gives_the_same_bytes(room: Room):
    table = room.load("moons", 50)
    save(table, room.folder / "one.npz")
    save(dict(reversed(table.items())), room.folder / "two.npz")
    assert (room.folder / "one.npz").read_bytes() == (room.folder / "two.npz").read_bytes()
    with np.load(room.folder / "one.npz", allow_pickle=False) as back:
        assert fingerprint(dict(back)) == fingerprint(table)
    assert sorted(p.name for p in room.folder.iterdir()) == ["one.npz", "two.npz"]


def test_a_saved_data_set_loads_as_npz(room: Room):
    table = room.load("digits")
    save(table, room.folder / "digits.npz")
    assert fingerprint(room.load("npz", "digits.npz")) == fingerprint(table)


def test_a_failed_save_leaves_the_old_file(room: Room, monkeypatch: pytest.MonkeyPatch):
    path = room.folder / "table.npz"
    save({"x": np.zeros(3, np.float32)}, path)
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with refused("E0612", "table.npz cannot be written: No space left on device"):
        save({"x": np.ones(3, np.float32)}, path)
    assert path.read_bytes() == before
    assert [p.name for p in room.folder.iterdir()] == ["table.npz"]
    with refused("E0612", "No such file or directory"):
        save({}, room.folder / "nowhere" / "table.npz")


def test_a_fingerprint_sees_names_types_shapes_and_bytes():
    tables = [
        {"x": np.zeros((2, 3), np.float32)},
        {"z": np.zeros((2, 3), np.float32)},
        {"x": np.zeros((2, 3), np.int32)},
        {"x": np.zeros((3, 2), np.float32)},
        {"x": -np.zeros((2, 3), np.float32)},
    ]
    prints = [fingerprint(table) for table in tables]
    assert len(set(prints)) == len(tables)
    assert fingerprint({"x": np.zeros((3, 2), np.float32).T}) == prints[0]
    by_hand = b"x\0<f4\0(2, 3)\0" + bytes(24)
    assert prints[0] == hashlib.sha256(by_hand).hexdigest()


def recipe_for(room: Room, **changes: object) -> Recipe:
    some = Item(kind="some")
    settings = {
        "name": "", "data": room.spec("moons"), "columns": {}, "losses": (), "links": {}, "metrics": (),
        "optimizer": some, "weight_decay": {"": 0}, "batch": 32, "epochs": 1, "stop": None,
        "monitor": Monitor(quantity="loss", better="lower"),
        "train_rows": 240, "validation_rows": 80, "test_rows": 80, "precision": "float32", "seed": 0,
    }  # fmt: skip
    return Recipe.model_validate(settings | changes)


def test_a_table_is_held_against_its_recipe(room: Room):
    table, recipe = room.load("moons"), recipe_for(room)
    check_against(table, recipe)
    with refused("E0605", "the data set `moons` lacks the column: `y`"):
        check_against({"x": table["x"]}, recipe)
    with refused("E0605", "brings a column that is not known: `z`"):
        check_against({**table, "z": table["x"]}, recipe)
    with refused("E0605", "`x` in the data set `moons` is [399, 2], and [400, 2] is expected"):
        check_against({**table, "x": table["x"][1:]}, recipe)
    with refused("E0604", "holds float64 numbers, and float32 is expected"):
        check_against({**table, "x": table["x"].astype(float)}, recipe)
    with refused("E0605", "`moons` has 400 rows, and the recipe's parts 401"):
        check_against(table, recipe_for(room, train_rows=241))


def test_the_first_bad_row_is_named(room: Room):
    spec, table = room.spec("moons"), room.load("moons")
    table["x"][[7, 9], 1] = np.nan
    with refused("E0606", "`x` in f.npz holds NaN (not a number) in row 7 (counted from 0)"):
        check_table(table, spec, "f.npz")
    table["x"][[7, 9], 1] = 0
    table["y"][[3, 5]] = 2
    with refused("E0607", "`y` in f.npz holds the label 2 in row 3 (counted from 0), and labels go from 0 to 1"):
        check_table(table, spec, "f.npz")


def test_a_spec_that_went_through_json_loads_the_same(room: Room):
    for name, arguments in (("blobs", (30, 2)), ("examples", ([[1, 2, 3]],))):
        spec = room.spec(name, *arguments)
        again = type(spec).model_validate(json.loads(spec.model_dump_json()))
        assert fingerprint(load(again, room.where)) == fingerprint(load(spec, room.where))
