"""Programs that scan repeats: what holds by part, is frozen and loaded, holds layer by layer all the same."""

from pathlib import Path

import jax
import numpy as np
import pytest

from archc.data.dataset import Where
from archc.data.readers import load
from archc.program import emit
from archc.source import Source
from archc.train.driver import fit
from archc.train.start import given
from tests.models import imported, module_of

TEXT = """
block deep(units, depth) {
    repeat depth { dense(units) -> tanh }
}

model Net {
    input x[2]
    dense(8) -> tanh
    deep(8, 20)
    dense(8) -> tanh
    deep(8, 20)
    dense(2) as out
}

train {
    data      = moons
    loss      = cross_entropy
    optimizer = adam(1e-2)
    batch     = 32
    epochs    = 2
    %s
}
"""
SETTINGS = [
    'start = weights("trained.npz", except = [out, deep2.dense20])',
    "freeze = deep1",
    "rates = [deep2 = 0.5, out = 2]",
    "weight_decay = [1e-3, deep2 = 1e-2]",
    "l1 = [deep2 = 1e-4]",
]


def text(*settings: str) -> str:
    return TEXT % "\n    ".join(settings)


def trained(folder: Path, run: str, *, unroll: bool = False) -> Path:
    """The folder of a run of all the settings."""
    written = text(*SETTINGS)
    module = module_of(written, folder)
    assert module.recipe
    return fit(
        module,
        program_text=emit(module, unroll=unroll),
        arch_text=written,
        table=load(module.recipe.data, Where(folder)),
        run=folder / run,
        source_folder=folder,
    ).run


def arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return dict(file)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with random weights for the network."""
    folder, numbers = tmp_path_factory.mktemp("scanned"), np.random.default_rng(0)
    program = imported(emit(module_of(text(), folder)))
    shapes = {name: array.shape for name, array in program.named(program.init(jax.random.key(3))).items()}
    kept = {name: numbers.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    np.savez(folder / "trained.npz", **kept)
    return folder


def test_scanned_and_written_out_are_treated_alike(folder: Path) -> None:
    scanned, apart = trained(folder, "scanned"), trained(folder, "apart", unroll=True)
    assert "REPEATS" in (scanned / "program.py").read_text()
    assert "REPEATS" not in (apart / "program.py").read_text()
    begun, one, other = arrays(scanned / "start.npz"), arrays(scanned / "last.npz"), arrays(apart / "last.npz")
    assert begun.keys() == arrays(apart / "start.npz").keys()
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-3, atol=1e-4, err_msg=name)
    frozen = [name for name in one if name.startswith("deep1.")]
    assert len(frozen) == 40
    assert all(one[name].tobytes() == begun[name].tobytes() for name in frozen)
    assert all(one[name].tobytes() != begun[name].tobytes() for name in begun if name not in frozen)


def test_one_copy_that_is_treated_otherwise_has_its_repeat_written_out(folder: Path) -> None:
    program = emit(module_of(text("freeze = deep1.dense7", SETTINGS[0]), folder))
    repeats = program.split("REPEATS = {", 1)[1].split("\n}\n", 1)[0]
    assert '"deep2.repeat1"' in repeats and '"deep1.' not in repeats


def test_given_weights_land_in_their_copies(folder: Path) -> None:
    written = text(SETTINGS[0])
    module = module_of(written, folder)
    found = given(module, Source("net.arch", written), (folder,))
    assert found
    program = imported(emit(module))
    begun = program.init(jax.random.key(0))
    kept, anew = arrays(folder / "trained.npz"), program.named(begun)
    for name, array in program.named(program.begin(begun, found.arrays)).items():
        left_out = name.startswith(("out.", "deep2.dense20."))
        assert (array == (anew if left_out else kept)[name]).all(), name
