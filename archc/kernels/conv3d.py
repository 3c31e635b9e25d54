"""Convolutions of volumes."""

import jax
import jax.numpy as jnp

from archc.kernels.conv import conv2d, conv2d_transposed


def conv3d(x, kernel, *, stride, padding):
    """Cross-correlates volumes with kernel [depth, height, width, in, out]."""
    return jax.lax.conv_general_dilated(
        x, kernel, stride, padding, dimension_numbers=("NDHWC", "DHWIO", "NDHWC")
    )


def conv3d_by_planes(x, kernel, *, stride, padding):
    """Cross-correlates volumes with kernel [depth, height, width, in, out], plane by plane."""
    x = jnp.pad(x, ((0, 0), padding[0], (0, 0), (0, 0), (0, 0)))
    depth = (x.shape[1] - kernel.shape[0]) // stride[0] + 1
    options = {"stride": stride[1:], "padding": padding[1:]}
    total = 0
    for i, plane in enumerate(kernel):
        seen = x[:, i : i + (depth - 1) * stride[0] + 1 : stride[0]]
        total = total + conv2d(seen.reshape(-1, *x.shape[2:]), plane, **options)
    return total.reshape(x.shape[0], depth, *total.shape[1:])


def conv3d_general(x, kernel, *, stride, padding, dilation=(1, 1, 1), groups=1):
    """As conv3d, with cells `dilation` apart, or kernel [..., in / groups, out]."""
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        stride,
        padding,
        rhs_dilation=dilation,
        feature_group_count=groups,
        dimension_numbers=("NDHWC", "DHWIO", "NDHWC"),
    )


def conv3d_grouped(x, kernel, *, groups, **options):
    """Parts of the channels side by side; many times faster on a CPU than XLA's groups."""
    parts = zip(jnp.split(x, groups, axis=4), jnp.split(kernel, groups, axis=4))
    return jnp.concatenate([conv3d_general(*part, **options) for part in parts], axis=4)


def conv3d_depthwise(x, kernel, *, multiplier, **options):
    """A filter of each channel at a time; many times faster on a CPU than XLA's groups."""
    kernels = [kernel[..., i::multiplier] for i in range(multiplier)]
    groups = x.shape[4]
    parts = [conv3d_general(x, part, groups=groups, **options) for part in kernels]
    y = jnp.stack(parts, axis=-1)
    return y.reshape(*y.shape[:4], -1)


def conv3d_transposed(x, kernel, *, stride, cut):
    """Spreads each cell of x over kernel [depth, height, width, in, out], then cuts the edges."""
    reach = (x.shape[1] - 1) * stride[0] + 1
    front, back = cut[0]
    planes, total = x.reshape(-1, *x.shape[2:]), 0
    for i, plane in enumerate(kernel):
        y = conv2d_transposed(planes, plane, stride=stride[1:], cut=cut[1:])
        y = y.reshape(*x.shape[:2], *y.shape[1:])
        size = (x.shape[0], reach + len(kernel) - 1 + max(-back, 0), *y.shape[2:])
        total = total + jnp.zeros(size, y.dtype).at[:, i : i + reach : stride[0]].set(y)
    return total[:, front : reach + len(kernel) - 1 - back]


def conv3d_transposed_disjoint(x, kernel):
    """The same where the windows lie side by side: a matrix product a cell."""
    (_, depth, rows, columns, _), (d, h, w, _, out) = x.shape, kernel.shape
    cells = jnp.einsum("npijc,dhwco->npdihjwo", x, kernel)
    return cells.reshape(-1, depth * d, rows * h, columns * w, out)


def conv3d_transposed_general(x, kernel, *, stride, cut, dilation):
    """As conv3d_transposed, cells of a window `dilation` apart."""
    spans = [(k - 1) * d for k, d in zip(kernel.shape, dilation)]
    return jax.lax.conv_general_dilated(
        x,
        jax.lax.rev(kernel, (0, 1, 2)),
        (1, 1, 1),
        [(k - before, k - after) for k, (before, after) in zip(spans, cut)],
        lhs_dilation=stride,
        rhs_dilation=dilation,
        dimension_numbers=("NDHWC", "DHWIO", "NDHWC"),
    )


def conv3d_transposed_grouped(x, kernel, *, groups, **options):
    """Parts of the channels side by side; kernel [depth, height, width, in / groups, out]."""
    parts = zip(jnp.split(x, groups, axis=4), jnp.split(kernel, groups, axis=4))
    spread = [conv3d_transposed_general(*part, **options) for part in parts]
    return jnp.concatenate(spread, axis=4)
