"""Small runs that are drawn: trained once a worker."""

from pathlib import Path

import pytest

import archc
from archc.api import Run
from archc.train.plots.subject import Subject, of_run

SMALL = """
block unit(filters) { conv(filters, 3x3, padding = same, bias = false) -> batch_norm }

model Small {
    input image[8, 8, 1]
    conv(4, 3x3, padding = same) -> relu -> max_pool(2x2)
    unit(6)
    tanh
    flatten
    dense(12) -> relu
    dense(data.classes) -> softmax
}

train {
    data      = digits
    loss      = cross_entropy
    optimizer = adam(5e-3)
    batch     = 64
    epochs    = 2
    metrics   = accuracy
}
"""

MOONS = """
model Moons {
    input x[2]
    dense(8) -> tanh
    dense(data.classes) -> softmax
}

train {
    data      = moons(n = 200)
    loss      = cross_entropy
    optimizer = adam(0.05)
    batch     = 16
    epochs    = 15
    metrics   = accuracy
}
"""

LINE = """
model Line {
    input x[2]
    dense(1)
}

train {
    data      = examples([[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 1]])
    loss      = hinge
    optimizer = sgd(0.5)
    batch     = 1
    epochs    = 20
}
"""

DEEP = """
model Deep {
    input image[8, 8, 1]
    flatten
    repeat 12 { dense(16) -> sigmoid }
    dense(data.classes) -> softmax
}

train {
    data      = digits
    loss      = cross_entropy
    optimizer = sgd(0.1)
    init      = normal(0.1)
    batch     = 64
    epochs    = 2
}
"""

HEIGHT = """
model Height {
    input x[2]
    dense(4) -> tanh
    dense(1)
}

train {
    data      = examples([[0, 0, 0.5], [0, 1, 1], [1, 0, 2], [1, 1, 3]])
    loss      = mse
    optimizer = sgd(0.1)
    batch     = 4
    epochs    = 3
}
"""

FILES = {"small": SMALL, "moons": MOONS, "line": LINE, "deep": DEEP, "height": HEIGHT}


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """A run of each file, made when it is first asked for."""
    folder = tmp_path_factory.mktemp("drawn")

    class Runs(dict[str, Run]):
        def __missing__(self, name: str) -> Run:
            path = folder / f"{name}.arch"
            path.write_text(FILES[name], encoding="utf-8")
            self[name] = archc.fit(path, run=folder / name)
            return self[name]

    return Runs()


def subject(run: Run) -> Subject:
    return of_run(Path(run.folder), run._data)
