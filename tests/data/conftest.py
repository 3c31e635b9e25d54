"""No test here reaches a network or the user's own cache; hostile files are made where they are used."""

import os
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archc.data.dataset import DataSet, Where
from archc.data.readers import load
from archc.data.table import Table
from archc.diagnostics import Failed
from archc.ir import DataSpec
from archc.parameters import FAMILIES, Unfit

REAL = os.environ.get("ARCHC_DATA", "")


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ARCHC_OFFLINE", "1")
    monkeypatch.setattr("archc.data.folder.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.delenv("ARCHC_DATA", raising=False)


@pytest.fixture
def real_mnist() -> Path:
    folder = Path(REAL) / "mnist"
    if not REAL or not folder.is_dir():
        pytest.skip("the published MNIST files are looked for in $ARCHC_DATA/mnist, and are not there")
    return folder


def data_set(name: str, *positional: object, **named: object) -> DataSet:
    built = FAMILIES["data set"][name].build(positional, named)
    assert isinstance(built, DataSet)
    return built


class Room:
    """Data sets as a `.arch` file in `folder` would name them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.where = Where(folder, model_inputs=(2,))

    def spec(self, name: str, *positional: object, **named: object) -> DataSpec:
        return data_set(name, *positional, **named).spec(self.where)

    def load(self, name: str, *positional: object, **named: object) -> Table:
        return load(self.spec(name, *positional, **named), self.where)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


@contextmanager
def refused(code: str, *parts: str) -> Iterator[None]:
    """The block is refused with this code, and the message and its help hold each of the parts."""
    with pytest.raises((Unfit, Failed)) as caught:
        yield
    error = caught.value
    if isinstance(error, Failed):
        (diagnostic,) = error.diagnostics
        found, text = diagnostic.code, f"{diagnostic.title}\n{diagnostic.help}"
    else:
        found, text = error.code, f"{error.problem}\n{error.help}"
    assert found == code, text
    for part in parts:
        assert part in text


def peak_of(work: Callable[[], object]) -> int:
    """The most bytes that Python and numpy held at once for this."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
