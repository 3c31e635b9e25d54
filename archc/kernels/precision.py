"""Computing in bfloat16 while the state stays float32."""

import jax
import jax.numpy as jnp


def to_bf16(params):
    """Kernels and biases in bfloat16; the scales and shifts of norms stay float32."""
    return jax.tree_util.tree_map_with_path(
        lambda path, w: (
            w if path[-1].key in ("scale", "shift") else w.astype(jnp.bfloat16)
        ),
        params,
    )
