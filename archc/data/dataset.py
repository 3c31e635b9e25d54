"""What a data set is, and where its files are looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archc.ir import Column, DataSpec, made
from archc.parameters import Described, Parameter, Unfit

LARGEST_FLOAT32 = 3.4028234663852886e38


@dataclass(frozen=True)
class Where:
    """What a data set may need to know of its surroundings.

    `folder` holds the `.arch` file: relative paths start there, then at `data_dir` if there is
    one. `model_inputs` are the sizes (values in one example) of the model's inputs, in order;
    `()` where they are not known yet.
    """

    folder: Path
    model_inputs: tuple[int, ...] = ()
    data_dir: Path | None = None

    def find(self, written: str) -> Path:
        """The file that a relative or absolute path means: below `folder` or `data_dir`.

        Where neither has it, the path below `folder`, so that the error names that one.
        """
        first = self.folder / written
        if self.data_dir is not None and not there(first) and there(self.data_dir / written):
            return self.data_dir / written
        return first

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where weights to start from are looked for, in this order: the last holds most `runs/`."""
        return (self.folder, *([self.data_dir] if self.data_dir is not None else []), Path())

    @property
    def searched(self) -> str:
        """Where `find` looks, in words."""
        folder = Path.cwd() if self.folder == Path() else self.folder
        then = f", then in {self.data_dir}" if self.data_dir is not None else ""
        return f"it is looked for in the folder of the `.arch` file, {folder}{then}"


def there(path: Path) -> bool:
    """Whether a path leads anywhere."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


class Names(Parameter):
    """Names in a list, in quotes or without; one alone needs no list. Held as a tuple of texts."""

    kind = "a list of names"

    def accept(self, value: Any) -> tuple[str, ...]:
        names = value if isinstance(value, list | tuple) else [value]
        if not names or not all(isinstance(name, str) for name in names):
            self.refuse(value, f'write names in a list: `{self.name} = ["digit"]`')
        for at, name in enumerate(names):
            if name in names[:at]:
                raise Unfit(f"`{self.name}` names `{name}` twice")
        return tuple(map(str, names))


class DataSet(Described):
    """Something to learn from."""

    family = "data set"

    def spec(self, where: Where) -> DataSpec:
        """The columns, classes, rows and usual shares.

        Raises Unfit; its `code` is that of the diagnostic where one is meant (E06…).
        """
        raise NotImplementedError

    def _spec(self, features: Sequence[Column], targets: Sequence[Column], examples: int, **rest: Any) -> DataSpec:
        return made(DataSpec)(
            name=self.name,
            arguments=self.values(),
            features=tuple(features),
            targets=tuple(targets),
            examples=examples,
            **rest,
        )


def class_column(name: str, count: int) -> Column:
    """A target that is one of `count` classes, named by their numbers."""
    return made(Column)(name=name, kind="class", shape=(), classes=tuple(map(str, range(count))))
