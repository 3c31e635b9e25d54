"""Convolutions of sequences."""

import jax
import jax.numpy as jnp

from archc.kernels.conv import conv2d_transposed, conv2d_transposed_disjoint


def conv1d(x, kernel, *, stride, padding):
    """Cross-correlates x [batch, length, in] with kernel [length, in, out]."""
    return jax.lax.conv_general_dilated(
        x, kernel, stride, padding, dimension_numbers=("NWC", "WIO", "NWC")
    )


def conv1d_general(x, kernel, *, stride, padding, dilation=(1,), groups=1):
    """As conv1d, cells of a window `dilation` apart; kernel [length, in / groups, out]."""
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        stride,
        padding,
        rhs_dilation=dilation,
        feature_group_count=groups,
        dimension_numbers=("NWC", "WIO", "NWC"),
    )


def conv1d_grouped(x, kernel, *, groups, **options):
    """Parts of the channels side by side; many times faster on a CPU than XLA's groups."""
    parts = zip(jnp.split(x, groups, axis=2), jnp.split(kernel, groups, axis=2))
    return jnp.concatenate([conv1d_general(*part, **options) for part in parts], axis=2)


def conv1d_depthwise(x, kernel, *, multiplier, **options):
    """A filter of each channel at a time; many times faster on a CPU than XLA's groups."""
    kernels = [kernel[..., i::multiplier] for i in range(multiplier)]
    groups = x.shape[2]
    parts = [conv1d_general(x, part, groups=groups, **options) for part in kernels]
    y = jnp.stack(parts, axis=-1)
    return y.reshape(*y.shape[:2], -1)


def conv1d_transposed(x, kernel, *, stride, cut):
    """Spreads each cell of x over kernel [length, in, out], then cuts the ends."""
    strides, cuts = (1, *stride), ((0, 0), *cut)
    return conv2d_transposed(x[:, None], kernel[None], stride=strides, cut=cuts)[:, 0]


def conv1d_transposed_disjoint(x, kernel):
    """The same where the windows lie side by side: a matrix product a cell."""
    return conv2d_transposed_disjoint(x[:, None], kernel[None])[:, 0]


def conv1d_transposed_general(x, kernel, *, stride, cut, dilation):
    """As conv1d_transposed, cells of a window `dilation` apart."""
    spans = [(k - 1) * d for k, d in zip(kernel.shape, dilation)]
    return jax.lax.conv_general_dilated(
        x,
        jax.lax.rev(kernel, (0,)),
        (1,),
        [(k - before, k - after) for k, (before, after) in zip(spans, cut)],
        lhs_dilation=stride,
        rhs_dilation=dilation,
        dimension_numbers=("NWC", "WIO", "NWC"),
    )


def conv1d_transposed_grouped(x, kernel, *, groups, **options):
    """Parts of the channels side by side; kernel [length, in / groups, out]."""
    parts = zip(jnp.split(x, groups, axis=2), jnp.split(kernel, groups, axis=2))
    spread = [conv1d_transposed_general(*part, **options) for part in parts]
    return jnp.concatenate(spread, axis=2)
