"""The rows that are trained on: MNIST, or images that are made up."""

from pathlib import Path

import numpy as np

from benchmarks.training.work import Work

PATTERNS = 10
WRONG = 0.2
"""The share of made-up labels that say nothing: no side can bring its loss so near to 0 that ratios mean nothing."""


def write_rows(work: Work, path: Path) -> None:
    """Writes `image` [n, height, width, channels] float32 and `label` [n] int32 as an .npz file."""
    from archc.data.readers import save

    n = work.rows + work.held_out
    images, labels = made_up(n, work.image, work.classes) if work.image else mnist(n)
    save({"image": images, "label": labels}, path)


def mnist(n: int) -> tuple[np.ndarray, np.ndarray]:
    """The first rows of MNIST. Raises archc.Failed if it isn't there."""
    from archc.data.catalog_images import Mnist
    from archc.data.dataset import Where
    from archc.data.readers import load

    where = Where(Path.cwd())
    table = load(Mnist.build([], {}).spec(where), where)
    images = np.concatenate([table["image"], table["test.image"]])
    labels = np.concatenate([table["digit"], table["test.digit"]])
    return images[:n], labels[:n]


def made_up(n: int, shape: tuple[int, ...], classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Coarse patterns of colour under noise, one for each of ten labels; the same at every call.

    The labels are spread over all `classes`, so that the largest number occurs.
    """
    numbers = np.random.default_rng(0)
    height, width, channels = shape
    coarse = numbers.normal(size=(PATTERNS, 4, 4, channels)).astype(np.float32)
    patterns = coarse.repeat(height // 4, axis=1).repeat(width // 4, axis=2)
    which = np.arange(n) % PATTERNS
    images = numbers.standard_normal((n, *shape), dtype=np.float32)
    images += patterns[which]
    told = np.where(numbers.random(n) < WRONG, numbers.integers(0, PATTERNS, n), which)
    told[-PATTERNS:] = np.arange(PATTERNS)
    return images, (told * ((classes - 1) // (PATTERNS - 1))).astype(np.int32)
