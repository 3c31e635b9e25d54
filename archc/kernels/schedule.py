"""Learning rates by step, where optax has none or another; each gives a function of the step."""

import jax.numpy as jnp


def one_cycle(steps, *, start, top, final, rise):
    """From `start` up to `top`, at the share `rise` of all steps, and down to `final`."""

    def rate(step):
        t = jnp.clip(step / steps, 0, 1)
        share = jnp.where(t < rise, t / rise, (1 - t) / (1 - rise))
        low = jnp.where(t < rise, start, final)
        return low + (top - low) * (1 - jnp.cos(jnp.pi * share)) / 2

    return rate


def warmed_up(schedule, steps):
    """The rates of a schedule, times what rises from 0 to 1 over the first `steps`."""
    return lambda step: schedule(step) * jnp.minimum(step / steps, 1)
