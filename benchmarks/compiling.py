"""How long compiling takes: `archc compile` of 1,000 layers, and XLA with a deep residual network.

    python benchmarks/compiling.py                       five rounds
    python benchmarks/compiling.py --rounds 1 --blocks 20 --layers 100

The first is a whole process (at most 3 s). For the second archc, which makes a repeat a scan, and Flax NNX, whose
blocks stand one behind another, compile a training step of the same network of 100 blocks of two dense layers, each
in a process of its own and in turn; the seconds are those that JAX tells of lowering and of XLA up to the first
step (ours at most a third). Needs `pip install -e ".[benchmarks]"`.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.training.handover import hand_over  # noqa: E402
from benchmarks.training.rounds import Fault, child  # noqa: E402
from benchmarks.training.sides import SIDES  # noqa: E402
from benchmarks.training.work import WORKS  # noqa: E402

SETTINGS = {"archc": "run_steps", "flax": "jax.jit of split state"}
WIDTH = 64
"""Of the residual network: small, so that compiling is what takes long."""


def layers(count: int) -> str:
    """A file of that many dense layers, each with its own width, so that nothing of it is a repeat."""
    lines = "\n".join(f"    dense({16 + i % 7}) -> relu" for i in range(count - 1))
    return f"model Long {{\n    input x[16]\n{lines}\n    dense(10)\n}}\n"


def written(count: int, folder: Path) -> float:
    """Seconds that `archc compile` takes, as a whole process."""
    path = folder / "long.arch"
    path.write_text(layers(count), encoding="utf-8")
    command = [sys.executable, "-m", "archc", "compile", str(path), "-o", str(folder / "long.py")]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return time.perf_counter() - start


def hand_residual(blocks: int, folder: Path) -> None:
    """The residual network for both sides, on few rows."""
    work = replace(WORKS["residual_mlp"], rows=1024, image=(28, 28, 1), sizes=(("blocks", blocks), ("width", WIDTH)))
    hand_over("residual_mlp", work, folder, "cpu")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--layers", type=int, default=1000)
    parser.add_argument("--blocks", type=int, default=100)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds = [written(args.layers, folder) for _ in range(args.rounds)]
        print(f"archc compile of {args.layers:,} layers: {statistics.median(seconds):.2f} s", flush=True)
        hand_residual(args.blocks, folder)
        compiled: dict[str, list[float]] = {side: [] for side in SETTINGS}
        for _ in range(args.rounds):
            for side, setting in SETTINGS.items():
                try:
                    figures = child(side, folder, "cpu", None, "--setting", setting, "--epochs", "1")
                except Fault as fault:
                    sys.exit(f"{SIDES[side].label}: {fault}")
                compiled[side].append(figures["compile"])
    medians = {side: statistics.median(values) for side, values in compiled.items()}
    told = ", ".join(f"{SIDES[side].label} {value:.2f} s" for side, value in medians.items())
    print(f"lowering and XLA of {args.blocks} residual blocks: {told}, ratio {medians['archc'] / medians['flax']:.2f}")


if __name__ == "__main__":
    main()
