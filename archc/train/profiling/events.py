"""What a processor did when: XLA's operations on the time line of a profiler's trace."""

import gzip
import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

CONTAINERS = frozenset(["call", "conditional"])
"""Operations that consist of others: what is left to them is the time in which none of those runs."""

_OVER = "end: "
"""How the event is called that tells the end of an operation: that of its start ends when it was handed on."""

LOOP = "while"
"""One that does nothing but call others again and again."""


@dataclass(frozen=True)
class Event:
    """An operation that ran, in microseconds of the trace, in one run of its module."""

    op: str
    start: float
    end: float
    run: str = ""


@dataclass(frozen=True)
class Times:
    """Seconds by operation, and in which nothing ran; together they are the whole time."""

    by_op: Mapping[str, float]
    idle: float

    @property
    def whole(self) -> float:
        return sum(self.by_op.values()) + self.idle


def read_trace(path: Path) -> dict[str, Any]:
    """A trace as Perfetto opens it."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        found: Any = json.load(file)
    return found if isinstance(found, dict) else {"traceEvents": found}


def of_module(trace: Mapping[str, Any], module: str) -> list[dict[str, Any]]:
    """The events of a module's operations. On a GPU those of its streams: other rows tell the same again."""
    processes: dict[Any, str] = {}
    threads: dict[Any, str] = {}
    found = []
    for event in trace["traceEvents"]:
        arguments = event.get("args") or {}
        if event.get("name") == "process_name":
            processes[event["pid"]] = arguments["name"]
        elif event.get("name") == "thread_name":
            threads[event["pid"], event["tid"]] = arguments["name"]
        elif event.get("ph") == "X" and "hlo_op" in arguments and arguments.get("hlo_module") == module:
            found.append(event)
    streams = [
        event
        for event in found
        if processes.get(event["pid"], "").startswith("/device:")
        and threads.get((event["pid"], event["tid"]), "").startswith("Stream")
    ]
    return streams or found


def spans(
    trace: Mapping[str, Any], events: Iterable[Mapping[str, Any]], without: frozenset[str] = frozenset()
) -> list[Event]:
    """Some events of a trace as operations, in order of their start; those `without` are left out.

    An operation that goes on in other threads is over where the trace says so, in an event of its own.
    """
    over: dict[str, list[float]] = defaultdict(list)
    for event in trace["traceEvents"]:
        if str(event.get("name", "")).startswith(_OVER):
            over[event["name"].removeprefix(_OVER)].append(float(event["ts"]))
    starts: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        op, start = event["args"]["hlo_op"], float(event["ts"])
        if op not in without:
            end = start + float(event.get("dur", 0))
            starts[op].append(Event(op, start, end, event["args"].get("run_id", "")))
    found = []
    for op, each in starts.items():
        ends = sorted(over[op])
        each.sort(key=lambda event: event.start)
        nexts = [*(event.start for event in each[1:]), float("inf")]
        for event, until in zip(each, nexts, strict=True):
            at = bisect_left(ends, event.start)
            said = ends[at] if at < len(ends) and ends[at] < until else event.end
            found.append(replace(event, end=max(event.end, said)))
    return sorted(found, key=lambda event: (event.start, -event.end))


def runs(events: Sequence[Event]) -> list[list[Event]]:
    """The events of each run of the module, in order."""
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.run, []).append(event)
    return list(found.values())


def typical(events: Sequence[Event], containers: frozenset[str]) -> tuple[Times, int]:
    """The times of the faster half of the runs, each until the next begins, and how many runs those are.

    What else the machine does disturbs some runs much, and its idle time would be told as the program's.
    """
    each = runs(events)
    ends = [*(following[0].start for following in each[1:]), max((event.end for event in events), default=0)]
    times = [shared_out(run, containers, end) for run, end in zip(each, ends, strict=True)]
    # the last has no next, and so misses what lies between two
    counted = sorted(times[:-1] or times, key=lambda time: time.whole)
    half = counted[: -(-len(counted) // 2)]
    seconds: dict[str, float] = defaultdict(float)
    for time in half:
        for op, taken in time.by_op.items():
            seconds[op] += taken
    return Times(dict(seconds), sum(time.idle for time in half)), len(half)


def shared_out(events: Sequence[Event], containers: frozenset[str], until: float = 0) -> Times:
    """Every moment from the first event to the last, or `until`, given to what runs then: in equal parts to several.

    `events` are in order of their start. An operation of `containers` has a moment only if nothing else runs.
    """
    seconds: dict[str, float] = defaultdict(float)
    idle = 0.0
    running: list[tuple[float, int]] = []
    active: dict[int, str] = {}
    now = events[0].start if events else 0.0

    def pass_until(moment: float) -> None:
        nonlocal now, idle
        names = [op for op in active.values() if op not in containers] or list(active.values())
        for op in names:
            seconds[op] += (moment - now) / len(names) / 1e6
        if not names:
            idle += (moment - now) / 1e6
        now = moment

    for number, event in enumerate(events):
        while running and running[0][0] <= event.start:
            end, over = heappop(running)
            pass_until(end)
            del active[over]
        pass_until(event.start)
        heappush(running, (event.end, number))
        active[number] = event.op
    while running:
        end, over = heappop(running)
        pass_until(end)
        del active[over]
    pass_until(max(until, now))
    return Times(dict(seconds), idle)
