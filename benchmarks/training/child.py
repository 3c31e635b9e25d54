"""One measurement, in a process of its own: prints a line of JSON.

python -m benchmarks.training.child SIDE FOLDER --setting "…" --epochs N --began SECONDS
python -m benchmarks.training.child SIDE FOLDER --search      each setting for a little while: images/s
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.training.handover import Handed, read
from benchmarks.training.listening import Listener, Trains
from benchmarks.training.sides import SIDES, Side

SEARCH_EPOCHS, SEARCH_ROWS = 3, 12_800
COMPILING = ("/jax/core/compile/jaxpr_to_mlir_module_duration", "/jax/core/compile/backend_compile_duration")


def measure(side: Side, handed: Handed, setting: str, epochs: int, began: float) -> dict[str, Any]:
    """Trains, and tells seconds, losses and bytes."""
    module: Trains = import_module(f"benchmarks.training.{side.module}")
    listener = Listener(began, handed.goal or 2.0, jax_seconds() if side.jax else lambda: None)
    before = time.monotonic()
    module.train(handed, setting, epochs, listener)
    steady = listener.seconds[1:] or listener.seconds
    step = statistics.median(steady) / (handed.rows / handed.batch)
    if side.compiles and not side.jax:
        listener.compiling = max(0.0, listener.start - (before - began) - step)
    return {
        "setting": setting,
        "start": listener.start,
        "compile": listener.compiling,
        "first_loss": listener.first_loss,
        "loss": listener.losses[-1],
        "epoch_seconds": listener.seconds,
        "images_per_second": handed.rows / statistics.median(steady),
        "accuracies": listener.accuracies,
        "reached": listener.reached,
        "host_bytes": host_bytes(),
        **device(side),
    }


def jax_seconds() -> Callable[[], float]:
    """The seconds that JAX spent on lowering and on XLA so far, as it tells them itself."""
    from jax import monitoring

    seconds: list[float] = []

    def heard(event: str, duration: float, **_: Any) -> None:
        if event in COMPILING:
            seconds.append(duration)

    monitoring.register_event_duration_secs_listener(heard)
    return lambda: sum(seconds)


def host_bytes() -> int:
    """The most memory that the process has had."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def device(side: Side) -> dict[str, Any]:
    """What it ran on, and the most memory that it had there, where that is told."""
    if side.jax:
        import jax

        chosen = jax.devices()[0]
        told = chosen.memory_stats() or {}
        return {"device": chosen.device_kind, "device_bytes": told.get("peak_bytes_in_use")}
    import torch

    if torch.cuda.is_available():
        return {"device": torch.cuda.get_device_name(), "device_bytes": torch.cuda.max_memory_allocated()}
    return {"device": "cpu", "device_bytes": None}


def search(side: Side, handed: Handed) -> dict[str, float]:
    """Images a second in every setting; of many rows the first are enough, of short epochs there are many."""
    rows = min(handed.rows, SEARCH_ROWS // handed.batch * handed.batch)
    few = replace(handed, rows=rows, goal=0.0)
    few.table.update({name: few.table[name][:rows] for name in ("image", "label")})
    epochs = max(SEARCH_EPOCHS, handed.epochs)
    return {
        setting: measure(side, few, setting, epochs, time.monotonic())["images_per_second"]
        for setting in side.settings(handed)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--setting", default="")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--began", type=float, default=time.monotonic())
    parser.add_argument("--search", action="store_true")
    args = parser.parse_args()
    side, handed = SIDES[args.side], read(args.folder)
    found = search(side, handed) if args.search else measure(side, handed, args.setting, args.epochs, args.began)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
