"""A training state taken apart into named host arrays, and put together again to the bit."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


@dataclass(frozen=True)
class LeafSpec:
    """One array of a state. `key` is the implementation of a random key, whose data the array then holds.

    `weak` marks a scalar whose type JAX lets others overrule: without it a resumed step could compute in another type.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    key: str | None = None
    weak: bool = False

    @property
    def is_weight(self) -> bool:
        """Whether training moves it: such arrays have to stay finite."""
        return self.name.startswith(".params")

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "shape": list(self.shape)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "LeafSpec":
        return cls(**{**value, "shape": tuple(value["shape"])})

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]" + (f" ({self.key} key)" if self.key else "")


class Form:
    """The form of a program's states: which leaves there are, in which order, of which types."""

    def __init__(self, state: Any):
        leaves, self._tree = jax.tree_util.tree_flatten_with_path(state)
        self.specs = tuple(_spec(jax.tree_util.keystr(path), leaf) for path, leaf in leaves)
        self.bytes = sum(int(leaf.nbytes) for _, leaf in leaves)

    def take(self, state: Any) -> list[np.ndarray]:
        """Copies of the leaves on the host, which no later step can touch."""
        return [_to_host(leaf) for leaf in jax.tree_util.tree_leaves(state)]

    def put(self, arrays: Sequence[np.ndarray]) -> Any:
        """The state on the device, in buffers of its own, so that a step may overwrite them."""
        leaves = [_to_device(spec, array) for spec, array in zip(self.specs, arrays, strict=True)]
        return jax.tree_util.tree_unflatten(self._tree, leaves)


def _spec(name: str, leaf: Any) -> LeafSpec:
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        data = jax.random.key_data(leaf)
        return LeafSpec(name, data.shape, data.dtype.name, key=str(jax.random.key_impl(leaf)))
    weak = bool(getattr(leaf, "weak_type", False)) and leaf.shape == ()
    return LeafSpec(name, tuple(leaf.shape), leaf.dtype.name, weak=weak)


def _to_host(leaf: Any) -> np.ndarray:
    # np.asarray may alias the device's memory, which the next step is free to overwrite
    return np.array(jax.random.key_data(leaf) if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf)


def _to_device(spec: LeafSpec, array: np.ndarray) -> Any:
    if spec.key is not None:
        return jax.random.wrap_key_data(jnp.array(array), impl=spec.key)
    return jnp.asarray(array.item()) if spec.weak else jnp.array(array, copy=True)


def without_optimizer(state: Any) -> Any:
    """What evaluation needs: several times smaller, for the copy of the best epoch."""
    return state._replace(opt_state=None)
