"""Figures need nothing of JAX, nor of numpy."""

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"jax", "jaxlib", "optax", "numpy", "sklearn", "matplotlib"}:
            raise ImportError(f"{name} was to be left alone")

sys.meta_path.insert(0, Refused())
sys.argv = ["archc", *sys.argv[1:]]
from archc.cli import main
main()
"""


@pytest.mark.parametrize(
    "words",
    [
        ["resnet50", "-o", "a.svg"],
        ["lenet5", "-o", "a.png"],
        ["lenet5", "-o", "a.pdf"],
        ["xor_given", "--style", "neurons", "-o", "a.svg"],
    ],
    ids=" ".join,
)
def test_a_figure_is_drawn_where_jax_cannot_be_imported(words: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE, "draw", *words], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / words[-1]).stat().st_size > 1000
