"""`archc doctor`."""

import os
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from archc import __version__
from archc.cli.command import Command
from archc.cli.terminal import Terminal

PACKAGES = ("jax", "jaxlib", "optax", "numpy", "pydantic", "lark", "safetensors", "scikit-learn", "pillow")
DRIVERS = (Path("/proc/driver/nvidia/version"), Path("/dev/nvidiactl"))
"""What an NVIDIA driver leaves where it runs."""


@click.command(cls=Command, examples=[("archc doctor", "what to look at first, and to put into a report of a fault")])
@click.option(
    "--data-dir", type=click.Path(path_type=Path), metavar="DIR", help="A folder with data files, looked through first."
)
@click.pass_obj
def command(terminal: Terminal, /, data_dir: Path | None) -> None:
    """Show versions, devices, caches and data folders.

    Nothing is changed, and the exit status is 0 whatever is found.
    """
    sections = (("versions", versions()), ("devices", devices()), ("caches", caches()), ("data", data(data_dir)))
    for title, lines in sections:
        terminal.result(terminal.bold(title))
        for name, what in lines:
            terminal.result(f"  {name:13} {what}")


def versions() -> Iterator[tuple[str, str]]:
    """What is installed."""
    yield "python", f"{'.'.join(map(str, sys.version_info[:3]))}, {sys.executable}"
    yield "archc", __version__
    for package in PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            yield package, "not installed"


def devices() -> Iterator[tuple[str, str]]:
    """What JAX sees."""
    from archc.train.signals import Signals

    try:
        # an interrupt is noted until JAX has started: in the middle of that it might be swallowed
        with Signals() as signals:
            import jax

            found = jax.devices()
    # a broken installation can fail in any way, and saying so is what this command is for
    except Exception as error:
        yield "jax", f"does not start: {type(error).__name__}: {next(iter(str(error).splitlines()), '')}"
        return
    signals.stop_if_asked()
    for device in found:
        yield device.platform, f"{device.device_kind} ({device})"
    if any(device.platform == "gpu" for device in found):
        yield "gpu", "seen: `archc train` uses it unless told otherwise"
    elif any(driver.exists() for driver in DRIVERS):
        yield "gpu", "there is an NVIDIA driver, and JAX doesn't use it: pip install 'archc[cuda]'"
    else:
        yield "gpu", "none seen"
    yield "cpu cores", str(_cores())


def _cores() -> int:
    # those that this process may use, where the system tells
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def caches() -> Iterator[tuple[str, str]]:
    """Where things are kept between runs."""
    from archc.resources import cache_folder
    from archc.train.compiled import JAX_OWN, compiled_folder, kept, why_not_kept

    yield "downloads", _folder(cache_folder())
    if given := os.environ.get(JAX_OWN):
        yield "compiled", f"{_folder(Path(given))}, as {JAX_OWN} says"
    elif why := why_not_kept():
        yield "compiled", f"not kept: {why}"
    else:
        folder = compiled_folder()
        size = sum(size for _, size, _ in kept(folder))
        yield "compiled", _folder(folder) + (f", {size / 1e6:,.1f} MB" if size else "")


def data(data_dir: Path | None) -> Iterator[tuple[str, str]]:
    """Where data are looked for, and which are there."""
    given = os.environ.get("ARCHC_DATA")
    yield "--data-dir", _folder(data_dir) if data_dir else "not given"
    yield "ARCHC_DATA", _folder(Path(given)) if given else "not set"
    yield from published(data_dir)
    try:
        yield "digits", f"there, with scikit-learn {version('scikit-learn')}"
    except PackageNotFoundError:
        yield "digits", "not there: pip install scikit-learn"


def published(data_dir: Path | None) -> Iterator[tuple[str, str]]:
    """How many files of each published set are there."""
    from archc.data import cifar10, usps
    from archc.data.catalog_images import Cifar10
    from archc.data.dataset import Where
    from archc.data.download import offline
    from archc.data.mnist import FASHION_MNIST, MNIST

    where = Where(Path(), data_dir=data_dir)
    batches = cifar10.BATCHES if cifar10.BATCHES.find(where) else cifar10.WHOLE
    sampled = Cifar10.build([], {}).spec(where).arguments["sample"]
    fetched = "cannot be downloaded: ARCHC_OFFLINE is set" if offline() else "downloaded when it is first used"
    for name, files, missing in (
        ("mnist", MNIST, fetched),
        ("fashion_mnist", FASHION_MNIST, fetched),
        ("cifar10", batches, "but its sample is there" if sampled else fetched),
        ("usps", usps.PUBLISHED, "put them where the error says"),
    ):
        found = files.find(where)
        folders = ", ".join(dict.fromkeys(str(path.parent) for path in found.values()))
        yield name, f"{len(found)} of {len(files.files)} files" + (f", in {folders}" if found else f", {missing}")


def _folder(path: Path) -> str:
    return f"{path}" if path.is_dir() else f"{path} (not there)"
