"""Which weights decay."""

import jax


def only_kernels(params):
    """True for kernels: biases, scales and shifts never decay."""
    return jax.tree_util.tree_map_with_path(
        lambda path, _: path[-1].key.endswith("kernel"), params
    )
