"""archc: the emitted program, driven through `run_steps` as `archc train` does: by rules, or as `archc tune` found."""

from pathlib import Path

from benchmarks.training.handover import SEED, Handed
from benchmarks.training.listening import Listener

RULES, TUNED = "by archc's rules", "as `archc tune` found"


def train(handed: Handed, setting: str, epochs: int, listener: Listener) -> None:
    import jax
    import numpy as np

    import archc

    path = tuned(handed) if setting == TUNED else handed.path
    program = archc.load(path, settings=handed.settings).compile(handed.target)
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


def tuned(handed: Handed) -> Path:
    """A copy of the `.arch` file, with what `archc tune` finds beside it, measured when it is first asked for."""
    import archc
    from archc.ir.tuning import tuning_path
    from archc.train.tuning import together
    from archc.train.tuning import tuned as measured

    path = handed.folder / "tuned" / Path(handed.path).name
    if not tuning_path(path).exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(Path(handed.path).read_bytes())
        module = archc.load(path, settings=handed.settings).module
        found = measured(module, "cpu", handed.batch, lambda contest: None)
        tuning_path(path).write_text(together(None, "cpu", found).written)
    return path
