"""A figure whose blocks open and close: each block's inside is laid out on its own."""

from dataclasses import dataclass

from archc.draw.scene import Scene


@dataclass(frozen=True, slots=True)
class Level:
    """What is inside a block, with all that is in it closed.

    `id` is that of the `node` part that it opens in the level around it, "" for the whole figure;
    `title` is what the frame is called. Edges come in through the top at `enters` (x, one for each
    value), and the value of the block leaves through the bottom at `leaves`. `opened` says whether it shows at first.
    """

    id: str
    title: str
    scene: Scene
    enters: tuple[float, ...]
    leaves: float
    opened: bool
