"""Files of published sets: where they are, whether they are the published ones, and how they get there."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from archc.data.archive import damage_told, regular
from archc.data.dataset import Where
from archc.data.download import NotFetched, Progress, Published, fetch, offline
from archc.data.folder import cache, looked_through
from archc.parameters import Unfit


@dataclass(frozen=True)
class PublishedSet:
    """A set that is published as some files: its title in messages, and the folders that it may be in."""

    title: str
    folders: tuple[str, ...]
    files: tuple[Published, ...]
    mirrors: tuple[str, ...]

    def find(self, where: Where) -> dict[Published, Path]:
        """The files that are there, packed or unpacked."""
        found: dict[Published, Path] = {}
        for file in self.files:
            for folder in looked_through(where.data_dir, self.folders):
                for name in (file.name, file.name.removesuffix(".gz")):
                    if file not in found and (folder / name).is_file():
                        found[file] = folder / name
        return found

    def paths(self, where: Where, progress: Progress | None, advice: str = "") -> dict[Published, Path]:
        """All files, checked. Those that are nowhere are downloaded into the user's cache.

        Raises Unfit: E0609 where that can't be done, its help ending in `advice`, and E0610 for other files.
        """
        paths = self.find(where)
        missing = [file for file in self.files if file not in paths]
        if missing:
            self._fetch(missing, where, progress, advice)
            paths = self.find(where)
        for file, path in paths.items():
            check_published(file, path, self.files)
        return paths

    def _fetch(self, missing: list[Published], where: Where, progress: Progress | None, advice: str) -> None:
        reason = f"`ARCHC_OFFLINE` forbids downloading {'them' if len(missing) > 1 else 'it'}"
        if not self.mirrors:
            reason = "they are not published one by one"
        elif not offline():
            try:
                fetch(missing, cache(self.folders[0]), self.mirrors, progress)
                return
            except NotFetched as error:
                reason = f"they could not be downloaded ({error})"
        names = [f"{file.name} ({file.size:,} bytes)" for file in missing]
        which = f"{len(missing)} of the {len(self.files)}" if len(self.files) > 1 else "the"
        files = "files are" if len(missing) > 1 else "file is"
        raise Unfit(
            f"{which} {self.title} {files} not there, and {reason}",
            f"put {', '.join(names)} into {looked_through(where.data_dir, self.folders)[0]}{advice}",
            code="E0609",
        )


DAMAGED = "it is damaged or of another set: take it away, or put the right one in its place"


def check_published(file: Published, path: Path, others: Sequence[Published] = (), help: str = DAMAGED) -> None:
    """Raises Unfit (E0610), whose help is `help`, unless the file at `path` is the published one, packed or not."""
    size = regular(path)
    with damage_told(path), path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest in (file.sha256, file.unpacked_sha256):
        return
    for other in others:
        if digest in (other.sha256, other.unpacked_sha256):
            raise Unfit(f"{path} is {other.name} under another name", "give the files their own names", code="E0610")
    raise Unfit(
        f"{path} ({size:,} bytes) is not the published file: its SHA-256 begins {digest[:12]}, not {file.sha256[:12]}",
        help,
        code="E0610",
    )
