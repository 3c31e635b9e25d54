"""Tables known by heart: held against scikit-learn's own, and the published credit approvals against `csv`."""

import os
from pathlib import Path

import numpy as np
import pytest

from archc.data.dataset import Where
from archc.data.kinds import CategoryColumn, NumberColumn
from archc.data.readers import load
from archc.parameters import Word

from .conftest import REAL, Room, data_set, refused


@pytest.fixture
def real_credit() -> Path:
    folder = Path(REAL) / "credit-approval"
    if not REAL or not folder.is_dir():
        pytest.skip("the UCI credit approvals are looked for in $ARCHC_DATA/credit-approval, and are not there")
    return folder


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_what_is_known_by_heart_is_what_scikit_learn_gives(room: Room, name: str):
    datasets = pytest.importorskip("sklearn.datasets")
    bunch = getattr(datasets, f"load_{name}")()
    spec, table = room.spec(name), room.load(name)
    (features,), (target,) = spec.features, spec.targets
    assert (spec.examples, *features.shape) == bunch.data.shape
    assert [field.name for field in features.fields] == list(bunch.feature_names)
    assert list(target.classes) == list(getattr(bunch, "target_names", []))
    assert np.array_equal(table["features"], bunch.data.astype(np.float32))
    assert np.array_equal(table[target.name], bunch.target)
    assert table[target.name].dtype == (np.int32 if target.classes else np.float32)


def test_credit_approvals_are_what_csv_makes_of_the_file(real_credit: Path, room: Room):
    where = Where(room.folder, data_dir=real_credit)
    known = data_set("credit_approval").spec(where)
    columns = [CategoryColumn.build([], {"missing": Word("own")}), NumberColumn.build([], {"missing": Word("median")})]
    said = {"missing": "?", "target": "A16", "positive": "+", "columns": columns}
    seen = data_set("csv", "crx.data", **said).spec(where)
    assert seen.features[0].fields == known.features[0].fields
    assert (seen.examples, seen.targets[0].classes) == (690, ("-", "+"))
    table, other = load(known, where), load(seen, where)
    np.testing.assert_array_equal(table["features"], other["features"])
    assert np.array_equal(table["approved"], other["A16"]) and table["approved"].sum() == 307


def test_credit_approvals_without_the_rows_that_lack_something(real_credit: Path):
    where = Where(Path(), data_dir=real_credit.parent)
    spec = data_set("credit_approval", missing=Word("drop")).spec(where)
    table = load(spec, where)
    assert table["features"].shape == (653, 46) and np.isfinite(table["features"]).all()


def test_credit_approvals_that_are_not_there(room: Room):
    with refused("E0609", "crx.data (32,218 bytes), are not there", "neither `--data-dir` nor `$ARCHC_DATA`"):
        room.load("credit_approval")


def test_credit_approvals_that_are_others(room: Room, monkeypatch: pytest.MonkeyPatch):
    (room.folder / "crx.data").write_text("b,30.83,+\n")
    monkeypatch.setitem(os.environ, "ARCHC_DATA", str(room.folder))
    with refused("E0610", "crx.data (10 bytes) is not the published file", 'csv("crx.data", …)'):
        room.load("credit_approval")
