"""What the measurements come to: medians, and ratios of them."""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.training.sides import OURS

TOLERANCE = 0.02
"""How far a loss may be from ours, of ours, for the two to have done the same work."""

Found = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One side's medians in one piece of work; None where there is none.

    Seconds, bytes and images/s. `faster` is our images/s by theirs; the other ratios are ours by theirs of
    seconds and bytes, below 1 where we need less. A row with a `fault` has no ratios.
    """

    side: str
    setting: str = ""
    rate: float | None = None
    cold: float | None = None
    warm: float | None = None
    compile: float | None = None
    host: float | None = None
    device: float | None = None
    loss: float | None = None
    reached: float | None = None
    epochs: float | None = None
    apart: float | None = None
    fault: str = ""
    faster: float | None = None
    cold_ratio: float | None = None
    warm_ratio: float | None = None
    host_ratio: float | None = None
    reached_ratio: float | None = None


def median(entries: Iterable[Found], key: str) -> float | None:
    values = [entry[key] for entry in entries if entry.get(key) is not None]
    return statistics.median(values) if values else None


def ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def rows_of(work: Found) -> list[Row]:
    """The rows of a piece of work, ours first."""
    ours = medians(OURS, work["sides"][OURS], None, work)
    others = [medians(side, entry, ours, work) for side, entry in work["sides"].items() if side != OURS]
    return [ours, *others]


def medians(side: str, entry: Found, ours: Row | None, work: Found) -> Row:
    runs, colds, goal = entry["runs"], entry["colds"], work.get("goal")
    loss = median(runs, "loss")
    apart = abs(loss / ours.loss - 1) if ours is not None and loss is not None and ours.loss and not goal else None
    found: dict[str, Any] = {
        "setting": entry.get("setting", ""),
        "rate": median(runs, "images_per_second"),
        "cold": median(colds, "start"),
        "warm": median(runs, "start"),
        "compile": median(colds, "compile"),
        "host": median(runs, "host_bytes"),
        "device": median(runs, "device_bytes"),
        "loss": loss,
        "reached": median(runs, "reached"),
        "epochs": statistics.median(len(run["epoch_seconds"]) for run in runs) if runs else None,
        "apart": apart,
        "fault": fault(entry, apart, goal),
    }
    if ours is not None and not found["fault"]:
        found |= {
            "faster": ratio(ours.rate, found["rate"]),
            "cold_ratio": ratio(ours.cold, found["cold"]),
            "warm_ratio": ratio(ours.warm, found["warm"]),
            "host_ratio": ratio(ours.host, found["host"]),
            "reached_ratio": ratio(ours.reached, found["reached"]),
        }
    return Row(side, **found)


def fault(entry: Found, apart: float | None, goal: float | None) -> str:
    """Why a row can't be compared, "" if it can."""
    if "fault" in entry:
        return str(entry["fault"])
    if apart is not None and not apart <= TOLERANCE:
        return f"refused: its final loss is {apart:.1%} from ours, so it didn't do the same work"
    if goal and entry["runs"] and any(run["reached"] is None for run in entry["runs"]):
        return f"it doesn't reach {goal:.1%}"
    return ""
