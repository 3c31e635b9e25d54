"""Words of pictures: what fits into a line, and lists of names."""

from collections.abc import Sequence

from archc.train.plots.sheet import lines
from archc.train.plots.theme import POINTS

_NAMED = 6
_LETTER = 0.6 * POINTS / 72
"""Inches that a letter takes, about."""


def wrapped(sentence: str, width: float, *, bold: bool = False) -> list[str]:
    """A sentence in lines of a sheet of so many inches."""
    return lines(sentence, POINTS, width - 0.25, bold=bold)


def shortened(name: str, width: float) -> str:
    """A name that takes no more than so many inches."""
    most = max(2, int(width / _LETTER))
    return name if len(name) <= most else name[: most - 1] + "…"


def listed(names: Sequence[str]) -> str:
    """`a, b and c`; of many the first few, and how many there are."""
    if len(names) > _NAMED:
        return f"{', '.join(names[: _NAMED - 1])} and {len(names) - _NAMED + 1:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names))


def sizes(shape: Sequence[int]) -> str:
    """`5×5×16`."""
    return "×".join(map(str, shape))
