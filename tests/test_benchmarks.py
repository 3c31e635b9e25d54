"""The benchmarks do what they say: tables and pictures from figures, refusals, and sides that do the same work."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archc.train import contest
from benchmarks.training import __main__ as command
from benchmarks.training import archc_side, jax_side, rounds
from benchmarks.training.figures import rows_of
from benchmarks.training.handover import Handed, hand_over, pair, read
from benchmarks.training.listening import Listener
from benchmarks.training.picture import draw
from benchmarks.training.rows import made_up
from benchmarks.training.sides import SIDES, Side
from benchmarks.training.table import BEGIN, END, into_page, markdown
from benchmarks.training.work import WORKS, Work, works_for

ROOT = Path(__file__).parents[1]


FRAME = {
    "command": "python -m benchmarks.training",
    "target": "cpu",
    "rounds": 3,
    "colds": 1,
    "quick": False,
    "machine": {"processor": "a processor", "cores": 2, "memory": "8 GiB", "system": "Linux"},
    "versions": {"Python": "3.11.7", "jax": "0.10.2"},
}


def run_of(rate: float, loss: float, **others: Any) -> dict[str, Any]:
    figures = {"start": 2.0, "compile": 1.0, "host_bytes": 4e8, "device_bytes": None, "device": "cpu", "reached": None}
    return {**figures, "images_per_second": rate, "loss": loss, "epoch_seconds": [1.0, 0.5], **others}


def side_of(rate: float, loss: float, **others: Any) -> dict[str, Any]:
    runs = [run_of(rate * scale, loss, **others) for scale in (1, 1.1, 3)]
    return {"setting": "as is", "tried": {}, "colds": [run_of(rate, loss, start=4.0)], "runs": runs}


@pytest.fixture
def found() -> dict[str, Any]:
    """Figures as they are recorded: a side that is slower, one that did other work, one that failed; and a goal."""
    sides = {
        "archc": side_of(300, 0.5),
        "keras": {**side_of(200, 0.501), "tried": {"steps_per_execution=1": 150.0, "steps_per_execution=10": 200.0}},
        "torch": side_of(100, 0.6),
        "flax": {"colds": [], "runs": [], "fault": "not installed: flax"},
    }
    reached = {"archc": side_of(300, 0.1, reached=6.0), "keras": side_of(200, 0.1, reached=8.0)}
    told = {"rows": 640, "batch": 64, "epochs": 2, "precision": "float32"}
    return {
        **FRAME,
        "works": [
            {"work": "conv", "goal": 0.0, "sides": sides, **told},
            {"work": "lenet5-goal", "goal": 0.98, "sides": reached, **told},
        ],
    }


def test_ratios_are_of_medians(found: dict[str, Any]) -> None:
    ours, keras, *_ = rows_of(found["works"][0])
    assert ours.rate == pytest.approx(330) and keras.rate == pytest.approx(220)
    assert keras.faster == pytest.approx(1.5)
    assert (keras.cold_ratio, keras.warm_ratio, keras.apart) == (1, 1, pytest.approx(0.002))


def test_other_work_is_refused(found: dict[str, Any]) -> None:
    torch = next(row for row in rows_of(found["works"][0]) if row.side == "torch")
    assert "20.0% from ours" in torch.fault
    assert torch.faster is None and torch.rate is not None


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_refused(found: dict[str, Any], loss: float) -> None:
    found["works"][0]["sides"]["keras"] = side_of(200, loss)
    assert rows_of(found["works"][0])[1].fault


def test_a_goal_that_is_missed_is_told(found: dict[str, Any]) -> None:
    goal = found["works"][1]
    assert rows_of(goal)[1].reached_ratio == pytest.approx(0.75)
    goal["sides"]["keras"]["runs"][0]["reached"] = None
    keras = rows_of(goal)[1]
    assert keras.fault == "it doesn't reach 98.0%" and keras.reached_ratio is None


def test_the_table_tells_all(found: dict[str, Any]) -> None:
    text = markdown(found)
    rows = [line for line in text.splitlines() if line.startswith("| Keras on JAX | 220")]
    assert rows == [
        "| Keras on JAX | 220 | 1.50 | 4.00 s (1.00) | 2.00 s (1.00) | 1.00 s | 400 MB (1.00) | 0.20% | as is |"
    ]
    assert "| `conv` | 1.50 |  |  |" in text
    for told in ("not installed: flax", "refused", "steps_per_execution=10 200", "a processor, 2 cores", "jax 0.10.2"):
        assert told in text
    assert "| Keras on JAX | 8.00 s (0.75) |" in text


def test_columns_agree(found: dict[str, Any]) -> None:
    tables = [block.splitlines() for block in markdown(found).split("\n\n") if block.startswith("|")]
    assert len(tables) == 3
    for table in tables:
        assert len({line.count("|") for line in table}) == 1


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_picture_is_drawn(found: dict[str, Any], tmp_path: Path, ending: str) -> None:
    draw(found, tmp_path / f"speed.{ending}")
    assert (tmp_path / f"speed.{ending}").stat().st_size > 1000


def test_nothing_to_draw_is_told(found: dict[str, Any], tmp_path: Path) -> None:
    found["works"] = found["works"][1:]
    with pytest.raises(ValueError, match="nothing to draw"):
        draw(found, tmp_path / "speed.png")


def test_the_page_is_rewritten_between_its_marks(found: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{BEGIN}what was before\n{END}\nafter\n", encoding="utf-8")
    into_page(page, found)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "what was before" not in text
    assert markdown(found) in text
    into_page(page, found)
    assert page.read_text(encoding="utf-8") == text
    page.write_text("no marks", encoding="utf-8")
    with pytest.raises(ValueError, match="between"):
        into_page(page, found)


def test_our_page_has_its_marks(found: dict[str, Any], tmp_path: Path) -> None:
    copy = tmp_path / "performance.md"
    copy.write_text(command.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    into_page(copy, found)


def test_recorded_figures_make_the_table(found: dict[str, Any], tmp_path: Path) -> None:
    """As the command does it, which then imports neither JAX nor a peer."""
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    one.write_text(json.dumps({**found, "works": found["works"][1:]}), encoding="utf-8")
    other.write_text(json.dumps({**found, "works": found["works"][:1]}), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "benchmarks.training", "--from", str(one), str(other)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert run.stdout.strip() == markdown(found).strip()
    imported = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}
    assert not imported & {"jax", "torch", "keras", "flax"}


def test_files_of_two_machines_make_none(found: dict[str, Any], tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    one.write_text(json.dumps(found), encoding="utf-8")
    other.write_text(json.dumps({**found, "versions": {"Python": "3.12"}}), encoding="utf-8")
    with pytest.raises(SystemExit, match="no table in common"):
        command.merged([one, other])


def test_work_is_whole_batches_of_models_that_exist() -> None:
    for work in WORKS.values():
        text = work.path.read_text(encoding="utf-8")
        batch = int(text.partition("batch")[2].partition("=")[2].split()[0])
        for variant in (work, work.on("gpu"), work.quick(), work.on("gpu").quick()):
            assert variant.rows % batch == 0 and variant.rows > batch
    assert not any(WORKS[name].gpu_only for name in works_for("cpu"))
    assert set(works_for("gpu")) == set(WORKS)


def test_made_up_rows_are_the_same_and_name_every_end_of_the_classes() -> None:
    images, labels = made_up(40, (8, 8, 3), 1000)
    assert np.array_equal(images, made_up(40, (8, 8, 3), 1000)[0])
    assert images.dtype == np.float32 and images.shape == (40, 8, 8, 3)
    assert labels.min() == 0 and labels.max() == 999


def test_what_peers_lack_is_refused() -> None:
    with pytest.raises(ValueError, match="in numbers"):
        pair("same")


TINY = """
block unit(filters, stride = 1) { conv(filters, 3, stride = stride, padding = 1, bias = false) -> batch_norm }

