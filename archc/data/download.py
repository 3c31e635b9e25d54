"""Fetches published files into the user's cache."""

import hashlib
import http.client
import os
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from archc.data.atomic import whole_file

Progress = Callable[[int, int], None]
"""Is told, while files are downloaded, how many bytes are there and how many there will be."""

TIMEOUT = 10
"""Seconds without an answer after which a server counts as not there."""
CHUNK = 2**16


class Published(NamedTuple):
    """A file as published: its name, bytes, SHA-256, and the SHA-256 of what it unpacks to."""

    name: str
    size: int
    sha256: str
    unpacked_sha256: str


class NotFetched(Exception):
    """Why a file could not be downloaded, in words."""


def offline() -> bool:
    """Whether `ARCHC_OFFLINE=1` forbids downloads."""
    return os.environ.get("ARCHC_OFFLINE", "") not in ("", "0")


def fetch(files: Sequence[Published], folder: Path, mirrors: Sequence[str], progress: Progress | None = None) -> None:
    """Downloads the files into a folder, each from the first mirror that has it, checked and whole.

    Raises NotFetched.
    """
    total, done = sum(file.size for file in files), 0

    def tell(there: int) -> None:
        if progress is not None:
            progress(done + there, total)

    for file in files:
        reasons = []
        for mirror in mirrors:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                _fetch_one(file, folder, mirror, tell)
                break
            # URLError and timeouts are OSErrors; ValueError is for an address that is none
            except (OSError, http.client.HTTPException, ValueError, NotFetched) as error:
                reasons.append(f"{mirror}{file.name}: {error}")
        else:
            raise NotFetched("; ".join(reasons))
        done += file.size


def _fetch_one(file: Published, folder: Path, mirror: str, tell: Callable[[int], None]) -> None:
    request = urllib.request.Request(mirror + file.name, headers={"User-Agent": "archc"})
    digest, there = hashlib.sha256(), 0
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer, whole_file(folder / file.name) as target:
        # one byte beyond the size is asked for, so that a longer file is noticed and never read on
        while piece := answer.read(min(CHUNK, file.size + 1 - there)):
            there += len(piece)
            digest.update(piece)
            target.write(piece)
            tell(min(there, file.size))
        if there != file.size or digest.hexdigest() != file.sha256:
            raise NotFetched("what came is not the published file")
