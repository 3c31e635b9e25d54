"""Checkpoints: what comes back is what was saved, damage never goes unnoticed, and a failing disk loses nothing."""

import errno
import json
import os
import random
import shutil
from dataclasses import replace
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from archc.diagnostics import Failed
from archc.train import checkpoints
from archc.train.checkpoints import Identity, Moment, newest, save
from archc.train.leaves import LeafSpec

LEAVES = (
    LeafSpec(".params['dense1']['bias']", (3,), "float32"),
    LeafSpec(".params['dense1']['kernel']", (2, 3), "bfloat16"),
    LeafSpec(".opt_state[0].count", (), "int32"),
    LeafSpec(".key", (2,), "uint32", key="fry"),
)
IDENTITY = Identity(
    "a" * 64, "d" * 64, 0, {"name": "Tiny", "recipe": {"batch": 8, "sizes": (1, 2)}}, LEAVES, LEAVES[:2]
)
VERSIONS = {"jax": "0.10.2"}


def moment(epoch: int) -> Moment:
    values = np.random.default_rng(epoch)
    state = [
        values.normal(size=3).astype(np.float32),
        values.normal(size=(2, 3)).astype(ml_dtypes.bfloat16),
        np.int32(epoch) * np.ones((), np.int32),
        values.integers(2**32, size=2, dtype=np.uint32),
    ]
    history = [{"loss": 0.1 + 1 / (3 + e)} for e in range(epoch)]
    return Moment(state, state[:2], epoch - 1, 5, {"loss": 0.1 + 0.2}, history, 1.5, 80, 1.25)


def same(one: Moment | None, other: Moment) -> bool:
    assert one is not None
    arrays = [*zip(one.state, other.state, strict=True), *zip(one.best or (), other.best or (), strict=True)]
    equal = all(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes() for a, b in arrays)
    return equal and replace(one, state=(), best=None) == replace(other, state=(), best=None)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoints"
    for epoch in (1, 2, 3):
        save(folder, moment(epoch), IDENTITY, VERSIONS)
    return folder


def test_what_comes_back_is_what_was_saved(saved: Path) -> None:
    said: list[str] = []
    assert same(newest(saved, IDENTITY, said.append), moment(3))
    assert said == []
    assert sorted(entry.name for entry in saved.iterdir()) == ["000002", "000003"]


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert newest(tmp_path / "checkpoints", IDENTITY, pytest.fail) is None


def damages() -> list[tuple[str, str, int]]:
    names = ("state.safetensors", "best.safetensors", "manifest.json")
    flips = [("flip", name, number) for name in names for number in range(100)]
    return flips + [(way, name, 0) for way in ("truncate", "empty", "lengthen", "delete", "swap") for name in names]


