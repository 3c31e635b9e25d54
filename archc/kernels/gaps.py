"""What stands for missing values: statistics of the training rows, for every part."""

import numpy as np

from archc.kernels.face import GAPS, PART_ROWS, select
from archc.kernels.steps import split


def fill_gaps(table, rows):
    """The table with a statistic of the given rows wherever a value is missing."""
    statistics = {"mean": column_mean, "median": column_median, "mode": commonest_row}
    filled = dict(table)
    for name, gaps in GAPS.items():
        parts = [part for part in (name, f"test.{name}") if part in table]
        filled.update({part: np.array(table[part]) for part in parts})
        for start, stop, statistic in gaps:
            known = table[name][rows, start:stop]
            value = statistics[statistic](known[~np.isnan(known).any(1)])
            for part in parts:
                cells = filled[part][:, start:stop]
                cells[np.isnan(cells).any(1)] = value
    return filled


def column_mean(rows):
    """The mean of the rows [n, width]; 0 where there is none."""
    return rows.mean(0, dtype=np.float64) if len(rows) else 0


def column_median(rows):
    """The median of the rows [n, width]; 0 where there is none."""
    return np.median(rows, axis=0) if len(rows) else 0


def commonest_row(rows):
    """The row [width] that is there most often, of equals the lowest; 0 where there is none."""
    if not len(rows):
        return 0
    values, counts = np.unique(rows, axis=0, return_counts=True)
    return values[counts.argmax()]


def parts_filled(table, seed):
    """The data of each part, on the device; the training rows fill what is missing."""
    rows = split(sum(PART_ROWS.values()), seed)
    table = fill_gaps(table, rows["train"])
    return {part: select(table, rows[part]) for part in PART_ROWS}


def parts_filled_with_test(table, seed):
    """The same, where the data set brings its own test part."""
    rows = split(sum(PART_ROWS.values()), seed)
    table = fill_gaps(table, rows["train"])
    data = {part: select(table, rows[part]) for part in PART_ROWS}
    return {**data, "test": select(table, slice(None), "test.")}
