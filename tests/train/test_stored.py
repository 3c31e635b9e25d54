"""Files of weights: those that archc writes come back, and hostile ones are refused in words."""

import json
import os
import pickle
import random
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from archc.ir import Graph
from archc.parameters import Unfit
from archc.train.matching import outline
from archc.train.stored import KEY, look, save_weights
from tests.models import BUILT_IN, built_in


def graph() -> Graph:
    return built_in(BUILT_IN[0].with_stem("xor")).graph


def weights() -> dict[str, np.ndarray]:
    numbers = np.random.default_rng(0)
    return {
        f"{layer.scope}.{name}": numbers.normal(size=shape).astype(np.float32)
        for layer in outline(graph())
        for name, shape in layer.weights.items()
    }


def test_a_file_that_archc_writes_knows_its_network(tmp_path: Path) -> None:
    path = tmp_path / "xor.safetensors"
    save_weights(path, weights(), graph())
    before = path.read_bytes()
    save_weights(path, weights(), graph())
    assert path.read_bytes() == before, "equal weights give equal bytes"
    file = look(path)
    assert file.known and file.layers == outline(graph())
    read = file.read(weights())
    assert {name: array.tobytes() for name, array in read.items()} == {
        name: array.tobytes() for name, array in weights().items()
    }


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_a_file_of_another_tool_is_known_by_its_names_alone(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"foreign.{suffix}"
    arrays = {"fc.kernel": np.ones((2, 3), np.float16), "fc.bias": np.ones(3, np.float64)}
    np.savez(path, **arrays) if suffix == "npz" else save_file(arrays, path)
    file = look(path)
    assert not file.known
    assert {layer.scope: dict(layer.weights) for layer in file.layers} == {"fc": {"kernel": (2, 3), "bias": (3,)}}
    read = file.read(["fc.kernel", "fc.bias"])
    assert {array.dtype for array in read.values()} == {np.dtype(np.float32)}


def refused(path: Path) -> str:
    """The words with which a file is refused, when it is looked at or when its arrays are read."""
    with pytest.raises(Unfit) as caught:
        file = look(path)
        file.read(name for layer in file.layers for name in layer.names)
    assert caught.value.code
    return caught.value.problem


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("loading ran this",)


def test_no_code_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("objects.npz", **{"fc.kernel": np.array([Bomb()], dtype=object)})
    Path("pickle.npz").write_bytes(pickle.dumps(Bomb()))
    Path("pickle.safetensors").write_bytes(pickle.dumps(Bomb()))
    assert "Python objects" in refused(Path("objects.npz"))
    refused(Path("pickle.npz"))
    refused(Path("pickle.safetensors"))
    assert not Path("loading ran this").exists()


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_what_is_cut_off_is_refused(tmp_path: Path, suffix: str) -> None:
    whole, path = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    np.savez(whole, **weights()) if suffix == "npz" else save_weights(whole, weights(), graph())
    data = whole.read_bytes()
    for length in range(0, len(data), 7):
        path.write_bytes(data[:length])
        refused(path)


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_changed_bytes_give_weights_or_words(tmp_path: Path, suffix: str) -> None:
    whole, path = tmp_path / f"whole.{suffix}", tmp_path / f"changed.{suffix}"
    np.savez(whole, **weights()) if suffix == "npz" else save_weights(whole, weights(), graph())
    data, chance = whole.read_bytes(), random.Random(0)
    for _ in range(300):
        changed = bytearray(data)
        for _ in range(chance.choice((1, 3))):
            changed[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(changed)
        try:
            file = look(path)
            file.read(name for layer in file.layers for name in layer.names)
        except Unfit as unfit:
            assert unfit.code and unfit.problem


def header(entries: object, data: bytes = b"") -> bytes:
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + data


LYING = {
    "a length beyond the file": struct.pack("<Q", 2**60) + b"{}",
    "an array beyond the file": header({"a.kernel": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}),
    "a shape of other bytes": header({"a.kernel": {"dtype": "F32", "shape": [9], "data_offsets": [0, 4]}}, bytes(4)),
    "bytes that overlap": header({
        "a.kernel": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
        "a.bias": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
    }, bytes(4)),
    "whole numbers": header({"a.kernel": {"dtype": "I32", "shape": [1], "data_offsets": [0, 4]}}, bytes(4)),
    "no arrays": header({}),
    "a text": b"weights",
}  # fmt: skip


@pytest.mark.parametrize("lie", LYING)
def test_headers_that_lie_are_refused(tmp_path: Path, lie: str) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(LYING[lie])
    refused(path)


NETWORKS = {
    "no JSON": "{",
    "another form": "[]",
    "no layers": "{}",
    "deep": "[" * 100_000 + "]" * 100_000,
    "another network": json.dumps({"layers": [{"scope": "b", "op": "dense", "weights": {"kernel": [1]}}]}),
    "another shape": json.dumps({"layers": [{"scope": "a", "op": "dense", "weights": {"kernel": [2]}}]}),
}


@pytest.mark.parametrize("form", NETWORKS)
def test_a_network_that_is_none_is_refused(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"a.kernel": np.ones(1, np.float32)}, path, metadata={KEY: NETWORKS[form]})
    assert str(path) in refused(path)


@pytest.mark.parametrize("graph", ["", "{", "[]", '{"graph": 1}', '{"graph": ' + "[" * 100_000 + "]" * 100_000 + "}"])
def test_a_run_whose_network_is_damaged_is_refused(tmp_path: Path, graph: str) -> None:
    np.savez(tmp_path / "best.npz", **weights())
    (tmp_path / "run.json").write_text("{}")
    (tmp_path / "ir.json").write_text(graph)
    assert "ir.json" in refused(tmp_path / "best.npz")


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **{"a.kernel": np.float32([1, np.nan])})
    assert "aren't finite" in refused(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", **{"a.kernel": np.float64([1e300])})
    assert "aren't finite" in refused(tmp_path / "b.npz")


def test_bombs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("a.kernel.npy", "w") as stream:
        np.lib.format.write_array_header_1_0(
            stream,
            {"descr": "<f4", "fortran_order": False, "shape": (2**26,)},  # type: ignore[arg-type]
        )
        for _ in range(256):
            stream.write(bytes(2**20))
    assert "unpacks to" in refused(path)


def test_folders_and_pipes_are_refused(tmp_path: Path) -> None:
    for suffix in ("npz", "safetensors"):
        folder, pipe = tmp_path / f"folder.{suffix}", tmp_path / f"pipe.{suffix}"
        folder.mkdir()
        os.mkfifo(pipe)
        refused(folder)
        refused(pipe)
        refused(tmp_path / f"missing.{suffix}")
