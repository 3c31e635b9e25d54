"""Weights to start from, where training doesn't begin with random ones."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from archc.parameters import Choice, Described, Family, Parameter, Quoted, Unfit, Word, describe


class PartNames(Parameter):
    """Layers and blocks of the network, `[fc8, stage4.unit1]`; one alone needs no list. Held as a tuple of texts."""

    kind = "a list of layers or blocks, such as `[fc8]`"

    def accept(self, value: Any) -> tuple[str, ...]:
        names = list(value) if isinstance(value, list | tuple) else [value]
        if not all(isinstance(name, str) for name in names):
            self.refuse(value)
        return tuple(map(str, names))


class Start(Described):
    """Where the first weights come from.

    `except` names layers and blocks that keep the values that `init` gives them. A layer of another
    shape than the stored one is an error, unless it is named there or `shapes = skip`.
    """

    family = "source of weights"
    noun: ClassVar[str] = ""

    path = Quoted("the folder or the file")
    except_ = PartNames("layers and blocks that start from `init` all the same", default=None, named=True)
    shapes = Choice(
        "what to do about a layer of another shape: refuse, or skip it",
        ("refuse", "skip"),
        default=Word("refuse"),
        named=True,
    )

    def places(self, folders: Sequence[Path]) -> Iterator[Path]:
        """Where it may be, the likeliest first."""
        return (folder / self.path for folder in folders)

    def there(self, path: Path) -> bool:
        """Whether a path is a thing of this kind."""
        return path.exists()

    def find(self, folders: Sequence[Path]) -> Path | None:
        """The first place where there is one."""
        for path in self.places(folders):
            try:
                if self.there(path):
                    return path
            except (OSError, ValueError):
                continue
        return None

    def known(self, folders: Sequence[Path]) -> list[str]:
        """What might have been meant, as it would be written."""
        raise NotImplementedError


class FromRun(Start):
    """The best weights of a run that is over: its folder, or its name in `runs/`.

    Looked for in the folder of the `.arch` file, then in the data folder and in the one that archc runs in.
    """

    name = "run"
    noun = "run"

    def places(self, folders: Sequence[Path]) -> Iterator[Path]:
        for folder in folders:
            yield folder / self.path
            if Path(self.path).name == self.path:
                yield folder / "runs" / self.path

    def there(self, path: Path) -> bool:
        return (path / "run.json").exists()

    def known(self, folders: Sequence[Path]) -> list[str]:
        found = (run.parent.name for folder in folders for run in sorted((folder / "runs").glob("*/run.json")))
        return list(dict.fromkeys(f"runs/{name}" for name in found))


class FromFile(Start):
    """The weights in a `.safetensors` or `.npz` file.

    A file that archc wrote knows its network, as `best.npz` in a run's folder does; any other holds
    arrays under archc's names, such as `fc8.kernel`, one for each weight that is to be loaded.
    """

    name = "weights"
    noun = "file"

    def check(self) -> None:
        if Path(self.path).suffix not in (".safetensors", ".npz"):
            problem = f"`weights` takes a `.safetensors` or an `.npz` file, not `{self.path}`"
            help = 'the weights of a run are loaded by its name: `run("runs/digits-1")`'
            raise Unfit(problem, help, parameter="path")

    def there(self, path: Path) -> bool:
        return path.is_file()

    def known(self, folders: Sequence[Path]) -> list[str]:
        parent = Path(self.path).parent
        kinds = ("*.safetensors", "*.npz")
        found = (file for folder in folders for kind in kinds for file in sorted((folder / parent).glob(kind)))
        return list(dict.fromkeys((parent / file.name).as_posix() for file in found))


class Starting(Family):
    """What `start` takes."""

    def __init__(self, doc: str, **rest: Any):
        super().__init__(doc, Start.family, **rest)
        self.kind = '`run("…")` or `weights("…")`'  # type: ignore[misc]

    def accept(self, value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Word):
            call = "weights" if Path(value).suffix in (".safetensors", ".npz") else "run"
            meant = f'{call}("{value}")'
            raise Unfit(f"`{self.name}` takes {self.kind}, not {describe(value)}", f"write `{meant}`", fix=meant)
        return super().accept(value)
