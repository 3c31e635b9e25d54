"""Folders: where those of published sets are looked for, and what a folder of images holds."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from archc.data.archive import damage_told, regular
from archc.data.opening import SUFFIXES
from archc.parameters import Unfit
from archc.resources import cache_folder

LEFT_BY_SYSTEMS = ("Thumbs.db", "desktop.ini", "__MACOSX", "Icon\r")
"""What systems leave in folders, besides names that begin with a point."""

TRAIN = ("train", "training")
TEST = ("test", "testing")
VALIDATION = ("val", "valid", "validation")


def roots(data_dir: Path | None) -> list[Path]:
    """The folders that people name for data: `--data-dir`, then `$ARCHC_DATA`."""
    starts = [data_dir] if data_dir is not None else []
    if os.environ.get("ARCHC_DATA"):
        starts.append(Path(os.environ["ARCHC_DATA"]))
    return starts


def looked_through(data_dir: Path | None, names: Sequence[str]) -> list[Path]:
    """The folders in which a set may be, in order: `names` below `--data-dir` and `$ARCHC_DATA`, these, the cache."""
    return [folder for start in roots(data_dir) for folder in (*(start / name for name in names), start)] + [
        cache(names[0])
    ]


def cache(name: str) -> Path:
    """Where downloads of a set go."""
    return cache_folder() / name


@dataclass(frozen=True)
class Listing:
    """The images of a folder and their classes, as numbers in `classes`; ordered by class, then by name."""

    classes: tuple[str, ...]
    train: tuple[tuple[Path, int], ...]
    test: tuple[tuple[Path, int], ...] = ()


def listing(folder: Path, validation: str | None) -> Listing:
    """What a folder of images holds, by names alone: a folder a class, or such in `train/` and `test/`.

    Raises Unfit: E0601 for what is not there or no plain file, E0602 for what is no image, E0605
    for folders that make no data set.
    """
    try:
        kind = folder.stat().st_mode
    except (OSError, ValueError) as error:
        absent = isinstance(error, FileNotFoundError | ValueError)
        why = "is not there" if absent else f"cannot be read: {getattr(error, 'strerror', error)}"
        raise Unfit(f"the folder {folder} {why}", code="E0601", parameter="folder") from None
    if not stat.S_ISDIR(kind):
        raise Unfit(f"{folder} is a file, not a folder of images", code="E0601", parameter="folder")
    with damage_told(folder):
        return _listing(folder, validation)


def _listing(folder: Path, validation: str | None) -> Listing:
    folders = _folders(folder)
    parts = _parts(folders)
    if not parts:
        return _whole(folder, folders)
    train, test = _train_and_test(folder, parts, validation)
    classes = _classes(train[0])
    _check_classes(classes, train[0])
    numbers = {name: number for number, name in enumerate(classes)}
    for part in (*train[1:], *test):
        for name in _classes(part):
            if name not in numbers:
                raise Unfit(
                    f"{part / name} is a class that {train[0]} doesn't have",
                    f"those are {', '.join(classes[:12])}{', …' if len(classes) > 12 else ''}",
                    code="E0605",
                )
    return Listing(
        classes,
        tuple(image for part in train for image in _images(part, numbers)),
        tuple(image for part in test for image in _images(part, numbers)),
    )


def _whole(folder: Path, folders: list[Path]) -> Listing:
    classes = tuple(each.name for each in folders)
    _check_classes(classes, folder)
    return Listing(classes, tuple(_images(folder, {name: number for number, name in enumerate(classes)})))


def _parts(folders: list[Path]) -> dict[str, Path]:
    """The folders of parts by "train", "test" and "val"; none where the folders are classes themselves."""
    parts = {}
    for kind, names in (("train", TRAIN), ("test", TEST), ("val", VALIDATION)):
        for each in folders:
            if each.name.lower() in names:
                parts[kind] = each
    # `train` may well be a class beside `bus` and `car`, and then holds images and no folders
    known = "train" in parts and len(parts) == len(folders)
    return parts if known and all(_folders(part) for part in parts.values()) else {}


def _train_and_test(
    folder: Path, parts: dict[str, Path], validation: str | None
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    train, test, val = parts["train"], parts.get("test"), parts.get("val")
    if val is None or test is None:
        # with nothing else that is held out for good, what is called val is the test part
        held = test or val
        return (train,), () if held is None else (held,)
    if validation is None:
        raise Unfit(
            f"{folder} has {train.name}, {val.name} and {test.name}, and archc holds out the validation rows itself",
            f"`val = join` counts {val.name} to the training rows, of which `validate` holds out some; "
            f"`val = skip` leaves it out",
            code="E0605",
        )
    return (train, val) if validation == "join" else (train,), (test,)


def _check_classes(classes: tuple[str, ...], folder: Path) -> None:
    if not classes:
        loose = next((entry for entry in _entries(folder) if entry.suffix.lower() in SUFFIXES), None)
        there = f": {loose.name} and others lie in it without a class" if loose else ""
        raise Unfit(f"{folder} has no folders{there}", "images stand in a folder for each class", code="E0605")
    if len(classes) == 1:
        raise Unfit(
            f"{folder} has one class only, {classes[0]}, so there is nothing to tell apart",
            "images stand in a folder for each class, and these in one folder",
            code="E0605",
        )


def _images(folder: Path, numbers: dict[str, int]) -> list[tuple[Path, int]]:
    """The images in the class folders of a folder. Raises Unfit for what else there is."""
    for entry in _entries(folder):
        if not entry.is_dir() and entry.suffix.lower() in SUFFIXES:
            raise Unfit(f"{entry} has no class", "an image stands in the folder of its class", code="E0605")
    found: list[tuple[Path, int]] = []
    for name in _classes(folder):
        images = _entries(folder / name)
        if not images:
            raise Unfit(f"the class folder {folder / name} is empty", "fill it or take it away", code="E0605")
        for image in images:
            _check_image(image)
            found.append((image, numbers[name]))
    return found


def _check_image(path: Path) -> None:
    """Raises Unfit unless a path may be an image: a plain file with an image's name."""
    if path.is_symlink() and not path.exists():
        raise Unfit(f"{path} is a link to nothing: there is no file {os.readlink(path)}", code="E0601")
    if path.is_dir():
        raise Unfit(
            f"{path} is a folder in the folder of a class", "images stand in a folder for each class", code="E0605"
        )
    regular(path)
    if path.suffix.lower() not in SUFFIXES:
        raise Unfit(
            f"{path} is not an image by its name",
            f"a class folder holds images alone: {' '.join(sorted(SUFFIXES))}",
            code="E0602",
        )


def _folders(folder: Path) -> list[Path]:
    return [entry for entry in _entries(folder) if entry.is_dir()]


def _classes(folder: Path) -> tuple[str, ...]:
    return tuple(each.name for each in _folders(folder))


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, sorted by name, without what is hidden. Raises Unfit."""
    entries = sorted(folder.iterdir())
    for entry in entries:
        if not entry.name.isprintable() and entry.name not in LEFT_BY_SYSTEMS:
            raise Unfit(
                f"{folder} holds {entry.name!a}, whose name has characters that can't be shown",
                "rename it",
                code="E0602",
            )
    return [entry for entry in entries if not entry.name.startswith(".") and entry.name not in LEFT_BY_SYSTEMS]
