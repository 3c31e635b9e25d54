"""Has the memory of training stand on huge pages, where Linux gives them to those who ask.

XLA's convolutions and copies stride over arrays of megabytes, and with pages of 4 KiB the processor looks up more
addresses than it can remember: steps of ResNet-20 take 79 ms with huge pages, and 98 without. glibc asks for them, from
2.35 on, if GLIBC_TUNABLES says so as a process begins; so a command that trains begins again, as the same process.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

TRAINING = ("train", "profile", "tune")
"""The commands that begin again."""

SWITCH = "ARCHC_HUGE_PAGES"
"""A variable of the environment; with 0 in it nothing begins again."""

ASKING = "glibc.malloc.hugetlb=1"
"""What GLIBC_TUNABLES says then."""

_LEAST = (2, 35)
_KERNEL = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def begin_again() -> None:
    """Replaces the process by one that is the same but asks for huge pages, if that is worth it."""
    # commands that don't train start without reading what the system gives
    if sys.platform != "linux" or not sys.executable or not set(TRAINING).intersection(sys.argv):
        return
    try:
        environment = asking(sys.argv[1:], os.environ, _KERNEL.read_text(encoding="ascii"), _libc())
        if environment is not None:
            os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)
    except (OSError, ValueError):
        return  # it goes on as it is, which is only slower


def asking(
    words: Sequence[str], environment: Mapping[str, str], kernel: str, libc: tuple[int, ...]
) -> dict[str, str] | None:
    """The environment in which a command of `words` begins again; None if it goes on as it is.

    `kernel` is what Linux says of huge pages: it gives them to all, to those who ask, or to none.
    """
    command = next((word for word in words if not word.startswith("-")), "")
    said = environment.get("GLIBC_TUNABLES", "")
    if command not in TRAINING or environment.get(SWITCH) == "0" or "hugetlb" in said:
        return None
    if "[madvise]" not in kernel or libc < _LEAST:
        return None
    return {**environment, "GLIBC_TUNABLES": f"{said}:{ASKING}" if said else ASKING}


def _libc() -> tuple[int, ...]:
    name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    return tuple(map(int, version.split("."))) if name == "glibc" else ()
