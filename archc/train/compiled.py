"""What XLA compiled, kept between runs in the user's own cache folder, so that a second run starts sooner.

What is kept is machine code that JAX executes unread: the folder has to be the user's alone. It is
one for each kind of processor, since a home can be shared by several. Anything in it may be lost or
damaged at any time: it is then compiled again, and nothing is said.
"""

import os
import platform
import stat
import warnings
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from archc.resources import cache_folder

MOST_BYTES = 256 << 20
"""Above that the oldest entries go, until a quarter is free."""
OFF = "ARCHC_NO_CACHE"
"""The environment variable that keeps programs from being kept."""
JAX_OWN = "JAX_COMPILATION_CACHE_DIR"
"""JAX's variable for a folder of one's own, which is left to JAX."""


def keep_compiled() -> None:
    """Has JAX keep what it compiles from here on, unless that is switched off or the folder isn't private."""
    folder = compiled_folder()
    if os.environ.get(JAX_OWN) or why_not_kept():
        return
    with suppress(OSError):
        for part in (cache_folder(), folder.parent, folder):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        prune(folder)
        _use(folder)


@cache
def _use(folder: Path) -> None:
    import jax

    _hear(folder)
    # before a first step come dozens of programs that each compile in less than JAX's threshold of a second
    settings = {"jax_compilation_cache_dir": str(folder), "jax_persistent_cache_min_compile_time_secs": 0.0}
    for name, value in settings.items():
        jax.config.update(name, value)  # type: ignore[no-untyped-call]


def compiled_folder() -> Path:
    """Where programs for this processor are kept."""
    return cache_folder() / "compiled" / _processor()


def why_not_kept() -> str:
    """Why nothing is kept, empty if it is."""
    if os.environ.get(OFF, "") not in ("", "0"):
        return f"{OFF} is set"
    for folder in (cache_folder(), compiled_folder().parent, compiled_folder()):
        with suppress(FileNotFoundError):
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode):
                return f"{folder} is no folder"
            if found.st_uid != os.getuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return f"others can write to {folder}"
    return ""


def kept(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Everything in the folder: when it was written, its bytes, its path."""
    for path in folder.rglob("*"):
        with suppress(OSError):
            found = path.lstat()
            if stat.S_ISREG(found.st_mode):
                yield found.st_mtime, found.st_size, path


def prune(folder: Path, most: int = MOST_BYTES) -> None:
    """Removes the oldest entries if all together are larger than `most` bytes."""
    entries = sorted(kept(folder))
    size = sum(each for _, each, _ in entries)
    if size <= most:
        return
    for _, each, path in entries:
        if size <= most * 3 // 4:
            return
        with suppress(OSError):
            path.unlink()
            size -= each


def _hear(folder: Path) -> None:
    """Keeps JAX's warnings about entries from the user, and drops all entries if one can't be read.

    JAX never writes over an entry, and doesn't say which one it was: it would be compiled again at each start.
    """
    show = warnings.showwarning

    def shown(message: Warning | str, *rest: Any, **more: Any) -> None:
        if str(message).startswith("Error reading persistent compilation cache entry"):
            prune(folder, 0)
        elif not str(message).startswith("Error writing persistent compilation cache entry"):
            show(message, *rest, **more)

    warnings.showwarning = shown


def _processor() -> str:
    """A name for what this processor can do: code for another might not run on it."""
    features = platform.processor()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        features = next((line for line in lines if line.startswith(("flags", "Features"))), features)
    return f"{platform.machine()}-{zlib.crc32(features.encode()):08x}"
