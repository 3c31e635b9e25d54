"""Convolutions."""

import functools

import jax
import jax.numpy as jnp

from archc.kernels.dense import product_of_rows


def conv2d(x, kernel, *, stride, padding):
    """Cross-correlates x [batch, height, width, in] with kernel [height, width, in, out]."""
    return jax.lax.conv_general_dilated(
        x, kernel, stride, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def conv2d_apart(x, kernel, **options):
    """As conv2d; XLA computes x by itself, and not on the way to the copies that gradients need."""
    return conv2d(jax.lax.optimization_barrier(x), kernel, **options)


def window_cells(x, window, *, stride, padding):
    """What stands in each cell of the windows: an array a cell, row by row."""
    (h, w), (s, t), x = window, stride, jnp.pad(x, ((0, 0), *padding, (0, 0)))
    down, across = x.shape[1] - h + 1, x.shape[2] - w + 1
    return [
        x[:, i : down + i : s, j : across + j : t] for i in range(h) for j in range(w)
    ]


def conv2d_by_patches(x, kernel, *, stride, padding):
    """As conv2d, as one matrix product of patches."""
    cells = window_cells(x, kernel.shape[:2], stride=stride, padding=padding)
    patches = jnp.concatenate(cells, -1)
    return product_of_rows(patches, kernel.reshape(-1, kernel.shape[-1]))


def conv2d_pointwise(x, kernel, *, stride):
    """As conv2d with a window of one cell: a matrix product."""
    return product_of_rows(x[:, :: stride[0], :: stride[1]], kernel[0, 0])


def conv2d_by_lines(x, kernel, *, stride, padding):
    """As conv2d, as one matrix product of whole lines: the kernel stands at every place in one."""
    (h, w, channels, filters), (s, t) = kernel.shape, stride
    x = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    down, across = (x.shape[1] - h) // s + 1, (x.shape[2] - w) // t + 1
    lines = [x[:, i : i + (down - 1) * s + 1 : s] for i in range(h)]
    lines = [each.reshape(len(x), down, -1) for each in lines]
    # line after line one period too long, each stands `t` places further right
    places = jnp.pad(kernel, ((0, 0), (0, x.shape[2] + t - w), (0, 0), (0, 0)))
    places = jnp.tile(places, (1, across, 1, 1))[:, : across * x.shape[2]]
    places = places.reshape(h, across, -1, channels, filters).transpose(0, 2, 3, 1, 4)
    y = product_of_rows(
        jnp.concatenate(lines, -1), places.reshape(-1, across * filters)
    )
    return y.reshape(len(x), down, across, filters)


def conv2d_by_products(x, kernel, *, stride, padding):
    """As conv2d, as a sum of products of numbers; its gradients are those of conv2d."""
    options = {"stride": stride, "padding": padding}

    @jax.custom_gradient
    def slide(x, kernel):
        cells = window_cells(x, kernel.shape[:2], **options)
        numbers = [cell[..., i : i + 1] for cell in cells for i in range(x.shape[3])]
        rows = kernel.reshape(-1, kernel.shape[3])
        y = sum(number * row for number, row in zip(numbers, rows))
        return y, jax.vjp(functools.partial(conv2d, **options), x, kernel)[1]

    # what reads the sum would compute it anew, for each cell of a pooling say
    return jax.lax.optimization_barrier(slide(x, kernel))


def conv2d_spread_back(x, kernel, *, stride, padding):
    """As conv2d; the gradient of x is spread cell by cell, as that of patches is."""
    options = {"stride": stride, "padding": padding}

    @jax.custom_gradient
    def slide(x, kernel):
        y, back = jax.vjp(functools.partial(conv2d_apart, **options), x, kernel)
        spread = jax.vjp(lambda x: conv2d_by_patches(x, kernel, **options), x)[1]
        return y, lambda gradient: (*spread(gradient), back(gradient)[1])

    return slide(x, kernel)


def conv2d_general(x, kernel, *, stride, padding, dilation=(1, 1), groups=1):
    """As conv2d, cells of a window `dilation` apart; kernel [height, width, in / groups, out]."""
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        stride,
        padding,
        rhs_dilation=dilation,
        feature_group_count=groups,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def conv2d_grouped(x, kernel, *, groups, **options):
    """Parts of the channels side by side; many times faster on a CPU than XLA's groups."""
    parts = zip(jnp.split(x, groups, axis=3), jnp.split(kernel, groups, axis=3))
    return jnp.concatenate([conv2d_general(*part, **options) for part in parts], axis=3)


def conv2d_transposed(x, kernel, *, stride, cut):
    """Spreads each cell of x over kernel [height, width, in, out], then cuts the edges."""
    (_, rows, columns, _), (h, w, _, out), (s, t) = x.shape, kernel.shape, stride
    height, width = (rows - 1 - h // -s) * s, (columns - 1 - w // -t) * t
    spread = jnp.zeros((x.shape[0], height, width, out), x.dtype)
    # part by part of the kernel, so that what is added at once doesn't overlap
    for i in range(0, h, s):
        for j in range(0, w, t):
            part = kernel[i : i + s, j : j + t]
            cells = jnp.einsum("nrci,hwio->nrhcwo", x, part)
            gaps = s - part.shape[0], t - part.shape[1]
            cells = jnp.pad(cells, [(0, n) for n in (0, 0, gaps[0], 0, gaps[1], 0)])
            cells = cells.reshape(-1, rows * s, columns * t, out)
            spread = spread.at[:, i : i + rows * s, j : j + columns * t].add(cells)
    (top, bottom), (left, right) = cut
    y = spread[:, top : (rows - 1) * s + h - bottom]
    return y[:, :, left : (columns - 1) * t + w - right]


def conv2d_transposed_disjoint(x, kernel):
    """The same where the windows lie side by side: a matrix product a cell."""
    (_, rows, columns, _), (h, w, _, out) = x.shape, kernel.shape
    cells = jnp.einsum("nijc,hwco->nihjwo", x, kernel)
    return cells.reshape(-1, rows * h, columns * w, out)


def conv2d_depthwise(x, kernel, *, multiplier, **options):
    """A filter of each channel at a time; many times faster on a CPU than XLA's groups."""
    kernels = [kernel[..., i::multiplier] for i in range(multiplier)]
    groups = x.shape[3]
    parts = [conv2d_general(x, part, groups=groups, **options) for part in kernels]
    y = jnp.stack(parts, axis=-1)
    return y.reshape(*y.shape[:3], -1)


def conv2d_transposed_general(x, kernel, *, stride, cut, dilation):
    """As conv2d_transposed, cells of a window `dilation` apart."""
    spans = [(k - 1) * d for k, d in zip(kernel.shape, dilation)]
    return jax.lax.conv_general_dilated(
        x,
        jax.lax.rev(kernel, (0, 1)),
        (1, 1),
        [(k - before, k - after) for k, (before, after) in zip(spans, cut)],
        lhs_dilation=stride,
        rhs_dilation=dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def conv2d_transposed_grouped(x, kernel, *, groups, **options):
    """Parts of the channels side by side; kernel [height, width, in / groups, out]."""
    parts = zip(jnp.split(x, groups, axis=3), jnp.split(kernel, groups, axis=3))
    spread = [conv2d_transposed_general(*part, **options) for part in parts]
    return jnp.concatenate(spread, axis=3)
