"""Who takes part, and the settings of each that are tried before it is measured at the best of them."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks.training.archc_side import RULES, TUNED
from benchmarks.training.handover import Handed


@dataclass(frozen=True)
class Side:
    """One side: the module of this package that trains, the packages that it needs, and its settings.

    `cold` limits how many starts without a cache are measured, for one that compiles for minutes.
    """

    label: str
    module: str
    packages: tuple[str, ...]
    settings: Callable[[Handed], tuple[str, ...]]
    jax: bool = True
    compiles: bool = True
    cold: int = 100

    def missing(self) -> str:
        """The packages that aren't installed, as words."""
        return ", ".join(name for name in self.packages if find_spec(name) is None)


def of_archc(handed: Handed) -> tuple[str, ...]:
    """On a CPU also as `archc tune` found: bfloat16, as on a GPU, has one form. A goal is timed by rules."""
    return (RULES,) if handed.target == "gpu" or handed.goal else (RULES, TUNED)


def of_jax(handed: Handed) -> tuple[str, ...]:
    """A loop over convolutions is an order of magnitude slower on a CPU: it isn't tried there."""
    return ("slices",) if handed.convolves and handed.target == "cpu" else ("slices", "slices, loop")


def of_torch(handed: Handed) -> tuple[str, ...]:
    """Layouts where there are images, both forms of Adam; on a CPU one thread too, which suits small layers."""
    layouts = ("contiguous", "channels_last") if handed.convolves else ("contiguous",)
    all_threads = tuple(f"{layout}, {adam} Adam" for layout in layouts for adam in ("foreach", "fused"))
    return (*all_threads, *one_thread(handed, f"{layouts[-1]}, fused Adam"))


def of_torch_compiled(handed: Handed) -> tuple[str, ...]:
    layouts = ("contiguous", "channels_last") if handed.convolves else ("contiguous",)
    modes = ("default", "reduce-overhead") if handed.target == "gpu" else ("default",)
    all_threads = tuple(f"{layout}, fused Adam, {mode}" for layout in layouts for mode in modes)
    return (*all_threads, *one_thread(handed, f"{layouts[-1]}, fused Adam, default"))


def one_thread(handed: Handed, setting: str) -> tuple[str, ...]:
    return () if handed.target == "gpu" else (f"{setting}, 1 thread",)


SIDES = {
    "archc": Side("archc", "archc_side", ("archc", "jax"), of_archc),
    "keras": Side(
        "Keras on JAX",
        "keras_side",
        ("keras", "jax"),
        lambda handed: tuple(f"steps_per_execution={steps}" for steps in (1, 10, 50)),
    ),
    "flax": Side(
        "Flax NNX",
        "flax_side",
        ("flax", "optax", "jax"),
        lambda handed: ("nnx.jit", "nnx.cached_partial", "jax.jit of split state"),
    ),
    "jax": Side("plain JAX", "jax_side", ("jax", "optax"), lambda handed: ("reduce_window",)),
    "jax-tuned": Side("tuned JAX", "jax_side", ("jax", "optax"), of_jax),
    "torch": Side("PyTorch", "torch_side", ("torch",), of_torch, jax=False, compiles=False),
    "torch-compile": Side("torch.compile", "torch_side", ("torch",), of_torch_compiled, jax=False, cold=1),
}
"""By name; the first is what all others are compared with."""

OURS = "archc"
