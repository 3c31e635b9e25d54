"""Checkpoints: a run at one moment, on disk, whole and verified or not at all.

A checkpoint is a folder: arrays in safetensors files, and a manifest with the SHA-256 of each and
of itself. It is written under another name, flushed to the disk and renamed into place.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as read_tensors
from safetensors.numpy import save as tensor_bytes

from archc.diagnostics import Diagnostic, Failed
from archc.train.folders import AGAIN, writing
from archc.train.leaves import LeafSpec

KEEP = 2
_STATE, _BEST, _MANIFEST = "state.safetensors", "best.safetensors", "manifest.json"


@dataclass(frozen=True)
class Identity:
    """What must be equal for a checkpoint to be continued: the program, what it says of itself, its state's form."""

    program: str
    data: str
    seed: int
    model: Mapping[str, Any]
    leaves: tuple[LeafSpec, ...]
    best_leaves: tuple[LeafSpec, ...]


@dataclass
class Moment:
    """A run at one moment: everything that what follows depends on, and what was counted so far.

    `position` steps of epoch `len(history)` are done; `sums` are those of these steps. Arrays are
    on the host, in the order of the state's leaves. `best` is that of epoch `best_epoch`.
    """

    state: Sequence[np.ndarray]
    best: Sequence[np.ndarray] | None = None
    best_epoch: int | None = None
    position: int = 0
    sums: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    timed_examples: int = 0
    timed_seconds: float = 0.0

    @property
    def epoch(self) -> int:
        return len(self.history)


_COUNTED = ("best_epoch", "position", "sums", "history", "seconds", "timed_examples", "timed_seconds")


class Damaged(Exception):
    """A checkpoint that is not as it was written; the message says how."""


def save(folder: Path, moment: Moment, identity: Identity, versions: Mapping[str, str]) -> Path:
    """Writes the next checkpoint, then drops all but the newest two. Raises Failed; earlier ones then stay."""
    number = max(_numbers(folder), default=0) + 1
    draft, final = folder / f".draft-{number:06}", folder / f"{number:06}"
    with writing(folder):
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            files = {_STATE: _packed(identity.leaves, moment.state)}
            if moment.best is not None:
                files[_BEST] = _packed(identity.best_leaves, moment.best)
            body = {
                "archc_checkpoint": 1,
                "number": number,
                **{name: getattr(moment, name) for name in _COUNTED},
                "epoch": moment.epoch,
                "seed": identity.seed,
                "versions": dict(versions),
                "hashes": {"program": identity.program, "data": identity.data},
                "model": identity.model,
                "leaves": [spec.as_json() for spec in identity.leaves],
                "best_leaves": [spec.as_json() for spec in identity.best_leaves],
                "files": {name: {"bytes": len(data), "sha256": _sha256(data)} for name, data in files.items()},
            }
            for name, data in files.items():
                _write(draft / name, data)
            _write(draft / _MANIFEST, _sealed(body))
            _flush_folder(draft)
            draft.rename(final)
            _flush_folder(folder)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    for old in sorted(_numbers(folder))[:-KEEP]:
        shutil.rmtree(folder / f"{old:06}", ignore_errors=True)
    return final


def any_in(folder: Path) -> bool:
    """Whether there are checkpoints, be they whole or damaged."""
    return bool(_numbers(folder))


def newest(folder: Path, identity: Identity, say: Callable[[str], None]) -> Moment | None:
    """The newest whole checkpoint, or None if there never was one.

    A damaged one is put aside and the one before it is used, which `say` is told. Raises Failed if
    all are damaged, or if the checkpoint is of another program, data set, seed or form of state.
    """
    _clear_drafts(folder)
    faults: dict[Path, str] = {}
    for number in sorted(_numbers(folder), reverse=True):
        path = folder / f"{number:06}"
        try:
            moment = _moment(*_verified(path, number), identity)
        except Damaged as damage:
            faults[path] = f"{path}: {damage}"
            continue
        for damaged, fault in faults.items():
            say(f"damaged checkpoint {fault}; going on from the one before it, {path.name}")
            _set_aside(damaged)
        return moment
    if faults:
        title = f"no checkpoint in {folder} can be used: all are damaged"
        raise Failed(Diagnostic("E0705", title, notes=tuple(faults.values()), help=AGAIN))
    return None


