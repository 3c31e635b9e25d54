"""archc as a library.

import archc

model = archc.load("lenet5.arch")
model.summary()                         # a table, also in a notebook
model.draw()                            # a figure, likewise
model.profile()                         # where the time of a training step goes, likewise
print(model.program())                  # the standalone JAX program
program = model.compile()               # the same, imported
state = program.init(jax.random.key(0))
run = model.fit()                       # trains, in a run folder of its own
run.predict(image=images)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from archc import summary
from archc.diagnostics import Diagnostic, Failed, Report
from archc.ir import Module
from archc.locate import find_file
from archc.parameters import show
from archc.pipeline import Job, resolved
from archc.program import Target
from archc.program.emit import lowered
from archc.program.lowering import Lowering, lowering_of
from archc.source import Source

if TYPE_CHECKING:
    import numpy as np

    from archc.data.dataset import Where
    from archc.data.table import Table
    from archc.draw.figure import Figure
    from archc.train.drawing import Numbers
    from archc.train.plots.picture import Picture
    from archc.train.prediction import Prediction
    from archc.train.profiling.profile import Profile
    from archc.train.progress import Listener


def load(
    path: str | Path,
    *,
    settings: Mapping[str, Any] | None = None,
    model: str = "",
    recipe: str = "",
    data_dir: str | Path | None = None,
) -> "Model":
    """A checked model: a `.arch` file, or a built-in one by its bare name ("digits").

    `settings` sets parameters, top-level names and settings, {"classes": 100, "train.epochs": 5},
    as `--set` does. `model` and `recipe` choose by name where a file has several. Raises
    archc.Failed, whose text tells every mistake with its place.
    """
    folder = Path(data_dir) if data_dir is not None else None
    job = Job(find_file(str(path)), as_written(settings), model, recipe, folder)
    report = Report()
    source, modules = resolved(job, report)
    report.stop_on_errors()
    return Model(job, source, modules[0], tuple(report.found))


def check(path: str | Path, *, settings: Mapping[str, Any] | None = None) -> list[Diagnostic]:
    """Everything that is wrong with a file, errors and warnings in order; an empty list if nothing is."""
    report = Report()
    try:
        resolved(Job(find_file(str(path)), as_written(settings), whole=True), report)
    except Failed as failed:
        report.extend(failed.diagnostics)
    return report.found


def compile(path: str | Path, *, target: Target = "cpu", **choices: Any) -> ModuleType:
    """The program of a file, imported; `choices` are those of `load`. Raises archc.Failed."""
    return load(path, **choices).compile(target)


def fit(path: str | Path, *, seed: int | None = None, run: str | Path | None = None, **choices: Any) -> "Run":
    """Trains a file's model; `choices` are those of `load`. Raises archc.Failed."""
    return load(path, **choices).fit(seed=seed, run=run)


def profile(
    path: str | Path,
    *,
    batch: int | None = None,
    steps: int | None = None,
    random: bool = False,
    **choices: Any,
) -> "ProfileTable":
    """Where the time of a training step of a file's model goes; `choices` are those of `load`. Raises archc.Failed."""
    return load(path, **choices).profile(batch=batch, steps=steps, random=random)


def open_run(folder: str | Path) -> "Run":
    """A finished run, by its folder. Raises archc.Failed if it is none."""
    from archc.train.folders import open_run as opened

    opened(Path(folder), lock=False)
    return Run(Path(folder))


