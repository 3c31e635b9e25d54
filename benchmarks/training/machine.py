"""What was measured on: the machine, and versions."""

import importlib.metadata
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PACKAGES = ("archc", "jax", "jaxlib", "optax", "keras", "flax", "torch")


def machine() -> dict[str, Any]:
    """The processor's name, how many cores the process may use, and memory."""
    return {"processor": processor(), "cores": cores(), "memory": memory(), "system": platform.system()}


def processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> str:
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{size / 2**30:.0f} GiB"


def versions() -> dict[str, str]:
    """Python's and those of what is installed."""
    return {"Python": platform.python_version(), **dict(installed(PACKAGES))}


def installed(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in names:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
