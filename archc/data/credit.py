"""Finds and reads the credit approvals of the UCI repository."""

from pathlib import Path

from archc.data.dataset import Where
from archc.data.delimited import Layout
from archc.data.download import Published
from archc.data.folder import roots
from archc.data.published import check_published
from archc.data.table import Table
from archc.data.table_file import read
from archc.ir import DataSpec
from archc.parameters import Unfit

SHA256 = "fff49bc186cbddb3ace7371d40d9fbbb3af4f126019c13ff3f562249b1454f4d"
PUBLISHED = Published("crx.data", 32_218, SHA256, SHA256)
COLUMNS = 16


def load(spec: DataSpec, where: Where) -> Table:
    """`features` [690, width] and `approved` [690]. Raises Unfit (E0601, E0609, E0610)."""
    path = find(where)
    # some copies have rows too many or too few
    check_published(PUBLISHED, path, help=f'take the published one, or read this one as it is: `csv("{path.name}", …)`')
    layout = Layout(path, ",", COLUMNS)
    return read(layout, frozenset({"", "?"}), (*spec.features, *spec.targets), spec.examples)


def folders(where: Where) -> list[Path]:
    """The folders that are looked through, in order."""
    return [folder for start in roots(where.data_dir) for folder in (start, start / "credit-approval")]


def find(where: Where) -> Path:
    """The file. Raises Unfit (E0609)."""
    searched = folders(where)
    for folder in searched:
        if (folder / PUBLISHED.name).is_file():
            return folder / PUBLISHED.name
    places = ", ".join(map(str, searched)) or "nowhere: neither `--data-dir` nor `$ARCHC_DATA` names a folder"
    raise Unfit(
        f"the credit approvals, {PUBLISHED.name} ({PUBLISHED.size:,} bytes), are not there",
        f"put the file of the UCI repository into one of the folders that are looked through: {places}",
        code="E0609",
    )