def as_written(settings: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Settings as `--set` takes them; a text is taken as it is, as an expression of the language."""
    return tuple(f"{key}={value if isinstance(value, str) else show(value)}" for key, value in (settings or {}).items())


@dataclass(frozen=True, repr=False)
class Model:
    """A checked model and its recipe. `module` is its IR, `warnings` what was noticed on the way."""

    job: Job
    source: Source
    module: Module
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def name(self) -> str:
        return self.module.graph.name

    @property
    def parameters(self) -> int:
        """How many trainable numbers it has."""
        return self.module.graph.parameters

    @property
    def macs(self) -> int:
        """Multiply-accumulates of convolution and dense layers for one example."""
        return self.module.graph.macs

    def summary(self, *, depth: int | None = None, batch: int | None = None) -> "SummaryTable":
        """Layers, shapes, parameters and costs, as a table; `depth` and `batch` as for `archc summary`."""
        return SummaryTable(summary.summarize(self.module, depth, batch))

    def draw(
        self,
        style: str = "graph",
        *,
        depth: int | None = None,
        full: bool = False,
        theme: str = "light",
        width: str = "",
        weights: str | Path | None = None,
        example: int | None = None,
        given: "Mapping[str, Numbers] | None" = None,
    ) -> "Figure":
        """A figure, which shows itself in a notebook and has `save("net.pdf")`; the arguments are `archc draw`'s.

        `weights` is the folder of a run, whose learnt weights "neurons" and "backprop" show. The example of
        "backprop" is number `example` of the rows to train on, from 1, or what is `given` by name:
        {"x": [0.5, -1], "y": 1}. Raises archc.Failed if the style doesn't suit the network or the run is of
        another one, and ValueError for arguments that don't fit each other.
        """
        from archc.draw.look import Look
        from archc.train.drawing import Wanted, figure
        from archc.train.learnt import learnt, refuse_other

        wanted = Wanted(style, theme, width, str(weights or ""), example, given)
        wanted.refuse_idle(depth, full)
        module, arrays = self.module, None
        if weights is not None:
            module, arrays = learnt(Path(weights), str(weights))
            refuse_other(module, self.module, str(weights), self.source.name)
        look = Look(depth, full, weights=arrays, source=self.source)
        return figure(module, look, wanted, self.data, self._where)

    def program(self, target: Target = "cpu", *, unroll: bool = False, plain: bool = False) -> str:
        """The text of the standalone program.

        With `unroll` no repeat is a device loop; with `plain` every layer has the form that is shortest to read,
        and what `archc tune` measured isn't looked at. Raises archc.Failed if that cannot be used.
        """
        return lowered(self.module, self._lowering(target, unroll, plain))

    def compile(self, target: Target = "cpu", *, unroll: bool = False, plain: bool = False) -> ModuleType:
        """The program, imported: `init`, `apply`, `predict`, `train_step` … (docs/program.md)."""
        from archc.train.loading import load_program

        return load_program(self.program(target, unroll=unroll, plain=plain), self.name)

    def data(self) -> "Table":
        """The recipe's data set: an array for each column. Raises archc.Failed if there is none."""
        from archc.data.readers import load as load_data

        if self.module.recipe is None:
            raise Failed(Diagnostic("E0805", f"{self.module.source} has no `train` block, so it has no data"))
        return load_data(self.module.recipe.data, self._where())

    def fit(
        self,
        *,
        seed: int | None = None,
        run: str | Path | None = None,
        device: str | None = None,
        target: Target = "cpu",
        unroll: bool = False,
        plain: bool = False,
        listener: "Listener | None" = None,
    ) -> "Run":
        """Trains in a new run folder: `run`, or the next free one in `runs`.

        `listener` is told what happens (archc.train.progress.Listener). Raises archc.Failed.
        """
        from archc.train import driver

        result = driver.fit(
            self.module,
            program_text=self.program(target, unroll=unroll, plain=plain),
            arch_text=self.source.text,
            table=self.data(),
            seed=seed,
            run=Path(run) if run is not None else None,
            device=device,
            listener=listener,
            source_folder=self.job.path.parent,
            data_dir=self.job.data_dir,
        )
        return Run(result.run)

    def profile(
        self,
        *,
        batch: int | None = None,
        steps: int | None = None,
        random: bool = False,
        device: str | None = None,
        target: Target = "cpu",
        unroll: bool = False,
        plain: bool = False,
    ) -> "ProfileTable":
        """Where the time of a training step goes, as a table; the arguments are those of `archc profile`.

        With `random` the data needn't be there, and a network without a recipe has none. Raises archc.Failed.
        """
        from archc.train.driver import device_named
        from archc.train.profiling.profile import profile

        place = device_named(device)
        table = None if random or self.module.recipe is None else self.data()
        lowering = self._lowering(target, unroll, plain)
        found = profile(self.module, self.source, table, batch=batch, steps=steps, lowering=lowering, device=place)
        return ProfileTable(found)

    def predict(self, **inputs: "np.ndarray") -> "dict[str, Prediction]":
        """Predictions by output of a model whose weights are all written out. Raises archc.Failed otherwise."""
        from archc.train.prediction import predict

        return predict((self.module, self.program()), inputs)

    def _lowering(self, target: Target, unroll: bool, plain: bool) -> Lowering:
        return lowering_of(self.job.path, target, unroll=unroll, plain=plain)

    def _where(self) -> "Where":
        from archc.data.dataset import Where

        return Where(self.job.path.parent, data_dir=self.job.data_dir)

    def __repr__(self) -> str:
        return f"<archc model {self.name}: {self.parameters:,} parameters, from {self.source.name}>"

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()


@dataclass(frozen=True, repr=False)
class SummaryTable:
    """A summary that prints itself, and shows as a table in a notebook."""

    summary: summary.Summary

    def __repr__(self) -> str:
        return summary.as_text(self.summary)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in summary.HEADINGS)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in summary.cells(self.summary)
        )
        caption = escape(f"{self.summary.model}: {self.summary.parameters:,} parameters, {self.summary.macs:,} MACs")
        return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


