"""Standard streams that a command can rely on, whatever the shell made of them."""

import io
import os
import sys
from typing import IO


def mend_streams() -> None:
    """Puts devnull where a stream is closed, and lets those that can't say a letter say `?`."""
    # in the order of their numbers: a file that is opened gets the lowest one that is free
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = open(os.devnull, mode, encoding="utf-8", errors="replace")  # noqa: SIM115 - for good
            setattr(sys, name, nowhere)
        elif mode == "w" and isinstance(stream, io.TextIOWrapper) and not _says_all(stream):
            stream.reconfigure(errors="replace")


def _says_all(stream: io.TextIOWrapper) -> bool:
    """Whether any text can be written; names of files that aren't UTF-8 then go out as they came in."""
    return stream.errors == "surrogateescape" and stream.encoding.lower() == "utf-8"


def discard_output(*streams: IO[str]) -> None:
    """Sends what is still unwritten nowhere: Python would try once more at its end, and complain."""
    for stream in streams:
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        except (OSError, ValueError):  # no file behind it, as in tests
            continue
