"""What an example of `archc explain` needs around it and can't be typed, by code and heading."""

import gzip
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archc.data import mnist
from archc.data.catalog_images import Mnist
from archc.data.download import Published
from archc.train.folders import RunFolder
from archc.train.loading import load_program
from tests.data.test_idx import idx


@dataclass(frozen=True)
class Around:
    """What a situation can be made with: patches, what is to be done in the end, and the run of a trained xor."""

    patch: pytest.MonkeyPatch
    end: ExitStack
    trained: Path


def mnist_in_data(around: Around) -> None:
    """The published files of MNIST, which have eight images here, are in the folder data."""
    publish_mnist(around, Path("data"))


def spoilt_mnist(around: Around) -> None:
    """A wrong file is in the folder data, and the right ones can be downloaded."""
    publish_mnist(around, Path("server"))
    around.patch.delenv("ARCHC_OFFLINE")
    Path("data").mkdir()
    Path("data/train-images-idx3-ubyte.gz").touch()


def publish_mnist(around: Around, folder: Path) -> None:
    """MNIST has six images and two to test, whose files are in `folder`."""
    folder.mkdir()
    train, test = np.zeros((6, 28, 28), np.uint8), np.zeros((2, 28, 28), np.uint8)
    files = []
    for published, array in zip(mnist.MNIST.files, (train, train[:, 0, 0], test, test[:, 0, 0]), strict=True):
        packed = gzip.compress(idx(array))
        (folder / published.name).write_bytes(packed)
        files.append(Published(published.name, len(packed), sha256(packed).hexdigest(), ""))
    mirrors = (folder.resolve().as_uri() + "/",)
    around.patch.setattr(mnist, "MNIST", replace(mnist.MNIST, files=tuple(files), mirrors=mirrors))
    whole = Mnist._spec

    def small(self: Mnist, features: Any, targets: Any, examples: int, **rest: Any) -> Any:
        return whole(self, features, targets, len(train), **rest | {"test_examples": len(test)})

    around.patch.setattr(Mnist, "_spec", small)


def without_sklearn(around: Around) -> None:
    around.patch.setitem(sys.modules, "sklearn.datasets", None)


def finished(around: Around) -> None:
    """A finished run in runs/xor-1."""
    shutil.copytree(around.trained, "runs/xor-1")


def busy(around: Around) -> None:
    """Likewise, and another process has its lock."""
    finished(around)
    folder = RunFolder(Path("runs/xor-1"))
    folder.lock()
    around.end.callback(folder.unlock)


def no_graphics_card(around: Around) -> None:
    import jax

    seen = jax.devices

    def devices(name: str | None = None) -> Any:
        if name == "gpu":
            raise RuntimeError(
                "Unknown backend: 'gpu' requested, but no platforms that are instances of gpu are present"
            )
        return seen(name)

    around.patch.setattr(jax, "devices", devices)


def little_memory(around: Around) -> None:
    """There is too little for the arrays that a program begins with."""

    def loaded(path: Path, name: str) -> Any:
        program = load_program(path, name)

        def init(key: Any) -> Any:
            raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8.00GiB.")

        program.init = init  # type: ignore[attr-defined]
        return program

    around.patch.setattr("archc.train.driver.load_program", loaded)


def broken_dot(around: Around) -> None:
    """The first `dot` to be found is none of Graphviz's."""
    folder = Path("programs")
    folder.mkdir()
    program = folder / "dot"
    program.write_text("#!/bin/sh\necho 'no such format' >&2\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    around.patch.setenv("PATH", str(folder.resolve()), prepend=os.pathsep)


def spoilt_choices(around: Around) -> None:
    Path("xor.lowering.json").write_text('{"cpu": {"layers": 3}}', encoding="utf-8")


SITUATIONS: dict[tuple[str, str], Callable[[Around], None]] = {
    ("E0609", "Right"): mnist_in_data,
    ("E0610", "Right"): spoilt_mnist,
    ("E0611", "Wrong"): without_sklearn,
    ("E0703", "Wrong"): busy,
    ("E0703", "Right"): finished,
    ("E0803", "Wrong"): no_graphics_card,
    ("E0804", "Wrong"): little_memory,
    ("E1002", "Wrong"): broken_dot,
    ("E1101", "Wrong"): spoilt_choices,
    ("E1101", "Right"): spoilt_choices,
}
