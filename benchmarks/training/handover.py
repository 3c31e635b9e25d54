"""What archc hands to the peers: the network as a plain list of layers, its first weights, and rows in one order.

    python -m benchmarks.training.handover WORK FOLDER TARGET [--quick]

So the `.arch` file is the only place that says what the network is, and a peer needs nothing of archc.
"""

import argparse
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.training.work import WORKS, Work

SEED = 0
PLAIN = ("relu", "tanh", "sigmoid", "flatten", "add", "global_avg_pool")
"""Layers without arguments."""


@dataclass(frozen=True)
class Layer:
    """One layer: `inputs` are names of layers, or "image"; `shape` is what leaves it, without the batch.

    `padding` is a pair for height and one for width.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    window: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    bias: bool = False
    epsilon: float = 0.0
    momentum: float = 0.0


@dataclass(frozen=True)
class Handed:
    """What a side reads from its folder. `precision` is "float32" or "bf16", `target` "cpu" or "gpu".

    `path` and `settings` are for archc: the `.arch` file, and what is set in it from outside.
    """

    folder: Path
    work: str
    path: str
    settings: dict[str, str]
    target: str
    precision: str
    rows: int
    batch: int
    epochs: int
    goal: float
    image: tuple[int, ...]
    adam: dict[str, float]
    layers: tuple[Layer, ...]

    @property
    def convolves(self) -> bool:
        return any(layer.kind == "conv" for layer in self.layers)

    @cached_property
    def table(self) -> dict[str, np.ndarray]:
        """`image` and `label` of the rows to train on, `held.image` and `held.label` of the others."""
        return dict(np.load(self.folder / "parts.npz"))

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """First weights and statistics by dotted name: kernels [height, width, in, out] and [in, out]."""
        return dict(np.load(self.folder / "first.npz"))

    def weight(self, layer: Layer, name: str) -> np.ndarray:
        return self.weights[f"{layer.name}.{name}"]

    def entering(self, layer: Layer) -> tuple[int, ...]:
        """The shape of a layer's first input."""
        shapes = {"image": self.image} | {other.name: other.shape for other in self.layers}
        return shapes[layer.inputs[0]]


def read(folder: Path) -> Handed:
    found = json.loads((folder / "handed.json").read_text(encoding="utf-8"))
    layers = tuple(Layer(**{key: tupled(value) for key, value in layer.items()}) for layer in found.pop("layers"))
    return Handed(folder=folder, image=tuple(found.pop("image")), layers=layers, **found)


def tupled(value: Any) -> Any:
    return tuple(map(tupled, value)) if isinstance(value, list) else value


def plain(module: Any) -> list[dict[str, Any]]:
    """The layers of a checked model, blocks opened; without a last softmax, which belongs to the loss.

    Raises ValueError for a layer that the peers don't have.
    """
    from archc.ir.opened import opened

    nodes = list(opened(module).graph.nodes)
    if nodes[-1].op == "softmax":
        nodes.pop()
    return [{"name": n.name, "kind": n.op, "inputs": n.inputs, "shape": n.output, **options(n)} for n in nodes]


def options(node: Any) -> dict[str, Any]:
    given = node.arguments
    match node.op:
        case "conv" if given["groups"] == given["dilation"] == 1:
            return {**windowed(given, 1), "bias": given["bias"]}
        case "max_pool" | "avg_pool" if not given["ceil"]:
            return windowed(given, given["window"])
        case "batch_norm":
            return {"epsilon": given["epsilon"], "momentum": given["momentum"]}
        case "dense":
            return {"bias": given["bias"]}
        case kind if kind in PLAIN:
            return {}
    raise ValueError(f"the peers have no `{node.op}` with {given}")


def windowed(given: dict[str, Any], stride: Any) -> dict[str, Any]:
    before = pair(0 if given["padding"] == "valid" else given["padding"])
    return {
        "window": pair(given["window"]),
        "stride": pair(stride if given["stride"] is None else given["stride"]),
        "padding": tuple((cells, cells) for cells in before),
    }


def pair(value: Any) -> tuple[int, int]:
    """Both directions of a window; raises ValueError for what is not told in numbers."""
    if isinstance(value, int):
        return value, value
    if isinstance(value, tuple) and all(isinstance(cells, int) for cells in value):
        return value[0], value[1]
    raise ValueError(f"the peers take windows and padding in numbers, not {value!r}")


def settings(work: Work, folder: Path, target: str) -> dict[str, str]:
    """What is set in the `.arch` file from outside."""
    precision = {"train.precision": "bf16"} if target == "gpu" else {}
    metrics = {"train.metrics": "accuracy"} if work.goal else {}
    parts = {"train.validate": str(work.held_out), "train.test": "0"}
    sizes = {name: str(size) for name, size in work.sizes}
    return {"train.data": f'npz("{folder / "rows.npz"}")', **parts, **precision, **metrics, **sizes}


def hand_over(name: str, work: Work, folder: Path, target: str) -> None:
    """Fills a folder: rows.npz for archc; parts.npz, first.npz and handed.json for the peers. Raises archc.Failed."""
    import jax

    import archc
    from benchmarks.training.rows import write_rows

    write_rows(work, folder / "rows.npz")
    given = settings(work, folder, target)
    model = archc.load(work.path, settings=given)
    recipe = model.module.recipe
    assert recipe is not None and work.rows % recipe.batch == 0
    program = model.compile()
    table, parts = dict(np.load(folder / "rows.npz")), program.split(work.rows + work.held_out, SEED)
    held = {f"held.{column}": values[parts["validation"]] for column, values in table.items()}
    np.savez(folder / "parts.npz", **{column: values[parts["train"]] for column, values in table.items()}, **held)
    np.savez(folder / "first.npz", **program.named(program.init(jax.random.key(SEED))))
    adam = recipe.optimizer.arguments
    rate = adam["rate"].arguments["rate"]
    handed = {
        "work": name,
        "path": str(work.path),
        "settings": given,
        "target": target,
        "precision": recipe.precision,
        "rows": work.rows,
        "batch": recipe.batch,
        "epochs": work.epochs,
        "goal": work.goal,
        "image": table["image"].shape[1:],
        "adam": {"rate": rate, **{key: adam[key] for key in ("beta1", "beta2", "epsilon")}},
        "layers": plain(model.module),
    }
    (folder / "handed.json").write_text(json.dumps(handed, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("target", choices=("cpu", "gpu"))
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    work = WORKS[args.work].on(args.target)
    hand_over(args.work, work.quick() if args.quick else work, args.folder, args.target)


if __name__ == "__main__":
    main()
