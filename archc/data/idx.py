"""Reads IDX, the format in which MNIST and its kin were published, gzipped or not."""

from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from archc.data.archive import damage_told, read_exactly, refuse_bomb, regular, unpacked
from archc.parameters import Unfit

BYTES = 0x08
"""The format's code for numbers of one byte."""


def read_idx(path: Path, rank: int) -> np.ndarray:
    """The uint8 array of a file: labels [n] for rank 1, images [n, height, width] for rank 3.

    Never unpacks more than the header says, nor what a file of this size cannot sanely hold.
    Raises Unfit: E0601 for a file that is not there, E0602 for one that is cut off, damaged, of
    another rank or empty, E0603 for a bomb.
    """
    size = regular(path)
    with damage_told(path), path.open("rb") as file:
        stream, packed = unpacked(file)
        shape = _shape(stream, rank, path)
        if packed:
            refuse_bomb(prod(shape), size, path)
        data = read_exactly(stream, prod(shape), str(path))
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)


def _shape(stream: IO[bytes], rank: int, path: Path) -> tuple[int, ...]:
    """The sizes that the header gives, which must be `rank` many."""
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise Unfit(f"{path} is not an IDX file", "its first two bytes are zero in one", code="E0602")
    if magic[2] != BYTES:
        raise Unfit(f"{path} holds numbers of the kind 0x{magic[2]:02x}, and bytes (0x08) are expected", code="E0604")
    if magic[3] != rank:
        nouns = {1: "labels", 3: "images"}
        raise Unfit(
            f"{path} holds {nouns.get(magic[3], f'an array of {magic[3]} dimensions')}, and {nouns[rank]} are expected",
            "the files may have been exchanged",
            code="E0602",
        )
    sizes = stream.read(4 * rank)
    if len(sizes) < 4 * rank:
        raise Unfit(f"{path} ends in its header", "copy the file again", code="E0602")
    shape = tuple(int.from_bytes(sizes[at : at + 4], "big") for at in range(0, 4 * rank, 4))
    if not prod(shape):
        raise Unfit(f"{path} is empty: its header says {' x '.join(map(str, shape))}", code="E0602")
    return shape
