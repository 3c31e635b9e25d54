"""What a model will see of its data: ranges, counts, examples, and what looks wrong."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np

from archc.data.kinds import OWN
from archc.data.table import Table
from archc.ir import Column, DataSpec

Parts = Mapping[str, np.ndarray]
"""The rows of each part; a test part of the data set's own is not among them."""

WHOLE = "all"
"""The only part of a data set that no recipe cuts."""
EXAMPLES = 5
"""How many rows are shown."""
UNEVEN = 10
"""How many times as often the most frequent class may be there as the rarest."""
UNSCALED = 100
"""How many times as far the values of one column may spread as those of another."""


def portrait(spec: DataSpec, table: Table, parts: Parts, *, scaled: bool = False) -> dict[str, Any]:
    """Rows, columns, classes, problems and examples as plain values, for JSON too.

    `scaled` says that the model brings its inputs to a common scale by itself.
    """
    rows = {part: len(numbers) for part, numbers in parts.items()}
    if spec.test_examples:
        rows["test"] = spec.test_examples
    return {
        "data": spec.name,
        "rows": rows,
        "columns": [described(column, table[column.name], "feature") for column in spec.features]
        + [described(column, table[column.name], "target") for column in spec.targets],
        "classes": {column.name: classes(column, table, parts) for column in spec.targets if column.kind == "class"},
        "problems": [*spec.doubts, *problems(spec, table, parts, scaled)],
        "examples": [example(spec, table, int(row)) for row in next(iter(parts.values()))[:EXAMPLES]],
    }


def described(column: Column, values: np.ndarray, role: str) -> dict[str, Any]:
    """A column [n, …]: its kind and shape, and the range of its numbers or of each of its fields."""
    found: dict[str, Any] = {"name": column.name, "role": role, "kind": column.kind, "shape": list(column.shape)}
    if column.kind == "class":
        return found | {"classes": list(column.classes)}
    if not column.fields or column.kind == "image" or not column.shape:
        return found | spread(values)
    return found | {"fields": list(fields(column, values))}


def fields(column: Column, values: np.ndarray) -> Iterator[dict[str, Any]]:
    """What each column of a table holds, among the numbers [n, width] of a flat column."""
    start = 0
    for field in column.fields:
        cells = values[:, start : start + field.width]
        start += field.width
        missing = int(np.isnan(cells[:, 0]).sum())
        if OWN in field.categories:
            missing = int(cells[:, -1].sum())
        found: dict[str, Any] = {"name": field.name, "kind": field.kind, "missing": missing}
        if field.missing != "":
            found["stands_for_missing"] = field.missing
        if field.categories:
            counts = np.nansum(cells, axis=0).astype(int).tolist()
            yield found | {"categories": dict(zip(field.categories, counts, strict=True))}
        else:
            yield found | spread(cells)


def spread(values: np.ndarray) -> dict[str, float]:
    """The lowest, the mean and the highest of some numbers, NaN left out."""
    if np.isnan(values).all():
        return {}
    return {
        "min": float(np.nanmin(values)),
        "mean": float(np.nanmean(values, dtype=np.float64)),
        "max": float(np.nanmax(values)),
    }


def classes(column: Column, table: Table, parts: Parts) -> dict[str, dict[str, int]]:
    """How often each class is in each part."""
    labels, count = table[column.name], len(column.classes)
    counts = {part: np.bincount(labels[rows], minlength=count) for part, rows in parts.items()}
    own = table.get(f"test.{column.name}")
    if own is not None:
        counts["test"] = np.bincount(own, minlength=count)
    return {name: {part: int(each[at]) for part, each in counts.items()} for at, name in enumerate(column.classes)}


def problems(spec: DataSpec, table: Table, parts: Parts, scaled: bool) -> Iterator[str]:
    """What may be wrong, in sentences."""
    first = next(iter(parts))
    for column in spec.targets:
        if column.kind == "class":
            yield from class_problems(column, classes(column, table, parts), first)
    spreads: dict[str, float] = {}
    for column in spec.features:
        values = table[column.name][parts[first]]
        if column.kind == "image":
            if values.size and np.ptp(values) == 0:
                yield f"every pixel of `{column.name}` is {values.flat[0]:g}"
            continue
        yield from field_problems(column, values, spreads)
    if spreads and not scaled:
        widest, narrowest = max(spreads, key=spreads.__getitem__), min(spreads, key=spreads.__getitem__)
        if spreads[widest] > UNSCALED * spreads[narrowest]:
            yield (
                f"the values of {widest} spread {spreads[widest] / spreads[narrowest]:,.0f} times as far as those of "
                f"{narrowest}: `normalize(standard)` behind the input brings them to one scale"
            )
    yield from shared_rows(spec, table, parts)


