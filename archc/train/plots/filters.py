"""What a layer looks for: its kernels as pictures."""

import numpy as np

from archc.train.plots import tiles
from archc.train.plots.fitting import advice, drawable
from archc.train.plots.picture import Picture, unfit
from archc.train.plots.subject import Subject
from archc.train.plots.text import listed, sizes

MOST, MOST_ENTERING = 64, 16


def draw(subject: Subject, layer: str | None = None) -> Picture:
    """The kernels of the first layer that sees an image, or of `layer`. Raises Failed where there is none."""
    layers = drawable(subject.module.graph)
    if layer is None:
        if not layers:
            title = f"{subject.name} has no layer that looks at an image, so it has no filters to show"
            raise unfit(title, advice(subject))
        layer = next(iter(layers))
    elif layer not in layers:
        known = f"there are {listed([f'`{name}`' for name in layers])}" if layers else "no layer has them"
        every = [name for name, _ in subject.module.graph.layers()]
        title = (
            f"the layer `{layer}` has no kernels that make pictures"
            if layer in every
            else f"there is no layer `{layer}`"
        )
        raise unfit(title, known)
    state = subject.state
    kernel = np.asarray(subject.program.named(state)[f"{layer}.kernel"], np.float64)
    kernel = kernel.reshape(layers[layer])
    strip, shown = _strip(kernel)
    *window, entering, leaving = kernel.shape
    share = "" if shown == leaving else f", {shown} of {leaving}"
    title = (
        f"{subject.name}: the kernels of {layer}, {sizes(window)} of {entering} channel{'s' * (entering != 1)}{share}"
    )
    said = f"{leaving:,} kernel{'s' * (leaving != 1)} of {layer}, {sizes(kernel.shape[:-1])}; {strip.heading}."
    return Picture("filters", title, (said,), lambda pen: tiles.paint(pen, title, [strip]))


def _strip(kernel: np.ndarray) -> tuple[tiles.Strip, int]:
    """The kernels as tiles, and how many filters are among them."""
    *window, entering, leaving = kernel.shape
    shown = min(leaving, MOST)
    each = np.moveaxis(kernel, -1, 0)[:shown]
    if len(window) == 1:
        # [filter, length, in]: a channel a row
        each = np.moveaxis(each, 1, 2)
        largest = np.abs(each).max(axis=(1, 2), keepdims=True)
        heading = "each scaled by itself: blue is negative, orange positive; rows are channels, time runs to the right"
        return tiles.Strip(heading, tiles.signed(each / np.where(largest, largest, 1))), shown
    largest = np.abs(each).max(axis=(1, 2, 3), keepdims=True)
    each = each / np.where(largest, largest, 1)
    if entering == 3:
        return tiles.Strip(
            "each scaled by itself: in grey places it is 0 for red, green and blue", 0.5 + each / 2
        ), shown
    if entering == 1:
        return tiles.Strip(
            "each scaled by itself: black is negative, grey 0, white positive", tiles.grey(each[..., 0])
        ), shown
    shown, rows = min(shown, MOST_ENTERING), min(entering, MOST_ENTERING)
    of = "" if rows == entering else f" (the first {rows} of {entering})"
    pairs = np.moveaxis(each[:shown, :, :, :rows], -1, 0).reshape(-1, *window)
    heading = f"columns are filters, each scaled by itself: black is negative, white positive; rows are channels{of}"
    return tiles.Strip(heading, tiles.grey(pairs), columns=shown), shown
