"""What a figure of solids shows: stations, their groups, and how equal ones that follow each other become one."""

from collections import Counter
from dataclasses import dataclass, replace

from archc.types import Shape, TensorType


@dataclass(frozen=True)
class Station:
    """A layer, a closed block or an input.

    `id` is its scope, `called` the name that someone gave it, `told` what it does and `more` its
    settings, both in words; `block` is what a closed one is built from. `before` and `shape` enter and leave it;
    `window` is what it slides over `before`, if it does. `behind` are quiet layers that its value went
    through on the way here, `then` those that follow. `count` of them stand one behind the other, each of so
    many `layers`. `make` is equal for two that are built alike.
    """

    id: str
    op: str
    family: str
    told: str
    shape: Shape
    before: Shape
    inputs: tuple[str, ...]
    line: int
    place: str
    source: str
    called: str = ""
    block: str = ""
    more: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    output: str = ""
    window: Shape = ()
    count: int = 1
    parameters: int = 0
    macs: int = 0
    layers: int = 1
    make: str = ""

    @property
    def head(self) -> str:
        """What it is called first of all."""
        return self.called or (self.block if self.count > 1 else "") or self.told

    @property
    def joins(self) -> bool:
        """Whether it merges values and leaves their shape, so that nothing of its own is to be measured."""
        return self.family == "merge" and self.shape == self.before

    @property
    def bare(self) -> bool:
        """Whether it is drawn as a sign, and not as a solid."""
        return self.joins or self.op == "rest"

    @property
    def rests(self) -> bool:
        """Whether it only arranges a single value anew, on the way from one to another."""
        return self.family == "layout" and len(self.inputs) == 1

    @property
    def title(self) -> str:
        """What a pointer on it is told."""
        times = f", {self.count} times" if self.count > 1 else ""
        return f"{self.id}: {self.source}, gives {TensorType(self.shape)}{times}"

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        quiet = ", ".join((*self.behind, *self.then))
        told = {
            "layer": self.source,
            "output": str(TensorType(self.shape)),
            "with": quiet,
            "parameters": f"{self.parameters * self.count:,}",
            "MACs": f"{self.macs * self.count:,}",
            "source": self.place,
        }
        return tuple((name, value) for name, value in told.items() if value)


@dataclass(frozen=True)
class Group:
    """Stations that belong together: those of an opened `block`, of which `count` follow each other."""

    name: str
    block: str
    members: frozenset[str]
    count: int = 1


@dataclass(frozen=True)
class Flow:
    """All stations in the order of computation, and their groups, inner ones first."""

    stations: tuple[Station, ...]
    groups: tuple[Group, ...]

    @property
    def length(self) -> int:
        """How many stand one behind the other at most."""
        reached: dict[str, int] = {}
        for station in self.stations:
            reached[station.id] = 1 + max((reached[value] for value in station.inputs), default=0)
        return max(reached.values(), default=0)


def around(inner: Group, name: str, block: str, count: int) -> Group:
    """What holds another group and nothing beside it, as one group: `stage1: basic` of two basic ones."""
    if not name or count > 1:
        return replace(inner, count=inner.count * count)
    names, blocks = (": ".join(filter(None, (name, word))) for word in (inner.name, inner.block))
    return replace(inner, name=names, block=blocks)


def folded(flow: Flow) -> Flow:
    """The same with equal layers that follow each other in one block drawn once."""
    takers = Counter(value for station in flow.stations for value in station.inputs)
    kept: dict[str, Station] = {}
    stands_for: dict[str, str] = {}
    last: dict[str, str] = {}
    for station in flow.stations:
        inputs = tuple(stands_for.get(value, value) for value in station.inputs)
        station = replace(station, inputs=inputs)
        before = kept.get(inputs[0]) if len(inputs) == 1 else None
        if before is not None and takers[last.get(before.id, before.id)] == 1 and same(before, station):
            kept[before.id] = replace(before, count=before.count + station.count, output=station.output)
            stands_for[station.id], last[before.id] = before.id, station.id
        else:
            kept[station.id] = station
    groups = (replace(group, members=group.members & kept.keys()) for group in flow.groups)
    return Flow(tuple(kept.values()), tuple(group for group in groups if len(group.members) > 1 or group.count > 1))


def same(a: Station, b: Station) -> bool:
    """Whether two layers of one block are built alike, and neither has a name of its own."""
    return (
        bool(a.make)
        and a.make == b.make
        and a.before == b.before
        and (a.behind, a.then, a.called, b.called, a.output) == (b.behind, b.then, "", "", "")
        and a.id.rpartition(".")[0] == b.id.rpartition(".")[0]
    )