def damage(folder: Path, way: str, name: str, number: int) -> None:
    path = folder / "000003" / name
    data = bytearray(path.read_bytes())
    match way:
        case "flip":
            bit = random.Random(f"{name} {number}").randrange(8 * len(data))
            data[bit // 8] ^= 1 << bit % 8
            path.write_bytes(data)
        case "truncate":
            path.write_bytes(data[:-1])
        case "empty":
            path.write_bytes(b"")
        case "lengthen":
            path.write_bytes(data + b"\n")
        case "delete":
            path.unlink()
        case "swap":
            shutil.copy(folder / "000002" / name, path)


def test_damage_is_always_noticed(saved: Path, tmp_path: Path) -> None:
    for way, name, number in damages():
        folder = tmp_path / "copy"
        shutil.copytree(saved, folder)
        damage(folder, way, name, number)
        said: list[str] = []
        assert same(newest(folder, IDENTITY, said.append), moment(2)), (way, name, number)
        assert len(said) == 1 and "000003" in said[0] and "000002" in said[0], said
        shutil.rmtree(folder)


def test_a_whole_checkpoint_under_another_number_is_damage(saved: Path) -> None:
    shutil.rmtree(saved / "000003")
    shutil.copytree(saved / "000002", saved / "000003")
    said: list[str] = []
    assert same(newest(saved, IDENTITY, said.append), moment(2))
    assert "000003" in said[0]


def test_the_next_checkpoint_after_damage_keeps_the_good_one(saved: Path) -> None:
    damage(saved, "delete", "manifest.json", 0)
    newest(saved, IDENTITY, lambda text: None)
    save(saved, moment(4), IDENTITY, VERSIONS)
    assert sorted(entry.name for entry in saved.iterdir()) == ["000002", "000003", "damaged-000003"]


def test_all_damaged_is_an_error_each_time(saved: Path) -> None:
    for number in ("000002", "000003"):
        (saved / number / "state.safetensors").write_bytes(b"")
    for _ in range(2):
        with pytest.raises(Failed, match="E0705"):
            newest(saved, IDENTITY, pytest.fail)


def test_a_manifest_that_only_looks_whole_is_damage(saved: Path) -> None:
    for change in ({"files": {"../../secret": {}}}, {"leaves": 7}, {"best_leaves": [], "files": {}}):
        path = saved / "000003" / "manifest.json"
        body = json.loads(path.read_bytes())["manifest"] | change
        path.write_bytes(checkpoints._sealed(body))
        said: list[str] = []
        copy = saved.parent / "copy"
        shutil.copytree(saved, copy)
        assert same(newest(copy, IDENTITY, said.append), moment(2)), change
        assert said
        shutil.rmtree(copy)


OTHERS = {
    "state.params['dense1']['bias'] is float32[3] in it and float32[4] in the program": replace(
        IDENTITY, leaves=(replace(LEAVES[0], shape=(4,)), *LEAVES[1:])
    ),
    "bfloat16[2, 3] in it and float32[2, 3] in the program": replace(
        IDENTITY, leaves=(LEAVES[0], replace(LEAVES[1], dtype="float32"), *LEAVES[2:])
    ),
    "it has state.opt_state[0].count, which": replace(IDENTITY, leaves=(*LEAVES[:2], LEAVES[3])),
    "it lacks state.opt_state[0].mu, which": replace(
        IDENTITY, leaves=(*LEAVES, LeafSpec(".opt_state[0].mu", (3,), "float32"))
    ),
    "in another order": replace(IDENTITY, leaves=(LEAVES[1], LEAVES[0], *LEAVES[2:])),
    "MODEL.recipe.batch is 8 in it and 9 in the program": replace(
        IDENTITY, model={"name": "Tiny", "recipe": {"batch": 9, "sizes": (1, 2)}}
    ),
    "MODEL.recipe.sizes is [1, 2] in it and [1] in the program": replace(
        IDENTITY, model={"name": "Tiny", "recipe": {"batch": 8, "sizes": (1,)}}
    ),
    "the seed is 0 in it and 1 here": replace(IDENTITY, seed=1),
    "the hash of the data": replace(IDENTITY, data="e" * 64),
    "the hash of the program": replace(IDENTITY, program="e" * 64),
}


@pytest.mark.parametrize("difference", OTHERS)
def test_a_checkpoint_of_another_run_is_refused(saved: Path, difference: str) -> None:
    with pytest.raises(Failed, match="E0706") as caught:
        newest(saved, OTHERS[difference], pytest.fail)
    assert difference in caught.value.diagnostics[0].title


def test_a_full_disk_loses_nothing(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = {"left": 0}

    def limited(function: object) -> object:
        def call(*args: object, **rest: object) -> object:
            calls["left"] -= 1
            if calls["left"] == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return function(*args, **rest)  # type: ignore[operator]

        return call

    for owner, name in ((os, "fsync"), (Path, "mkdir"), (Path, "open"), (Path, "rename")):
        monkeypatch.setattr(owner, name, limited(getattr(owner, name)))
    for nth in range(1, 50):
        calls["left"] = nth
        try:
            save(saved, moment(4), IDENTITY, VERSIONS)
        except Failed as failed:
            assert "E0707" in str(failed) and "No space left" in str(failed)
        else:
            break
        calls["left"] = -1
        said: list[str] = []
        reached = newest(saved, IDENTITY, said.append)
        # the last call flushes the folder in which a whole checkpoint stands already
        assert said == [] and (same(reached, moment(3)) or same(reached, moment(4)))
        assert not list(saved.glob(".draft*"))
    assert nth > 8
    calls["left"] = -1
    assert same(newest(saved, IDENTITY, pytest.fail), moment(4))