def to(part: str) -> str:
    """` to train`; a data set by itself isn't cut into parts."""
    return f" to {part}" if part != WHOLE else ""


def class_problems(column: Column, counts: dict[str, dict[str, int]], first: str) -> Iterator[str]:
    there = {name: parts[first] for name, parts in counts.items()}
    absent = [name for name, count in there.items() if not count]
    if absent:
        shown = ", ".join(f"`{name}`" for name in absent[:5]) + (", …" if len(absent) > 5 else "")
        yield f"no row{to(first)} has the class {shown} of `{column.name}`"
    known = {name: count for name, count in there.items() if count}
    if known and max(known.values()) > UNEVEN * min(known.values()):
        often, seldom = max(known, key=known.__getitem__), min(known, key=known.__getitem__)
        yield (
            f"`{column.name}` is `{often}` in {known[often]:,} rows{to(first)} and `{seldom}` in {known[seldom]:,}: "
            f"always guessing `{often}` is right in {known[often] / sum(known.values()):.0%}"
        )


def field_problems(column: Column, values: np.ndarray, spreads: dict[str, float]) -> Iterator[str]:
    """What is wrong with single columns; notes how far the values of each spread."""
    flat = values.reshape(len(values), -1)
    start = 0
    named = [(f"`{field.name}`", field.width) for field in column.fields if column.shape]
    for name, width in named or [(f"`{column.name}`, number {at}", 1) for at in range(min(flat.shape[1], 1000))]:
        cells = flat[:, start : start + width]
        start += width
        if np.isnan(cells).all():
            yield f"{name} has no value in any row"
        elif (np.nanmin(cells, axis=0) == np.nanmax(cells, axis=0)).all():
            yield f"{name} is the same in every row, and so tells nothing"
        elif width == 1:
            spreads[name] = float(np.nanstd(cells, dtype=np.float64))


def shared_rows(spec: DataSpec, table: Table, parts: Parts) -> Iterator[str]:
    """Rows of other parts whose features are those of a row to train."""
    seen: dict[str, list[bytes]] = {}
    for part, rows in parts.items():
        seen[part] = keys(spec, table, rows, "")
    if spec.test_examples:
        seen["test"] = keys(spec, table, np.arange(spec.test_examples), "test.")
    first = next(iter(seen))
    known = set(seen[first])
    for part, rows_of_part in seen.items():
        shared = sum(key in known for key in rows_of_part)
        if part != first and shared:
            yield f"{shared:,} of the {len(rows_of_part):,} rows to {part} have the features of a row{to(first)}"


def keys(spec: DataSpec, table: Table, rows: np.ndarray, prefix: str) -> list[bytes]:
    """The features of each row as bytes, or as a hash of them."""
    arrays = [np.ascontiguousarray(table[prefix + column.name][rows]) for column in spec.features]
    joined = (b"".join(array[at].tobytes() for array in arrays) for at in range(len(rows)))
    return [blake2b(row, digest_size=16).digest() for row in joined]


def example(spec: DataSpec, table: Table, row: int) -> dict[str, Any]:
    """One row, in the words of its file where it has some; images are left out."""
    found: dict[str, Any] = {}
    for column in (*spec.features, *spec.targets):
        value = table[column.name][row]
        if column.kind == "class":
            found[column.name] = column.classes[int(value)]
        elif column.fields and column.shape:
            start = 0
            for field in column.fields:
                cells = value[start : start + field.width]
                start += field.width
                known = not np.isnan(cells[0])
                shown = field.categories[int(cells.argmax())] if field.categories else float(cells[0])
                found[field.name] = shown if known else None
        elif column.kind != "image" and value.size <= 16:
            found[column.name] = value.tolist()
    return found
