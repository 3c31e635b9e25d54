"""What is built is whole: XOR all the way from a wheel, in another folder."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this checkout, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("archc-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_grammar_models_pages_and_types_travel_in_the_wheel(unpacked: Path) -> None:
    models = {path.relative_to(ROOT / "models") for path in (ROOT / "models").rglob("*") if path.is_file()}
    assert Path("lenet5-bitmaps.csv") in models
    there = unpacked / "archc" / "_models"
    assert {path.relative_to(there) for path in there.rglob("*") if path.is_file()} == models
    assert (unpacked / "archc" / "_grammars" / "arch.lark").is_file()
    pages = {path.name for path in (ROOT / "archc" / "diagnostics" / "pages").iterdir()}
    assert {path.name for path in (unpacked / "archc" / "diagnostics" / "pages").iterdir()} == pages
    assert (unpacked / "archc" / "py.typed").is_file()
    page = {path.name for path in (ROOT / "archc" / "draw" / "page").iterdir()}
    assert "page.html" in page
    assert {path.name for path in (unpacked / "archc" / "draw" / "page").iterdir()} == page


def test_xor_trains_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    origin = "import archc; print(archc.__file__)"
    for command in (["-c", origin], ["-m", "archc", "train", "xor", "--run", "run"]):
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        if command[0] == "-c":
            assert Path(done.stdout.strip()).is_relative_to(unpacked)
    result = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))
    assert result["train"]["accuracy"] == 1
