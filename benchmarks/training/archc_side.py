"""archc: the emitted program, driven through `run_steps` as `archc train` does."""

from benchmarks.training.handover import SEED, Handed
from benchmarks.training.listening import Listener


def train(handed: Handed, setting: str, epochs: int, listener: Listener) -> None:
    import jax
    import numpy as np

    import archc

    program = archc.load(handed.path, settings=handed.settings).compile(handed.target)
    parts = program.parts(dict(np.load(handed.folder / "rows.npz")), SEED)
    state = program.adapt(program.init(jax.random.key(SEED)), parts["train"])
    order, rows = np.arange(handed.rows, dtype=np.int32), handed.rows
    state, first = program.run_steps(state, parts["train"], order, 0, 1)
    jax.block_until_ready(state)
    listener.first_step(float(first["loss"]) / handed.batch)
    position, total = 1, float(first["loss"])
    for _ in range(epochs):
        state, sums = program.run_steps(state, parts["train"], order, position, program.STEPS)
        jax.block_until_ready(state)
        total += float(sums["loss"])
        found = program.evaluate(state, parts["validation"])["accuracy"] if handed.goal else None
        if not listener.epoch(total / rows, found):
            break
        position, total = 0, 0.0
