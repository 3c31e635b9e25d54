"""Commands, run in a folder of their own."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archc.cli.application import application

Archc = Callable[..., Result]

LINES = """\
# Eight by eight pixels and one layer: quick to train
model Lines {
    input image[8, 8, 1]
    flatten
    dense(data.classes) -> softmax
}

train {
    data      = digits
    loss      = cross_entropy
    optimizer = adam(1e-2)
    batch     = 64
    epochs    = 3
    metrics   = accuracy
}
"""

GIVEN = """\
model And {
    input x[2]
    dense(1, weights = [1, 1], bias = false) -> step(1.5)
}

model Nor {
    input x[2]
    dense(1, weights = [-1, -1], bias = [0.5]) -> step
}
"""


def run(*words: str | Path) -> Result:
    """A command, in this process. Its exit status, stdout and stderr are in the result."""
    return CliRunner().invoke(application, [str(word) for word in words])


@pytest.fixture
def archc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archc:
    """Runs commands in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return run


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `lines.arch` was trained: the run is runs/lines-1."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "lines.arch").write_text(LINES)
    before = Path.cwd()
    os.chdir(folder)
    try:
        result = run("train", "lines.arch")
    finally:
        os.chdir(before)
    assert result.exit_code == 0, result.output
    (folder / "said.txt").write_text(result.stdout)
    return folder


@pytest.fixture
def there(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Archc:
    """Runs commands in the folder of the trained network."""
    monkeypatch.chdir(trained)
    return run