@dataclass(frozen=True, repr=False)
class ProfileTable:
    """A profile that prints itself, and shows in a notebook. `profile` is what it is made of."""

    profile: "Profile"

    def as_json(self) -> dict[str, Any]:
        """All its figures: seconds a step, rates a second, shares of 1."""
        from archc.train.profiling.table import as_json

        return as_json(self.profile)

    def save_trace(self, path: str | Path) -> None:
        """Writes every operation on a time line, for https://ui.perfetto.dev: JSON, or packed as `.json.gz`.

        Raises archc.Failed.
        """
        from archc.train.folders import writing
        from archc.train.profiling.profile import trace_bytes

        with writing(Path(path)):
            Path(path).write_bytes(trace_bytes(self.profile, Path(path)))

    def __repr__(self) -> str:
        from archc.train.profiling.table import as_text

        return as_text(self.profile)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"


@dataclass(frozen=True, repr=False)
class Run:
    """A finished run: a folder with the program, the weights and the figures."""

    folder: Path

    @cached_property
    def result(self) -> dict[str, Any]:
        """What result.json holds. Raises archc.Failed if it is damaged."""
        from archc.train.folders import RunFolder

        return RunFolder(self.folder).numbers()

    @property
    def report(self) -> Path:
        """The page with curves and figures."""
        return self.folder / "report.html"

    def weights(self) -> "dict[str, np.ndarray]":
        """The best weights and statistics by name, such as "conv1.kernel" [height, width, in, out]."""
        import numpy as np

        with np.load(self.folder / "best.npz") as file:
            return dict(file)

    def save_weights(self, path: str | Path) -> None:
        """Writes the best weights as a safetensors file, to start others from: `start = weights("…")`.

        It knows the network that they are of. Raises archc.Failed.
        """
        from archc.train.folders import RunFolder, read_module, writing
        from archc.train.stored import save_weights

        folder = RunFolder(self.folder)
        with writing(Path(path)):
            save_weights(Path(path), self.weights(), read_module(folder).graph)

    def history(self) -> list[dict[str, Any]]:
        """A dict an epoch, as metrics.jsonl holds them. Raises archc.Failed if that is damaged."""
        from archc.train.folders import RunFolder
        from archc.train.metrics import read_history

        return read_history(RunFolder(self.folder))

    def evaluate(self, part: str | None = None) -> dict[str, Any]:
        """Figures of the best weights over a part of the data. Raises archc.Failed."""
        from archc.train.evaluation import evaluate

        return evaluate(self.folder, self._data(), part)

    def plot(
        self, kind: str, *, layer: str | None = None, example: int | None = None, part: str | None = None
    ) -> "Picture":
        """A picture that shows itself in a notebook: "curves", "confusion", "gradients", "filters", "features",
        "boundary" or "excite", as `archc plot` draws them. Raises archc.Failed if it doesn't fit the run."""
        from archc.train.plots.kinds import picture
        from archc.train.plots.subject import of_run

        return picture(of_run(self.folder, self._data), kind, {"layer": layer, "example": example, "part": part})

    def draw(
        self,
        style: str = "graph",
        *,
        depth: int | None = None,
        full: bool = False,
        theme: str = "light",
        width: str = "",
        example: int | None = None,
        given: "Mapping[str, Numbers] | None" = None,
    ) -> "Figure":
        """A figure of the network that was trained, with its learnt weights where the style shows them.

        The arguments are those of `Model.draw`. Raises archc.Failed and ValueError as that does.
        """
        from archc.draw.look import Look
        from archc.draw.styles import OF_WEIGHTS
        from archc.train.drawing import Wanted, figure
        from archc.train.folders import open_run, read_module
        from archc.train.learnt import learnt

        shows = style in OF_WEIGHTS
        wanted = Wanted(style, theme, width, str(self.folder) if shows else "", example, given)
        wanted.refuse_idle(depth, full)
        if shows:
            module, arrays = learnt(self.folder, str(self.folder))
            return figure(module, Look(depth, full, weights=arrays), wanted, self._data)
        return figure(read_module(open_run(self.folder, lock=False)), Look(depth, full), wanted, self._data)

    def _data(self) -> "Table":
        """The rows that the run began with. Raises archc.Failed."""
        from archc.data.dataset import Where
        from archc.data.readers import load as load_data
        from archc.train.folders import open_run, read_module

        folder = open_run(self.folder, lock=False)
        recipe, beginning = read_module(folder).recipe, folder.beginning()
        assert recipe is not None
        data_dir = Path(beginning.data_dir) if beginning.data_dir else None
        return load_data(recipe.data, Where(Path(beginning.source_folder or "."), data_dir=data_dir))

    def predict(self, **inputs: "np.ndarray") -> "dict[str, Prediction]":
        """Predictions by output for arrays [n, …] by input name. Raises archc.Failed."""
        from archc.train.prediction import predict

        return predict(self.folder, inputs)

    def __repr__(self) -> str:
        return f"<archc run in {self.folder}: best epoch {self.result['best_epoch']}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(part)}</td><td>{escape(name)}</td><td>{value:.4f}</td></tr>"
            for part in ("train", "validation", "test")
            for name, value in (self.result.get(part) or {}).items()
            if not isinstance(value, list)
        )
        return f"<table><caption>{escape(str(self.folder))}</caption><tbody>{rows}</tbody></table>"
