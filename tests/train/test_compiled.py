"""What is compiled is kept between runs: privately, silently, and without any effect on what comes out."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from archc.train import compiled

COUNTED = """
import sys
import jax
found = {"asked": 0, "hits": 0}
def heard(event, **rest):
    found["asked"] += event == "/jax/compilation_cache/compile_requests_use_cache"
    found["hits"] += event == "/jax/compilation_cache/cache_hits"
jax.monitoring.register_event_listener(heard)
from archc.cli.application import application
try:
    application(sys.argv[1:])
finally:
    print(found["asked"], found["hits"])
"""


class Home:
    """Runs `archc train xor` in processes whose cache folder is one of their own."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.runs = 0

    def train(self, **environment: str) -> tuple[int, int, str]:
        """How many programs were asked for and how many were there, and the hash of the weights. Nothing is said."""
        self.runs += 1
        run = self.folder / f"run{self.runs}"
        words = ["-q", "train", "xor", "--set", "train.epochs=3", "--run", str(run)]
        given = {"ARCHC_NO_CACHE": "", "XDG_CACHE_HOME": str(self.folder), **environment}
        left = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
        command = [sys.executable, "-c", COUNTED, *words]
        done = subprocess.run(command, env={**left, **given}, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        asked, hits = map(int, done.stdout.splitlines()[-1].split())
        with np.load(run / "last.npz") as file:
            weights = hashlib.sha256(b"".join(file[name].tobytes() for name in sorted(file))).hexdigest()
        return asked, hits, weights

    @property
    def entries(self) -> list[Path]:
        return sorted(path for path in (self.folder / "archc" / "compiled").rglob("*-cache"))


@pytest.mark.skipif(sys.platform == "darwin", reason="the cache folder can't be moved there")
def test_a_second_run_compiles_nothing_and_damage_only_costs_time(tmp_path: Path) -> None:
    home = Home(tmp_path)
    asked, hits, weights = home.train(ARCHC_NO_CACHE="1")
    assert hits == 0 and not home.entries

    asked, hits, cold = home.train()
    assert asked > hits and cold == weights
    for folder in {entry.parent for entry in home.entries} | {home.entries[0].parent.parent}:
        assert folder.stat().st_mode & 0o777 == 0o700

    asked, hits, warm = home.train()
    assert asked == hits > 5 and warm == weights

    names = [entry.name for entry in home.entries]
    for number, entry in enumerate(home.entries):
        content = entry.read_bytes()
        entry.write_bytes((content[: len(content) // 2], b"", b"foreign")[number % 3])
    asked, hits, mended = home.train()
    assert asked > hits and mended == weights
    assert [entry.name for entry in home.entries] == names
    asked, hits, again = home.train()
    assert asked == hits and again == weights


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder, which isn't there yet."""
    monkeypatch.setattr(compiled, "cache_folder", lambda: tmp_path / "archc")
    monkeypatch.delenv(compiled.OFF)
    return compiled.compiled_folder()


def test_a_folder_that_others_can_write_to_is_not_used(folder: Path) -> None:
    assert compiled.why_not_kept() == ""
    folder.mkdir(mode=0o700, parents=True)
    assert compiled.why_not_kept() == ""
    for part in (folder, folder.parent, folder.parent.parent):
        for mode in (0o720, 0o702):
            part.chmod(mode)
            assert compiled.why_not_kept() == f"others can write to {part}"
        part.chmod(0o755)
    assert compiled.why_not_kept() == ""


def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.symlink_to(tmp_path)
    assert compiled.why_not_kept() == f"{folder} is no folder"


def test_switched_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(compiled.OFF, "1")
    assert compiled.why_not_kept() == "ARCHC_NO_CACHE is set"
    compiled.keep_compiled()
    assert not folder.exists()
    monkeypatch.setenv(compiled.OFF, "")
    monkeypatch.setenv(compiled.JAX_OWN, "elsewhere")
    compiled.keep_compiled()
    assert not folder.exists()


def test_the_oldest_entries_go_first(folder: Path) -> None:
    (folder / "inner").mkdir(parents=True)
    for age, name in enumerate(["a", "inner/b", "c", "d", "e"]):
        (folder / name).write_bytes(bytes(100))
        os.utime(folder / name, (1000 + age, 1000 + age))
    compiled.prune(folder, 500)
    assert len(list(compiled.kept(folder))) == 5
    compiled.prune(folder, 400)
    assert sorted(path.name for _, _, path in compiled.kept(folder)) == ["c", "d", "e"]
