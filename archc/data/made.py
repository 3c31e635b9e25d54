"""Data that are computed: written-out rows, the exclusive or, points in the plane, scikit-learn's digits."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from archc.data.table import Table
from archc.ir import Column, DataSpec
from archc.parameters import Unfit


def digits() -> Table:
    """`image` [1797, 8, 8, 1] in [0, 1] and `digit` [1797]. Raises Unfit where scikit-learn is missing."""
    bunch = bundled("digits")
    images = np.asarray(bunch.images, dtype=np.float32)[..., None]
    return {"image": images / np.float32(16), "digit": np.asarray(bunch.target, dtype=np.int32)}


def table(spec: DataSpec) -> Table:
    """`features` [n, k] and the target [n] of a table that comes with scikit-learn. Raises Unfit."""
    bunch, (target,) = bundled(spec.name), spec.targets
    dtype = np.int32 if target.kind == "class" else np.float32
    return {"features": np.asarray(bunch.data, dtype=np.float32), target.name: np.asarray(bunch.target, dtype=dtype)}


def bundled(name: str) -> Any:
    """What scikit-learn's loader gives. Raises Unfit (E0611)."""
    try:
        datasets = import_module("sklearn.datasets")
    except ImportError:
        problem = f"`{name}` comes with scikit-learn, which is not installed"
        raise Unfit(problem, "install it: `pip install scikit-learn`", code="E0611") from None
    return getattr(datasets, f"load_{name}")()


def xor() -> Table:
    """`x` [4, 2] and `y` [4]."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
    return {"x": x, "y": np.array([0, 1, 1, 0], dtype=np.int32)}


def moons(n: int, noise: float, seed: int) -> Table:
    """`x` [n, 2] and `y` [n]: the upper half circle, then the lower."""
    upper = np.linspace(0, np.pi, n - n // 2)
    lower = np.linspace(0, np.pi, n // 2)
    points = np.concatenate(
        [
            np.stack([np.cos(upper), np.sin(upper)], axis=1),
            np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], axis=1),
        ]
    )
    return _noisy(points, [len(upper), len(lower)], noise, seed)


def circles(n: int, noise: float, seed: int) -> Table:
    """`x` [n, 2] and `y` [n]: the outer circle, then the inner."""
    sizes = [n - n // 2, n // 2]
    points = np.concatenate([radius * _around(size) for radius, size in zip((1.0, 0.5), sizes, strict=True)])
    return _noisy(points, sizes, noise, seed)


def blobs(n: int, classes: int, noise: float, seed: int) -> Table:
    """`x` [n, 2] and `y` [n]: cloud after cloud, the first ones a point larger where n doesn't divide."""
    sizes = [n // classes + (c < n % classes) for c in range(classes)]
    return _noisy(np.repeat(2.0 * _around(classes), sizes, axis=0), sizes, noise, seed)


def _around(count: int) -> np.ndarray:
    """`count` points [count, 2] spread evenly on the unit circle."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _noisy(points: np.ndarray, sizes: Sequence[int], noise: float, seed: int) -> Table:
    # RandomState and not a Generator: numpy promises that its numbers never change
    random = np.random.RandomState(seed)
    x = points + noise * random.standard_normal(points.shape)
    return {"x": x.astype(np.float32), "y": np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)}


def examples(rows: Sequence[Sequence[float]], columns: Sequence[Column]) -> Table:
    """Written-out rows [n, width], cut into the given number columns from left to right."""
    values = np.array([[float(v) for v in row] for row in rows], dtype=np.float32)
    ends = np.cumsum([column.shape[0] for column in columns])
    parts = np.split(values, ends[:-1], axis=1)
    return {column.name: np.ascontiguousarray(part) for column, part in zip(columns, parts, strict=True)}
