"""Training that starts from the weights of another run, or of a file: what is loaded, told, frozen and resumed."""

import io
import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest
from click.testing import CliRunner

import archc
from archc.api import Model
from archc.cli.application import application
from archc.diagnostics import Diagnostic
from archc.source import Source
from archc.train.driver import resume
from archc.train.progress import Lines, Silent
from archc.train.start import Given, given
from archc.train.stored import save_weights
from tests.models import module_of
from tests.test_standalone import alone, hashes

TRUNK = """
model Net {
    input image[8, 8, 1]
    conv(4, 3x3, bias = false) as C1 -> batch_norm -> relu
    conv(4, 3x3, stride = 2) -> relu -> flatten
    dense(16) -> relu
    %s
}

train {
    data      = digits
    loss      = cross_entropy
    optimizer = adam(1e-2)
    batch     = 64
    epochs    = 2
%s
}
"""
FIRST = TRUNK % ("dense(10) as fc8", "")
FROZEN = "[C1, batch_norm1, conv1, dense1]"


def second(head: str, *settings: str) -> str:
    return TRUNK % (head, "\n".join(f"    {setting}" for setting in settings))


NEW_HEAD = second(
    "dense(8) -> relu -> dense(10) as fc8",
    'start     = run("first", except = [fc8])',
    f"freeze    = {FROZEN}",
    "rates     = [fc8 = 10]",
    "weight_decay = [1e-3, fc8 = 0]",
    "l1        = [dense2 = 1e-4]",
)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run `first` in it."""
    folder = tmp_path_factory.mktemp("first")
    (folder / "first.arch").write_text(FIRST)
    archc.fit(folder / "first.arch", run=folder / "runs" / "first")
    return folder


@pytest.fixture
def here(first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder of its own, with that run in it."""
    shutil.copytree(first / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def second_run(first: Path) -> Path:
    """What came of NEW_HEAD."""
    (first / "second.arch").write_text(NEW_HEAD)
    return archc.fit(first / "second.arch", run=first / "runs" / "second").folder


def told(*words: str, status: int = 0) -> str:
    done = CliRunner().invoke(application, words)
    assert done.exit_code == status, done.output
    return done.output


def train(text: str, run: str = "runs/second", *, status: int = 0) -> str:
    Path("second.arch").write_text(text)
    return told("train", "second.arch", "--run", run, status=status)


def arrays(run: str | Path, name: str = "last.npz") -> dict[str, np.ndarray]:
    with np.load(Path(run) / name) as file:
        return dict(file)


def lines(text: str) -> tuple[str, ...]:
    """What is told of the weights that a file starts from."""
    return started(text).lines[1:]


def started(text: str) -> Given:
    source = Source("second.arch", text)
    found = given(module_of(text, Path(), "second.arch"), source, (Path(),))
    assert found
    return found


def refused(text: str) -> Diagnostic:
    with pytest.raises(archc.Failed) as caught:
        started(text)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span is not None and diagnostic.span.text.startswith(("run(", "weights("))
    return diagnostic


def test_a_frozen_trunk_stays_to_the_bit_and_the_rest_learns(first: Path, second_run: Path) -> None:
    before, begun, after = arrays(first / "runs/first", "best.npz"), arrays(second_run, "start.npz"), arrays(second_run)
    frozen = [name for name in before if not name.startswith("fc8")]
    assert len(frozen) == 9, "kernels, biases, and the four arrays of the batch norm"
    for there in (begun, after):
        assert {name: there[name].tobytes() for name in frozen} == {name: before[name].tobytes() for name in frozen}
    initial = archc.compile(first / "second.arch").init(jax.random.key(0))
    for scope in ("dense2", "fc8"):
        assert (after[f"{scope}.kernel"] != np.asarray(initial.params[scope]["kernel"])).any()


def test_a_run_keeps_what_it_started_from(second_run: Path) -> None:
    beginning = json.loads((second_run / "run.json").read_text())
    assert len(beginning["hashes"]["start"]) == 64
    kept = {name for name in arrays(second_run) if not name.startswith(("fc8", "dense2"))}
    assert set(arrays(second_run, "start.npz")) == kept


def test_the_program_alone_gives_the_same(here: Path, second_run: Path) -> None:
    Path("second.arch").write_text(NEW_HEAD)
    told("datasets", "second.arch", "--save", "d.npz")
    told("compile", "second.arch", "-o", "program.py")
    assert Path("program.py").read_bytes() == (second_run / "program.py").read_bytes()
    alone(Path("program.py"), "d.npz", "--seed", "0", "--start", str(second_run / "start.npz"), folder=here)
    for kept in ("best.npz", "last.npz"):
        assert hashes(here / kept) == hashes(second_run / kept)


def test_a_program_takes_no_names_that_it_does_not_have(here: Path) -> None:
    Path("second.arch").write_text(NEW_HEAD)
    program = archc.compile("second.arch")
    state = program.init(jax.random.key(0))
    with pytest.raises(ValueError, match=r"no fc9.kernel"):
        program.begin(state, {"fc9.kernel": np.zeros((1, 1))})
    with pytest.raises(ValueError, match=r"no C1.kernel of shape \(1,\)"):
        program.begin(state, {"C1.kernel": np.zeros(1)})
    begun = program.begin(state, {"C1.kernel": np.ones((3, 3, 1, 4), np.float32)})
    assert (begun.params["C1"]["kernel"] == 1).all()
    assert (begun.params["fc8"]["kernel"] == state.params["fc8"]["kernel"]).all()
    assert begun.step == 0


class Stopping(Silent):
    """Breaks a run off from inside, before its first step or after so many epochs."""

    def __init__(self, epochs: int):
        self.left = epochs

    def began(self, *_: object) -> None:
        if self.left == 0:
            raise RuntimeError("stopped")

    def epoch_ended(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            raise RuntimeError("stopped")


def cut_off(epochs: int) -> Model:
    """Leaves `runs/cut`, a run that was broken off."""
    Path("second.arch").write_text(NEW_HEAD)
    model = archc.load("second.arch")
    with pytest.raises(RuntimeError):
        model.fit(run="runs/cut", listener=Stopping(epochs))
    return model


@pytest.mark.parametrize("epochs", [0, 2])
def test_resumed_runs_end_as_the_others(
    here: Path, epochs: int, second_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a checkpoint they begin with the weights that they kept; the first run isn't read again."""
    monkeypatch.setattr("archc.train.loop._EPOCH_SAVE_SECONDS", 0.0)
    monkeypatch.setattr("archc.train.loop._SAVE_SHARE", 1e9)
    model = cut_off(epochs)
    assert any(Path("runs/cut/checkpoints").iterdir()) == (epochs > 0)
    shutil.rmtree("runs/first")
    if epochs:
        Path("runs/cut/start.npz").unlink()
    resume(Path("runs/cut"), model.data())
    for kept in ("best.npz", "last.npz"):
        assert hashes(here / "runs/cut" / kept) == hashes(second_run / kept)


def test_a_start_that_was_changed_is_noticed(here: Path) -> None:
    cut_off(0)
    kept = arrays("runs/cut", "start.npz")
    np.savez("runs/cut/start.npz", **{**kept, "C1.kernel": kept["C1.kernel"] + 1})
    assert "start.npz is not what the run began with" in told("train", "runs/cut", "--resume", status=1)
    Path("runs/cut/start.npz").unlink()
    assert "there is no file runs/cut/start.npz" in told("train", "runs/cut", "--resume", status=1)


def test_a_terminal_is_told_what_is_loaded(here: Path) -> None:
    text = NEW_HEAD.replace("epochs    = 2", "epochs    = 1")
    assert table(train(text, "runs/told")) == [
        "start    4 of 6 layers from runs/first/best.npz, 472 numbers",
        "  loaded   C1, batch_norm1, conv1, dense1",
        "  new      dense2",
        "  left out fc8",
    ]


def table(output: str) -> list[str]:
    """The lines about what the run starts from."""
    shown = output.splitlines()
    at = next(i for i, line in enumerate(shown) if line.startswith("start "))
    return [shown[at], *(line for line in shown[at + 1 :] if line.startswith("  "))]


@pytest.mark.parametrize("quiet", [False, True])
def test_who_wants_it_quiet_is_told_nothing(quiet: bool) -> None:
    stream = io.StringIO()
    Lines(stream, quiet=quiet).started_from(["start", "  loaded"])
    assert stream.getvalue() == ("" if quiet else "start\n  loaded\n")


def test_another_shape_is_refused_where_the_file_says_start(here: Path) -> None:
    text = second("dense(12) -> relu -> dense(10) as fc8", 'start = run("runs/first")')
    diagnostic = refused(text)
    assert diagnostic.title == (
        "`fc8` is another layer than the stored one: its kernel is [12, 10] here and [16, 10] there"
    )
    assert "`except = [fc8]`" in diagnostic.help and "`shapes = skip`" in diagnostic.help
    output = train(text, "runs/refused", status=1)
    assert "second.arch:16:13" in output and not Path("runs/refused").exists()


def test_layers_of_another_shape_are_skipped_on_demand(here: Path) -> None:
    text = second("dense(12) -> relu -> dense(10) as fc8", 'start = run("first", shapes = skip)', "freeze = fc8")
    assert list(lines(text)[1:]) == [
        "  new      dense2",
        "  skipped  fc8 (its kernel is [12, 10] here and [16, 10] there)",
        "  note     frozen, and not loaded: fc8",
    ]


def test_layers_that_moved_are_told_of(here: Path) -> None:
    stored = FIRST.replace("dense(10) as fc8", "dense(10)")
    graph = module_of(stored, here).graph
    kept = {name.replace("fc8", "dense2"): array for name, array in arrays("runs/first", "best.npz").items()}
    save_weights(Path("stored.safetensors"), kept, graph)
    text = second("dense(16) -> relu -> dense(10)", 'start = weights("stored.safetensors")')
    found = started(text)
    assert found.lines[1:] == (
        "  loaded   C1, batch_norm1, conv1, dense1",
        "  moved    dense3 (stored as dense2)",
        "  new      dense2",
    )
    assert (found.arrays["dense3.kernel"] == kept["dense2.kernel"]).all()
    assert "dense2.kernel" not in found.arrays


def test_weights_of_files(here: Path) -> None:
    archc.open_run("runs/first").save_weights("first.safetensors")
    shutil.copy("runs/first/best.npz", "foreign.npz")
    whole = arrays("runs/first", "best.npz")
    for file in ("first.safetensors", "foreign.npz", "runs/first/best.npz"):
        found = started(second("dense(10) as fc8", f'start = weights("{file}")'))
        assert found.lines == (
            f"start    5 of 5 layers from {file}, 642 numbers",
            "  loaded   C1, batch_norm1, conv1, dense1, fc8",
        )
        assert {name: array.tobytes() for name, array in found.arrays.items()} == {
            name: array.tobytes() for name, array in whole.items()
        }


def test_a_foreign_file_says_which_names_it_has(here: Path) -> None:
    kept = arrays("runs/first", "best.npz")
    np.savez("foreign.npz", **{name.replace("fc8", "head"): array for name, array in kept.items()})
    diagnostic = refused(second("dense(10) as fc8", 'start = weights("foreign.npz")'))
    assert diagnostic.title == "foreign.npz holds no `fc8.kernel`"
    assert diagnostic.help.startswith("it has `head.kernel`; ") and "`except = [fc8]`" in diagnostic.help
    text = second("dense(10) as fc8", 'start = weights("foreign.npz", except = [fc8])')
    assert list(lines(text)[1:]) == ["  left out fc8", "  unused   head"]


def test_a_file_for_another_network_altogether_is_refused(here: Path) -> None:
    text = second("dense(10) as out", 'start = run("first")')
    text = text.replace("C1", "A1").replace("batch_norm -> ", "").replace("conv(4, 3x3, stride = 2)", "tanh")
    text = text.replace("    dense(16) -> relu\n", "")
    diagnostic = refused(text)
    assert "has no weights for any layer of this network" in diagnostic.title
    assert "`C1`, `batch_norm1`" in diagnostic.help


def test_a_run_that_is_not_over_has_no_weights(here: Path) -> None:
    Path("runs/first/best.npz").unlink()
    diagnostic = refused(NEW_HEAD)
    assert "the run runs/first has no weights" in diagnostic.title and "--resume" in diagnostic.help


def test_damaged_weights_are_told_where_the_file_says_start(here: Path) -> None:
    whole = Path("runs/first/best.npz").read_bytes()
    Path("runs/first/best.npz").write_bytes(whole[: len(whole) // 2])
    assert "damaged" in refused(NEW_HEAD).title
