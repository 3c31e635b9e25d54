"""Runs the sides in turn, each measurement in a process of its own, and gathers what they tell."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from archc.cli.huge_pages import ASKING
from benchmarks.training.handover import Handed, read
from benchmarks.training.sides import OURS, SIDES

ROOT = Path(__file__).parents[2]
LONGEST = 1800.0
"""Seconds that a process may take."""

Say = Callable[[str], None]
Step = Callable[[str, dict[str, Any], Handed, "Plan"], None]


class Fault(Exception):
    """A child that didn't give figures; the text is the reason, one line."""


@dataclass(frozen=True)
class Plan:
    """How often what is measured, for which target."""

    target: str
    rounds: int
    colds: int
    quick: bool = False


def environment(target: str, cache: Path | None) -> dict[str, str]:
    """That of a child: its device, and a folder for compiled programs, to all who can use one."""
    env = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    if target == "cpu":
        env |= {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
        # `archc train` asks for huge pages itself; here all sides have them
        env |= {"GLIBC_TUNABLES": ASKING}
    if cache is not None:
        env |= {
            "JAX_COMPILATION_CACHE_DIR": str(cache / "jax"),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "TORCHINDUCTOR_CACHE_DIR": str(cache / "torch"),
        }
    path = os.pathsep.join(filter(None, (str(ROOT), env.get("PYTHONPATH"))))
    return {**env, "PYTHONPATH": path}


def told(module: str, arguments: Iterable[str], env: dict[str, str]) -> str:
    """The last line that a child prints. Raises Fault."""
    command = [sys.executable, "-m", f"benchmarks.training.{module}", *arguments]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        raise Fault(f"it took longer than {LONGEST:,.0f} s") from None
    if run.returncode:
        lines = [line.strip() for line in run.stderr.splitlines() if line.strip()]
        raise Fault(lines[-1][:200] if lines else f"it ended with status {run.returncode}")
    return (run.stdout.splitlines() or [""])[-1]


def child(side: str, folder: Path, target: str, cache: Path | None, *options: str) -> dict[str, Any]:
    """The figures of one process. Raises Fault."""
    began = ("--began", repr(time.monotonic()))
    line = told("child", (side, str(folder), *began, *options), environment(target, cache))
    figures: dict[str, Any] = json.loads(line)
    return figures


def compare(name: str, sides: list[str], plan: Plan, folder: Path, say: Say) -> Iterator[dict[str, Any]]:
    """What each side needed for a piece of work, as far as it is known: again after every process.

    "sides" has an entry for each: its setting, what was tried, "colds" and "runs", and a "fault" if there was one.
    """
    found: dict[str, Any] = {"work": name, "sides": {side: {"colds": [], "runs": []} for side in sides}}
    try:
        told(
            "handover", (name, str(folder), plan.target, *(["--quick"] if plan.quick else [])), environment("cpu", None)
        )
    except Fault as fault:
        for side in sides:
            found["sides"][side]["fault"] = str(fault)
        yield found
        return
    handed = read(folder)
    found |= {"rows": handed.rows, "batch": handed.batch, "epochs": handed.epochs, "goal": handed.goal}
    found |= {"precision": handed.precision}
    colds = 0 if handed.goal else plan.colds
    steps: list[Step] = [
        partial(choose, say=say),
        *(partial(cold, number=number) for number in range(colds)),
        *(warm for _ in range(plan.rounds)),
    ]
    for step in steps:
        for side in sides:
            entry = found["sides"][side]
            if "fault" in entry:
                continue
            try:
                step(side, entry, handed, plan)
            except Fault as fault:
                entry["fault"] = str(fault)
                say(f"{name}: {SIDES[side].label}: {fault}")
            yield found


def choose(side: str, entry: dict[str, Any], handed: Handed, plan: Plan, say: Say) -> None:
    """Tries the settings of a side, and takes the fastest."""
    missing = SIDES[side].missing()
    if missing:
        raise Fault(f"not installed: {missing}")
    settings = SIDES[side].settings(handed)
    entry["tried"] = {}
    if len(settings) > 1:
        entry["tried"] = child(side, handed.folder, plan.target, None, "--search")
        rates = ", ".join(f"{setting} {rate:,.0f}" for setting, rate in entry["tried"].items())
        say(f"{handed.work}: {SIDES[side].label}, images/s: {rates}")
    entry["setting"] = max(settings, key=lambda setting: entry["tried"].get(setting, 0.0))


def cache_of(side: str, handed: Handed) -> Path:
    return handed.folder / "caches" / side


def cold(side: str, entry: dict[str, Any], handed: Handed, plan: Plan, number: int) -> None:
    """A start with nothing compiled before; what it compiles stays for the warm ones."""
    if number >= SIDES[side].cold:
        return
    cache = cache_of(side, handed)
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(cache)
    options = ("--setting", entry["setting"], "--epochs", "1")
    entry["colds"].append(child(side, handed.folder, plan.target, cache, *options))


def warm(side: str, entry: dict[str, Any], handed: Handed, plan: Plan) -> None:
    """A whole measurement, with what was compiled before."""
    options = ("--setting", entry["setting"], "--epochs", str(handed.epochs))
    entry["runs"].append(child(side, handed.folder, plan.target, cache_of(side, handed), *options))


def ours_first(sides: Iterable[str]) -> list[str]:
    """The sides in their usual order; archc is always among them."""
    wanted = {OURS, *sides}
    return [side for side in SIDES if side in wanted]