def _verified(path: Path, number: int) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest and the bytes of the files, all as they were written. Raises Damaged."""
    sealed = _read(path / _MANIFEST)
    try:
        body = json.loads(sealed)["manifest"]
        whole = _sealed(body) == sealed and body["number"] == number
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise Damaged(f"{_MANIFEST} was changed")
    files = {}
    for name, entry in body["files"].items():
        if name not in (_STATE, _BEST):
            raise Damaged(f"{_MANIFEST} names a file that no checkpoint has")
        data = _read(path / name)
        if _sha256(data) != entry["sha256"]:
            short = f"has {len(data)} of {entry['bytes']} bytes" if len(data) != entry["bytes"] else "was changed"
            raise Damaged(f"{name} {short}")
        files[name] = data
    return body, files


def _moment(body: Mapping[str, Any], files: Mapping[str, bytes], identity: Identity) -> Moment:
    """The moment that verified bytes hold. Raises Damaged, and Failed if it is of another run."""
    try:
        return _continued(body, files, identity)
    except (KeyError, TypeError, ValueError, SafetensorError) as error:
        raise Damaged(f"it isn't one that archc wrote ({type(error).__name__})") from None


def _continued(body: Mapping[str, Any], files: Mapping[str, bytes], identity: Identity) -> Moment:
    leaves = tuple(map(LeafSpec.from_json, body["leaves"]))
    difference = _first_difference(body, leaves, identity)
    if difference:
        title = f"the checkpoint is of another run: {difference}"
        help = "train in a new folder; a checkpoint goes on only with the program, data and seed that it began with"
        raise Failed(Diagnostic("E0706", title, help=help))
    best = _unpacked(identity.best_leaves, files[_BEST]) if _BEST in files else None
    counted = {name: body[name] for name in _COUNTED}
    return Moment(_unpacked(leaves, files[_STATE]), best, **counted)


def _first_difference(body: Mapping[str, Any], leaves: Sequence[LeafSpec], identity: Identity) -> str | None:
    """What the checkpoint and the program disagree on first: the form of the state says most, so it comes first."""
    theirs, ours = {leaf.name: leaf for leaf in leaves}, {leaf.name: leaf for leaf in identity.leaves}
    for leaf in leaves:
        if leaf.name not in ours:
            return f"it has state{leaf.name}, which the program doesn't"
        if leaf != ours[leaf.name]:
            return f"state{leaf.name} is {leaf} in it and {ours[leaf.name]} in the program"
    for leaf in identity.leaves:
        if leaf.name not in theirs:
            return f"it lacks state{leaf.name}, which the program has"
    if tuple(leaves) != identity.leaves:
        return "its state has the same arrays in another order"
    theirs_flat, ours_flat = _flat(body["model"]), _flat(_json_form(identity.model))
    for name in [*theirs_flat, *(name for name in ours_flat if name not in theirs_flat)]:
        if theirs_flat.get(name) != ours_flat.get(name):
            there, here = theirs_flat.get(name, "nothing"), ours_flat.get(name, "nothing")
            return f"{name} is {there} in it and {here} in the program"
    hashes = body["hashes"]
    for what, (there, here) in {
        "the seed": (body["seed"], identity.seed),
        "the hash of the data": (hashes["data"], identity.data),
        "the hash of the program": (hashes["program"], identity.program),
    }.items():
        if there != here:
            return f"{what} is {str(there)[:12]} in it and {str(here)[:12]} here"
    return None


def _flat(value: Any, name: str = "MODEL") -> dict[str, Any]:
    """A nested value as dotted names and what they hold."""
    if not isinstance(value, dict) or not value:
        return {name: value}
    return {inner: held for key, item in value.items() for inner, held in _flat(item, f"{name}.{key}").items()}


def _json_form(value: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(value))


def _packed(specs: Sequence[LeafSpec], arrays: Sequence[np.ndarray]) -> bytes:
    return tensor_bytes({spec.name: _storable(array) for spec, array in zip(specs, arrays, strict=True)})


def _storable(array: np.ndarray) -> np.ndarray:
    """The array in a type that numpy itself has: bfloat16 and its kind go by their bytes."""
    array = np.ascontiguousarray(array).reshape(array.shape)
    return array if array.dtype.isbuiltin == 1 else array.view(f"u{array.dtype.itemsize}")


def _unpacked(specs: Sequence[LeafSpec], data: bytes) -> list[np.ndarray]:
    import ml_dtypes  # noqa: F401 - so that numpy knows bfloat16 by name

    stored = read_tensors(data)
    arrays = [stored[spec.name].view(np.dtype(spec.dtype)) for spec in specs]
    if any(array.shape != spec.shape for spec, array in zip(specs, arrays, strict=True)):
        raise ValueError("an array has not the shape that the manifest says")
    return arrays


def _sealed(body: Mapping[str, Any]) -> bytes:
    """The manifest's bytes: one spelling only, so that any change at all shows."""
    text = json.dumps(body, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return f'{{"sha256":"{_sha256(text.encode())}","manifest":{text}}}\n'.encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Damaged(f"{path.name} is missing") from None
    except OSError as error:
        raise Damaged(f"{path.name} cannot be read: {error.strerror}") from None


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    """Makes the names in a folder survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _numbers(folder: Path) -> list[int]:
    if not folder.is_dir():
        return []
    return [int(entry.name) for entry in folder.iterdir() if entry.name.isdecimal() and entry.is_dir()]


def _clear_drafts(folder: Path) -> None:
    for draft in folder.glob(".draft-*"):
        shutil.rmtree(draft, ignore_errors=True)


def _set_aside(path: Path) -> None:
    """Keeps a damaged checkpoint from being counted, and for whoever wants to look at it."""
    with suppress(OSError):
        path.rename(path.with_name(f"damaged-{path.name}"))
