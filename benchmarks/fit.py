"""Training speed beside Keras 3 on JAX: the same model, weights, data, order and batch, in turn.

    python benchmarks/fit.py                  both models, five rounds
    python benchmarks/fit.py --rounds 3 --models lenet5

Needs `pip install "keras>=3.9"` beside archc. Each measurement is a process of its own; archc and
Keras take turns, and the ratio of the medians is what counts. Keras runs `fit` with jit_compile
and the best of the `steps_per_execution` tried (printed). Every peer must end at archc's training
loss within 2 %, or the comparison is refused.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROWS, BATCH, RATE = 12_800, 128, 1e-3
EPOCHS = {"lenet5": 6, "mnist_mlp": 40}
"""How many a process takes: enough for some seconds."""
MODELS = tuple(EPOCHS)
HELD_OUT = 128
"""Rows that nobody trains on or looks at: some recipes want a validation part."""
STEPS_PER_EXECUTION = (1, 10, 50)
TOLERANCE = 0.02


def table(folder: Path) -> Path:
    """The first rows of MNIST as an .npz file."""
    from archc.data.catalog_images import Mnist
    from archc.data.dataset import Where
    from archc.data.readers import load, save

    where = Where(Path.cwd())
    data = load(Mnist.build([], {}).spec(where), where)
    path = folder / "rows.npz"
    rows = ROWS + HELD_OUT
    save({"image": data["image"][:rows], "digit": data["digit"][:rows]}, path)
    return path


def program(model: str, data: Path) -> Any:
    """The compiled program of a built-in model, trained on all rows of `data` at a constant rate."""
    from archc.diagnostics import Report
    from archc.pipeline import Job
    from archc.pipeline import program as compiled
    from archc.resources import models_folder
    from archc.train.loading import load_program

    settings = {"data": f'npz("{data}")', "optimizer": f"adam({RATE})", "batch": BATCH, "validate": HELD_OUT, "test": 0}
    job = Job(models_folder() / f"{model}.arch", tuple(f"train.{k}={v}" for k, v in settings.items()))
    return load_program(compiled(job, Report()), model)


def archc_epochs(model: str, data: Path, weights: Path) -> tuple[Callable[[], float], Callable[[], None]]:
    """An epoch of archc as a function that gives the mean training loss."""
    import jax

    module = program(model, data)
    parts = module.parts(dict(np.load(data)), 0)
    state = module.adapt(module.init(jax.random.key(0)), parts["train"])
    np.savez(weights, **module.named(state), rows=module.split(ROWS + HELD_OUT, 0)["train"])
    order = np.arange(ROWS, dtype=np.int32)

    def epoch() -> float:
        nonlocal state
        state, sums = module.run_steps(state, parts["train"], order, 0, module.STEPS)
        return float(sums["loss"]) / ROWS

    return epoch, lambda: jax.block_until_ready(state)


def keras_epochs(model: str, data: Path, weights: Path, steps: int) -> tuple[Callable[[], float], Callable[[], None]]:
    """The same for Keras, from the same weights."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax
    import keras
    from keras import layers

    with np.load(data) as file:
        images, digits = file["image"], file["digit"]
    first = dict(np.load(weights))
    rows = first.pop("rows")
    images, digits = images[rows], digits[rows]
    if model == "lenet5":
        images = (images - first.pop("normalize1.offset")) * first.pop("normalize1.factor")
        net = keras.Sequential(
            [
                layers.Conv2D(6, 5, padding="same", activation="tanh"),
                layers.AveragePooling2D(2),
                layers.Conv2D(16, 5, activation="tanh"),
                layers.AveragePooling2D(2),
                layers.Flatten(),
                layers.Dense(120, activation="tanh"),
                layers.Dense(84, activation="tanh"),
                layers.Dense(10),
            ]
        )
    else:
        net = keras.Sequential([layers.Flatten(), layers.Dense(100, activation="sigmoid"), layers.Dense(10)])
    net.build((None, 28, 28, 1))
    for layer, scope in zip(
        (lay for lay in net.layers if lay.weights), dict.fromkeys(k.split(".")[0] for k in first), strict=True
    ):
        layer.set_weights([first[f"{scope}.kernel"], first[f"{scope}.bias"]])
    net.compile(
        keras.optimizers.Adam(RATE, epsilon=1e-8),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=True,
        steps_per_execution=steps,
    )

    def epoch() -> float:
        history = net.fit(images, digits, batch_size=BATCH, epochs=1, shuffle=False, verbose=0)
        return float(history.history["loss"][0])

    return epoch, lambda: jax.block_until_ready([w.value for w in net.weights])


def child(who: str, model: str, data: Path, weights: Path, steps: int) -> dict[str, float]:
    """One process's figures: seconds to the end of the first epoch, seconds an epoch after that, last loss."""
    begin = time.perf_counter()
    epoch, wait = archc_epochs(model, data, weights) if who == "archc" else keras_epochs(model, data, weights, steps)
    seconds = []
    loss = 0.0
    for _ in range(EPOCHS[model]):
        start = time.perf_counter()
        loss = epoch()
        wait()
        seconds.append(time.perf_counter() - start)
    return {
        "first": sum(seconds[:1]) + (start_of(seconds, begin)),
        "epoch": statistics.median(seconds[1:]),
        "loss": loss,
    }


def start_of(seconds: list[float], begin: float) -> float:
    """Seconds before the first epoch: imports, building, data."""
    return time.perf_counter() - begin - sum(seconds)


def measure(who: str, model: str, data: Path, weights: Path, steps: int = 1) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", who, model, str(data), str(weights), str(steps)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{who} on {model} failed:\n{done.stderr}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def compare(model: str, rounds: int, data: Path, weights: Path) -> dict[str, Any]:
    """The medians of archc and of Keras at its best setting, in turn."""
    measure("archc", model, data, weights)
    tried = {steps: measure("keras", model, data, weights, steps)["epoch"] for steps in STEPS_PER_EXECUTION}
    best = min(tried, key=lambda steps: tried[steps])
    figures: dict[str, list[dict[str, float]]] = {"archc": [], "keras": []}
    for _ in range(rounds):
        figures["archc"].append(measure("archc", model, data, weights))
        figures["keras"].append(measure("keras", model, data, weights, best))
    medians = {who: {key: statistics.median(r[key] for r in runs) for key in runs[0]} for who, runs in figures.items()}
    apart = abs(medians["keras"]["loss"] / medians["archc"]["loss"] - 1)
    if apart > TOLERANCE:
        sys.exit(f"{model}: the losses are {apart:.1%} apart, so the two did not do the same work")
    return {"model": model, "steps_per_execution": best, "tried": tried, **medians}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        who, model, data, weights, steps = args.child
        print(json.dumps(child(who, model, Path(data), Path(weights), int(steps))))
        return
    with tempfile.TemporaryDirectory() as folder:
        data = table(Path(folder))
        rows = [compare(model, args.rounds, data, Path(folder) / "first.npz") for model in args.models]
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {ROWS} rows, batch {BATCH}"
    )
    print("model       archc img/s  Keras img/s  ratio  first epoch  loss apart  Keras setting")
    for row in rows:
        archc, keras = row["archc"], row["keras"]
        print(
            f"{row['model']:<10} {ROWS / archc['epoch']:>12,.0f} {ROWS / keras['epoch']:>12,.0f}"
            f" {keras['epoch'] / archc['epoch']:>6.2f} {archc['first'] / keras['first']:>12.2f}"
            f" {abs(keras['loss'] / archc['loss'] - 1):>11.2%}  steps_per_execution={row['steps_per_execution']}"
        )
    if args.json:
        args.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
