"""What the networks of the 1980s and 1990s do otherwise: maps that read some maps, a bias for each unit."""

from typing import Any

from archc.ops.op import Bias, WeightSpec, shape_of, written_out
from archc.ops.window import cells
from archc.parameters import Parameter, Unfit, Word, whole
from archc.types import Shape, TensorType


class Connections(Parameter):
    """`all`, or for each filter the channels that it reads: `[[0, 1, 2], [1, 2, 3]]`."""

    kind = "`all`, or a list for each filter: `[[0, 1, 2], [1, 2, 3]]`"
    words = ("all",)

    def accept(self, value: Any) -> Any:
        if isinstance(value, Word) and value in self.words:
            return value
        if isinstance(value, str):
            self.refuse_word(value, self.words)
        if not isinstance(value, list | tuple) or not value:
            self.refuse(value)
        return tuple(self._row(row, i) for i, row in enumerate(value))

    def _row(self, row: Any, i: int) -> tuple[int, ...]:
        if not isinstance(row, list | tuple):
            self.refuse(row, "every entry is a list of its own, even for one channel: `[[0], [1, 2]]`")
        channels = [whole(entry) for entry in row]
        wrong = next((entry for entry, n in zip(row, channels, strict=True) if n is None or n < 0), None)
        if wrong is not None:
            self.refuse(wrong, "channels count from 0")
        if not channels:
            raise Unfit(
                f"filter {i} of `{self.name}` reads no channel", "give it at least one, or leave the filter out"
            )
        twice = next((n for n in channels if channels.count(n) > 1), None)
        if twice is not None:
            raise Unfit(f"filter {i} of `{self.name}` reads channel {twice} twice", "name each channel once")
        return tuple(n for n in channels if n is not None)


def check_connections(connect: Any, filters: int, groups: int) -> None:
    """Raises Unfit unless there is a list for each filter."""
    if connect == "all":
        return
    if len(connect) != filters:
        raise Unfit(
            f"`connect` has {len(connect)} lists, and there are {filters} filters",
            "it has a list for each filter, of the channels that the filter reads",
            parameter="connect",
        )
    if groups > 1:
        raise Unfit(
            "`connect` and `groups` both say which channels a filter reads",
            "`connect` alone says it all",
            parameter="connect",
        )


def check_channels(connect: Any, x: TensorType) -> None:
    """Raises Unfit if a filter reads a channel that there isn't."""
    most = -1 if connect == "all" else max(map(max, connect))
    if most >= x.channels:
        counts = f"they count from 0 to {x.channels - 1}" if x.channels > 1 else "it is channel 0"
        filter = next(i for i, row in enumerate(connect) if most in row)
        raise Unfit(
            f"filter {filter} reads channel {most}, and {x.channels} enter{'s' if x.channels == 1 else ''}",
            counts,
            parameter="connect",
        )


def connected_kernel(connect: tuple[tuple[int, ...], ...], window: Shape, channels: int) -> WeightSpec:
    """The weights of the connections that exist, filter by filter: [*window, connections].

    Where filters read different numbers of channels, the fans are means.
    """
    connections = sum(map(len, connect))
    shape = (*window, connections)
    size = TensorType(shape).size
    # ⌊ + ½⌋, and at least the window
    fan_in, fan_out = ((2 * size + n) // (2 * n) for n in (len(connect), channels))
    return WeightSpec("kernel", shape, fans=(max(fan_in, cells(window)), max(fan_out, cells(window))))


class UnitBias(Bias):
    """A bias that may be one for each unit, at every position its own."""

    kind = "`true`, `false`, `per_unit`, an initialiser such as `constant(1)`, or a list of numbers"
    words = ("per_unit",)

    def accept(self, value: Any) -> Any:
        return value if isinstance(value, Word) and value in self.words else super().accept(value)


def bias_of(bias: Any, after: TensorType) -> tuple[WeightSpec, ...]:
    """The weight of a bias for each filter, or `per_unit`."""
    if bias == "per_unit":
        return (WeightSpec("bias", after.shape, "zeros"),)
    return Bias.spec(bias, after.channels)


def bias_of_units(bias: Any, after: TensorType) -> tuple[WeightSpec, ...]:
    """The weight of a bias that each unit has in any case."""
    if isinstance(bias, tuple):
        if shape_of(bias) == (after.channels,):
            raise Unfit(
                f"`bias` is {TensorType((after.channels,))}, and this layer needs {after}",
                "every unit has a bias of its own here, at each position",
                parameter="bias",
            )
        return (WeightSpec("bias", after.shape, written_out(bias, after.shape, "bias")),)
    return () if bias is False else (WeightSpec("bias", after.shape, "zeros" if bias is True else bias),)
