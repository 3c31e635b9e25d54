"""`archc models`, `new`, `datasets`, `doctor` and `completion`."""

from pathlib import Path

import numpy as np
import pytest

from archc.cli.application import application
from archc.cli.new import model_name
from archc.locate import built_in, find_file
from tests.cli.conftest import LINES, Archc


def test_models(archc: Archc) -> None:
    lines = archc("models").stdout.splitlines()
    assert len(lines) == 2 * len(built_in())
    for name, title, command in zip(built_in(), lines[::2], lines[1::2], strict=True):
        assert title.startswith(f"{name} ") and command.strip().startswith("archc ") and f" {name} " in command


def test_a_model_is_printed(archc: Archc) -> None:
    assert archc("models", "lenet5").stdout == find_file("lenet5").read_text()


def test_new(archc: Archc) -> None:
    result = archc("new", "my-net")
    assert (result.exit_code, result.stderr) == (0, "wrote my-net.arch; next: archc train my-net.arch\n")
    assert archc("check", "my-net.arch").stdout == "my-net.arch: fine (MyNet, 17,258 parameters)\n"
    before = Path("my-net.arch").read_text()
    again = archc("new", "my-net.arch")
    assert again.exit_code == 1 and "`my-net.arch` is there already" in again.stderr
    assert Path("my-net.arch").read_text() == before
    assert archc("new", "no/such").exit_code == 1
    assert archc("new", ".arch").exit_code == 2


@pytest.mark.parametrize(("stem", "name"), [("net", "Net"), ("my_net-2", "MyNet2"), ("3d", "Net3d"), ("größe", "GrE")])
def test_names_of_models(stem: str, name: str) -> None:
    assert model_name(stem) == name


def test_datasets(archc: Archc) -> None:
    listed = " ".join(archc("datasets").stdout.split())
    assert "digits 1,797 examples: image [8, 8, 1] -> digit (10 classes) The 1,797 handwritten digits" in listed
    assert "mnist 60,000 examples and 10,000 to test: image [28, 28, 1] -> digit (10 classes) " in listed
    assert "usps 7,291 examples and 2,007 to test: image [16, 16, 1] -> digit (10 classes) " in listed
    assert "images images(folder, …) The images of a folder that has a folder for each class" in listed
    one = archc("datasets", "moons").stdout
    assert "noise  standard deviation of the noise" in one and "held out unless said: 20% to validate" in one
    assert "npz(file, " in archc("datasets", "npz").stdout
    fashion = archc("datasets", "fashion_mnist").stdout
    assert (
        "classes of label: T-shirt/top, Trouser, " in fashion and "a folder of their own, `fashion-mnist/`" in fashion
    )
    wrong = archc("datasets", "moon")
    assert wrong.exit_code == 1 and "did you mean `moons`?" in wrong.stderr


def test_a_data_set_is_saved(archc: Archc) -> None:
    result = archc("datasets", "digits", "--save", "d.npz")
    assert (result.exit_code, result.stdout) == (0, "")
    with np.load("d.npz") as file:
        assert file["image"].shape == (1797, 8, 8, 1) and file["digit"].dtype == np.int32
    before = Path("d.npz").read_bytes()
    archc("datasets", "digits", "--save", "d.npz")
    assert Path("d.npz").read_bytes() == before
    assert archc("datasets", "examples", "--save", "d.npz").exit_code == 1
    assert archc("datasets", "--save", "d.npz").exit_code == 2


def test_the_data_of_a_recipe_are_saved(archc: Archc) -> None:
    Path("xor.arch").write_text(find_file("xor").read_text())
    assert archc("datasets", "xor.arch", "--save", "d.npz").exit_code == 0
    with np.load("d.npz") as file:
        assert file["x"].tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]] and file["y"].shape == (4, 1)
    Path("moons.arch").write_text(LINES.replace("image[8, 8, 1]", "x[2]").replace("    flatten\n", ""))
    assert archc("datasets", "moons.arch", "--set", "train.data=moons(n = 50)", "--save", "m.npz").exit_code == 0
    with np.load("m.npz") as file:
        assert file["x"].shape == (50, 2)
    assert "E0805" in archc("datasets", "and").stderr


def test_doctor(archc: Archc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHC_OFFLINE", "1")
    monkeypatch.delenv("ARCHC_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path("none").resolve()))
    result = archc("doctor")
    assert result.exit_code == 0
    for said in ("versions\n", "  jaxlib  ", "devices\n", "  cpu cores", "caches\n", "ARCHC_DATA    not set"):
        assert said in result.stdout
    assert "  fashion_mnist 0 of 4 files, cannot be downloaded: ARCHC_OFFLINE is set\n" in result.stdout
    assert "  usps          0 of 2 files, " in result.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(archc: Archc, shell: str) -> None:
    result = archc("completion", shell)
    assert result.exit_code == 0
    first, second = result.stdout.split("\n", 1)
    assert first.startswith("# to have it in every shell") and f"archc completion {shell}" in first
    assert "_ARCHC_COMPLETE" in second


def complete(*words: str) -> list[str]:
    from click.shell_completion import ShellComplete

    found = ShellComplete(application, {}, "archc", "_ARCHC_COMPLETE").get_completions(list(words[:-1]), words[-1])
    return [item.value for item in found if item.type == "plain"]


def test_what_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    for name in ("digest.arch", "notes.txt", "nets/deep.arch", "runs/a-1/run.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert complete("ch") == ["check"]
    assert complete("check", "dig") == ["digits", "digest.arch"]
    assert complete("train", "nets/") == ["nets/deep.arch"]
    assert complete("train", "ru") == ["runs/a-1"]
    assert complete("evaluate", "") == ["runs/a-1"]
    assert complete("train", "digits", "--dev") == ["--device"]
    assert complete("summary", "digits", "--format", "") == ["text", "json"]
