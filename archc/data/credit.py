"""Finds and reads the credit approvals of the UCI repository."""

import hashlib
import os
from pathlib import Path

from archc.data.archive import damage_told, regular
from archc.data.dataset import Where
from archc.data.delimited import Layout
from archc.data.table import Table
from archc.data.table_file import read
from archc.ir import DataSpec
from archc.parameters import Unfit

FILE = "crx.data"
SIZE = 32_218
SHA256 = "fff49bc186cbddb3ace7371d40d9fbbb3af4f126019c13ff3f562249b1454f4d"
COLUMNS = 16


def load(spec: DataSpec, where: Where) -> Table:
    """`features` [690, width] and `approved` [690]. Raises Unfit (E0601, E0609, E0610)."""
    path = find(where)
    check_published(path)
    layout = Layout(path, ",", COLUMNS)
    return read(layout, frozenset({"", "?"}), (*spec.features, *spec.targets), spec.examples)


def folders(where: Where) -> list[Path]:
    """The folders that are looked through, in order."""
    starts = [where.data_dir] if where.data_dir is not None else []
    if os.environ.get("ARCHC_DATA"):
        starts.append(Path(os.environ["ARCHC_DATA"]))
    return [folder for start in starts for folder in (start, start / "credit-approval")]


def find(where: Where) -> Path:
    """The file. Raises Unfit (E0609)."""
    searched = folders(where)
    for folder in searched:
        if (folder / FILE).is_file():
            return folder / FILE
    places = ", ".join(map(str, searched)) or "nowhere: neither `--data-dir` nor `$ARCHC_DATA` names a folder"
    raise Unfit(
        f"the credit approvals, {FILE} ({SIZE:,} bytes), are not there",
        f"put the file of the UCI repository into one of the folders that are looked through: {places}",
        code="E0609",
    )


def check_published(path: Path) -> None:
    """Raises Unfit (E0610) for another file than the published one: some copies have rows too many or too few."""
    size = regular(path)
    with damage_told(path), path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != SHA256:
        raise Unfit(
            f"{path} ({size:,} bytes) is not the published file: its SHA-256 begins {digest[:12]}, not {SHA256[:12]}",
            f'take the published one, or read this one as it is: `csv("{path.name}", …)`',
            code="E0610",
        )