model Tiny {
    input image[8, 8, 3]
    unit(4) -> relu -> max_pool(2x2)
    add(unit(6, 2), conv(6, 1x1, stride = 2)) -> tanh
    avg_pool(2x2) -> flatten
    repeat 2 { dense(5) -> sigmoid }
    dense(10) -> softmax
}

train {
    data      = npz("rows.npz")
    loss      = cross_entropy
    optimizer = adam(1e-3)
    batch     = 8
    epochs    = 1
}
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    """A network with all that the peers know, on 24 rows, in evenly many steps."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tiny.arch").write_text(TINY, encoding="utf-8")

    class Elsewhere(Work):
        @property
        def path(self) -> Path:
            return folder / "tiny.arch"

    hand_over("tiny", Elsewhere("tiny", 24, 2, image=(8, 8, 3), held_out=16), folder, "cpu")
    return read(folder)


Train = Callable[[Handed, str, int, Listener], None]


def trained(train: Train, handed: Handed, setting: str, epochs: int = 2) -> Listener:
    listener = Listener(0.0, 2.0)
    train(handed, setting, epochs, listener)
    return listener


def test_layers_are_handed_over_plain(tiny: Handed) -> None:
    assert [layer.kind for layer in tiny.layers if layer.kind != "conv"] == [
        *("batch_norm", "relu", "max_pool", "batch_norm", "add", "tanh", "avg_pool", "flatten"),
        *("dense", "sigmoid", "dense", "sigmoid", "dense"),
    ]
    owned = {f"{layer.name}." for layer in tiny.layers}
    assert all(any(name.startswith(scope) for scope in owned) for name in tiny.weights)
    assert tiny.adam == {"rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}


@pytest.fixture(scope="module")
def ours(tiny: Handed) -> Listener:
    return trained(archc_side.train, tiny, archc_side.RULES)


def test_as_it_was_tuned_archc_does_the_same_work(
    tiny: Handed, ours: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contest, "_MOMENT", 0.0)
    monkeypatch.setattr(contest, "_FEWEST", 1)
    found = trained(archc_side.train, tiny, archc_side.TUNED)
    assert found.losses == pytest.approx(ours.losses, rel=1e-3)
    (file,) = tiny.folder.glob("tuned/*.lowering.json")
    before = file.stat().st_mtime_ns
    trained(archc_side.train, tiny, archc_side.TUNED, epochs=1)
    assert file.stat().st_mtime_ns == before, "it is measured once"


@pytest.mark.parametrize("setting", ["reduce_window", "slices", "slices, loop"])
def test_hand_written_jax_does_the_same_work(tiny: Handed, ours: Listener, setting: str) -> None:
    theirs = trained(jax_side.train, tiny, setting)
    assert theirs.first_loss == pytest.approx(ours.first_loss, rel=1e-5)
    assert theirs.losses == pytest.approx(ours.losses, rel=1e-3)
    assert len(ours.losses) == len(ours.seconds) == 2


@pytest.mark.slow
@pytest.mark.parametrize("side", [side for side in SIDES if side not in ("archc", "jax", "jax-tuned")])
def test_every_setting_of_every_peer_does_the_same_work(
    tiny: Handed, ours: Listener, side: str, tmp_path: Path
) -> None:
    if SIDES[side].missing():
        pytest.skip(f"not installed: {SIDES[side].missing()}")
    for setting in SIDES[side].settings(tiny):
        figures = rounds.child(side, tiny.folder, "cpu", tmp_path, "--setting", setting, "--epochs", "2")
        assert figures["loss"] == pytest.approx(ours.losses[-1], rel=2e-3), setting
        if setting.startswith("steps_per_execution") and not setting.endswith("=1"):
            continue  # Keras then tells of several steps at once
        assert figures["first_loss"] == pytest.approx(ours.first_loss, rel=1e-4), setting


def test_a_goal_stops(tiny: Handed) -> None:
    """At no accuracy at all, after the first of many epochs."""
    listener = Listener(0.0, 0.0)
    jax_side.train(replace(tiny, goal=1e-9), "slices", 50, listener)
    assert len(listener.losses) == 1 and listener.reached is not None and len(listener.accuracies) == 1


def test_a_child_that_fails_gives_its_reason(tmp_path: Path) -> None:
    with pytest.raises(rounds.Fault, match="FileNotFoundError"):
        rounds.child("archc", tmp_path, "cpu", None)


def pretend(tiny: Handed, calls: list[tuple[str, ...]]) -> Callable[..., str]:
    """Stands for processes: ours hands over, archc and Keras give figures, PyTorch fails."""

    def told(module: str, arguments: Any, env: dict[str, str]) -> str:
        given = tuple(arguments)
        calls.append(given)
        if module == "handover":
            (Path(given[1]) / "handed.json").write_bytes((tiny.folder / "handed.json").read_bytes())
            return ""
        if given[0] == "torch":
            raise rounds.Fault("no memory")
        settings = SIDES[given[0]].settings(tiny)
        if "--search" in given:
            return json.dumps({setting: float(i) for i, setting in enumerate(settings)})
        return json.dumps(run_of(100, 0.5))

    return told


def test_sides_take_turns(tiny: Handed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(rounds, "told", pretend(tiny, calls))
    monkeypatch.setattr(Side, "missing", lambda side: "")
    heard: list[str] = []
    sides = ["archc", "keras", "torch"]
    *_, found = rounds.compare("mlp", sides, rounds.Plan("cpu", 2, 1), tmp_path, heard.append)
    order = [call[0] for call in calls[1:] if "--search" not in call]
    assert order == ["archc", "keras", "archc", "keras", "archc", "keras"]
    assert found["sides"]["torch"]["fault"] == "no memory"
    keras = found["sides"]["keras"]
    assert keras["setting"] == "steps_per_execution=50" and len(keras["tried"]) == 3
    assert (len(keras["colds"]), len(keras["runs"])) == (1, 2)
    assert [text for text in heard if "no memory" in text]
    assert "no memory" in markdown({**FRAME, "works": [found]})


def test_nothing_handed_over_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*_: Any) -> str:
        raise rounds.Fault("no MNIST")

    monkeypatch.setattr(rounds, "told", told)
    (found,) = rounds.compare("mlp", ["archc", "keras"], rounds.Plan("cpu", 1, 1), tmp_path, print)
    assert "no MNIST" in markdown({**FRAME, "works": [found]})


def test_a_slow_starter_has_few_cold_starts(tiny: Handed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "told", lambda *_: json.dumps(run_of(1, 1)))
    entry: dict[str, Any] = {"colds": [], "setting": ""}
    for number in range(3):
        rounds.cold("torch-compile", entry, tiny, rounds.Plan("cpu", 1, 3), number)
    assert len(entry["colds"]) == 1


def test_stopping_keeps_what_is_finished(
    found: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compare(name: str, *_: Any) -> Any:
        if name == "lenet5":
            raise KeyboardInterrupt
        yield found["works"][0]

    path = tmp_path / "speed.json"
    monkeypatch.setattr(command, "compare", compare)
    monkeypatch.setattr(sys, "argv", ["training", "--models", "conv", "lenet5", "--json", str(path)])
    command.main()
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert [work["work"] for work in kept["works"]] == ["conv"]


def test_a_missing_peer_is_told(tiny: Handed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIDES, "flax", replace(SIDES["flax"], packages=("no_such_package",)))
    with pytest.raises(rounds.Fault, match="not installed: no_such_package"):
        rounds.choose("flax", {}, tiny, rounds.Plan("cpu", 1, 1), print)
