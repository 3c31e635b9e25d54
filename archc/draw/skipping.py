"""A very long row of solids without its middle, for which one sign stands that tells how many layers it is."""

from dataclasses import replace

from archc.draw.flows import Flow, Group, Station
from archc.draw.opening import KEPT_FIRST, KEPT_LAST, LONG
from archc.parameters import counted

TRIED = 50
"""Places to cut, of those that are nearest to where one would."""


def skipped(flow: Flow) -> Flow:
    """A flow of which about as many stations as fit a page stand in a row, if there are places to cut it at."""
    stations = flow.stations
    if flow.length <= LONG:
        return flow
    cuts = cuttable(flow)
    firsts = sorted(cuts, key=lambda cut: abs(cut - KEPT_FIRST))[:TRIED]
    lasts = sorted(cuts, key=lambda cut: abs(cut - len(stations) + KEPT_LAST))[:TRIED]
    for last in lasts:
        for first in firsts:
            if last - first > 1 and cuts[first] == cuts[last] and whole(stations[first:last]):
                return without(flow, first, last)
    return flow


def cuttable(flow: Flow) -> dict[int, frozenset[int]]:
    """Before which stations all that goes on is the value of the one before, and in which groups of several that is."""
    where = {station.id: index for index, station in enumerate(flow.stations)}
    reach = [0] * len(flow.stations)
    for index, station in enumerate(flow.stations):
        for value in station.inputs:
            reach[where[value]] = max(reach[where[value]], index)
    several = [(number, group.members) for number, group in enumerate(flow.groups) if group.count > 1]
    around: dict[str, set[int]] = {}
    for number, members in several:
        for name in members:
            around.setdefault(name, set()).add(number)
    found: dict[int, frozenset[int]] = {}
    farthest = 0
    for index in range(1, len(flow.stations)):
        before, station = flow.stations[index - 1], flow.stations[index]
        if farthest < index and station.inputs == (before.id,):
            found[index] = frozenset(around.get(before.id, set()) & around.get(station.id, set()))
        farthest = max(farthest, reach[index - 1] if reach[index - 1] > index else 0)
    return found


def whole(left_out: tuple[Station, ...]) -> bool:
    """Whether nothing enters or leaves the network there."""
    return all(station.inputs and not station.output for station in left_out[:-1]) and not left_out[-1].output


def without(flow: Flow, first: int, last: int) -> Flow:
    """The flow with one sign for the stations from `first` to the one before `last`."""
    left_out = flow.stations[first:last]
    gone = frozenset(station.id for station in left_out)
    inside = [group for group in flow.groups if group.members <= gone]
    times: dict[str, int] = dict.fromkeys(gone, 1)
    for group in inside:
        for name in group.members:
            times[name] *= group.count
    begin, end = left_out[0], left_out[-1]

    def total(what: str) -> int:
        return sum(getattr(station, what) * station.count * times[station.id] for station in left_out)

    layers = total("layers")
    rest = Station(
        f"{begin.id} to {end.id}",
        "rest",
        "rest",
        counted(layers, "layer"),
        end.shape,
        begin.before,
        begin.inputs,
        begin.line,
        begin.place,
        f"{counted(layers, 'layer')} that `--full` draws",
        parameters=total("parameters"),
        macs=total("macs"),
        layers=layers,
    )
    behind = [
        replace(station, inputs=tuple(rest.id if name == end.id else name for name in station.inputs))
        for station in flow.stations[last:]
    ]
    groups = [kept(group, gone, rest.id) for group in flow.groups]
    return Flow(
        (*flow.stations[:first], rest, *behind),
        tuple(group for group in groups if len(group.members) > 1 or (group.members and group.count > 1)),
    )


def kept(group: Group, gone: frozenset[str], rest: str) -> Group:
    """A group without what is gone, for which the rest stands if all of it was inside."""
    members = group.members - gone
    return replace(group, members=members | {rest} if members and gone <= group.members else members)
