"""What stands beside the matrix product in layers of units."""

import jax
import jax.numpy as jnp


def largest_piece(x, *, pieces):
    """The largest of each unit's pieces, which stand piece after piece: [batch, units]."""
    return x.reshape(x.shape[0], pieces, -1).max(1)


def squared_distances(x, centres):
    """Σ (x - centre)² for each centre of [in, units], added up in float32 at least."""
    apart = x[:, :, None] - centres
    wide = jnp.promote_types(apart.dtype, jnp.float32)
    return jnp.sum(jnp.square(apart.astype(wide)), axis=1).astype(x.dtype)


@jax.custom_gradient
def product_to_few(x, kernel):
    """As x @ kernel, for x [batch, in] and kernel [in, out] with few outputs."""

    def back(slopes):
        # behind a barrier, since XLA would turn the product itself round
        turned = jax.lax.optimization_barrier(slopes.T @ x)
        return slopes @ kernel.T, turned.T

    return x @ kernel, back


def product_of_rows(x, kernel):
    """As x @ kernel, for x [..., in] and kernel [in, out], every position a row."""
    y = x.reshape(-1, x.shape[-1]) @ kernel
    return y.reshape(*x.shape[:-1], -1)
