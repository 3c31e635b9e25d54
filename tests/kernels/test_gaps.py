"""Missing values: filled with statistics of the training rows and of no others."""

import numpy as np
import pytest

from archc.kernels import gaps
from archc.kernels.face import PART_ROWS
from archc.kernels.steps import split

NAN = np.nan


def table_of(x: np.ndarray, **more: np.ndarray) -> dict[str, np.ndarray]:
    return {"x": x.astype(np.float32), **more}


def test_each_gap_takes_its_statistic_from_the_given_rows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gaps, "GAPS", {"x": ((0, 1, "median"), (1, 2, "mean"), (2, 4, "mode"))})
    x = np.array([
        [1, 1, 1, 0], [2, 3, 0, 1], [9, NAN, 0, 1], [NAN, 5, NAN, NAN],
        [1000, 1000, 1, 0], [NAN, NAN, NAN, NAN],
    ])  # fmt: skip
    test = table_of(np.full((1, 4), NAN))
    table = table_of(x, y=np.arange(6), **{"test.x": test["x"]})
    filled = gaps.fill_gaps(table, np.array([0, 1, 2, 3]))
    assert filled["x"].tolist()[2:4] == [[9, 3, 0, 1], [2, 5, 0, 1]]
    # the row of thousands is in no training part, so nothing of it is seen elsewhere
    assert filled["x"].tolist()[4:] == [[1000, 1000, 1, 0], [2, 3, 0, 1]]
    assert filled["test.x"].tolist() == [[2, 3, 0, 1]]
    assert filled["y"] is table["y"] and np.isnan(table["x"]).sum() == 8


def test_of_equals_the_lowest_and_of_none_zero():
    assert gaps.commonest_row(np.array([[2.0], [1.0], [1.0], [2.0]])).tolist() == [1]
    none = np.empty((0, 2))
    assert [gaps.commonest_row(none), gaps.column_mean(none), gaps.column_median(none)] == [0, 0, 0]


@pytest.mark.parametrize("parts", [gaps.parts_filled, gaps.parts_filled_with_test])
def test_the_training_rows_are_those_of_the_split(parts):
    n = sum(PART_ROWS.values())
    x = np.stack([np.arange(n), np.arange(n) ** 2], axis=1).astype(np.float32)
    rows = split(n, 3)
    hole = rows["validation"][0]
    x[hole] = NAN
    train = x[rows["train"]]
    table = table_of(x, y=np.zeros(n, np.int32))
    if parts is gaps.parts_filled_with_test:
        table |= {"test.x": np.full((2, 2), NAN, np.float32), "test.y": np.zeros(2, np.int32)}
    data = parts(table, 3)
    expected = [np.median(train[:, 0]), train[:, 1].mean(dtype=np.float64)]
    np.testing.assert_allclose(data["validation"][0]["x"][0], expected, rtol=1e-6)
    if parts is gaps.parts_filled_with_test:
        np.testing.assert_allclose(data["test"][0]["x"], [expected] * 2, rtol=1e-6)
    assert set(data) == set(PART_ROWS)
