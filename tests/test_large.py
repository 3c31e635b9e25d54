"""The large networks at full size: they run forward and take a training step."""

import resource
from pathlib import Path

import numpy as np
import pytest

from tests.models import FOLDER, module_of, program_of

SIDE = {"alexnet": 227}
"""Height and width of the images, 224 unless said."""

NETWORKS = [
    "alexnet",
    "alexnet_torchvision",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
    "googlenet",
    "googlenet_torchvision",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
]

MOST = 20 * 10**9
"""Bytes that the process may take."""


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_forward_pass_and_a_training_step(name: str, tmp_path: Path) -> None:
    import jax

    shape = (SIDE.get(name, 224), SIDE.get(name, 224), 3)
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (4, *shape), np.uint8)
    np.savez(tmp_path / "rows.npz", image=images, label=np.array([0, 1, 2, 999]))
    text = (FOLDER / f"{name}.arch").read_text(encoding="utf-8")
    outputs = [line.split()[1] for line in text.splitlines() if line.strip().startswith("output ")]
    loss = " + ".join(f"cross_entropy({output})" for output in outputs) or "cross_entropy"
    recipe = (
        f'data = npz("rows.npz")\n validate = 1\n test = 1\n loss = {loss}\n'
        " optimizer = sgd(1e-3, momentum = 0.9)\n batch = 2\n epochs = 1"
    )
    module = module_of(f"{text}\ntrain {{\n {recipe}\n}}\n", tmp_path, name=f"{name}.arch")
    program = program_of(module)
    state = program.init(jax.random.key(0))
    part = program.select({"image": images / np.float32(255), "label": np.arange(4)}, slice(2))
    found = program.apply(state.params, state.stats, part[0], train=False, key=state.key)[0]
    for output in jax.tree.leaves(found):
        assert output.shape == (2, 1000) and np.isfinite(output).all()
    before = np.concatenate([np.ravel(w)[:10] for w in jax.tree.leaves(state.params)])
    state, sums = program.train_step(program.adapt(state, part), part, np.arange(2))
    after = np.concatenate([np.ravel(w)[:10] for w in jax.tree.leaves(state.params)])
    assert np.isfinite(sums["loss"]) and np.isfinite(after).all()
    assert (before != after).mean() > 0.5, "the weights move"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < MOST
