"""`archc compile`."""

import json
from pathlib import Path

import pytest

from archc.diagnostics import Report
from archc.ir import Module
from archc.locate import find_file
from archc.pipeline import Job, program
from tests.cli.conftest import Archc


def test_the_program(archc: Archc) -> None:
    text = program(Job(find_file("lenet5")), Report())
    printed = archc("compile", "lenet5")
    assert printed.exit_code == 0 and printed.stdout == text
    written = archc("compile", "lenet5", "-o", "program.py")
    assert (written.stdout, written.stderr) == ("", "wrote program.py\n")
    assert Path("program.py").read_text() == text


def test_the_target(archc: Archc) -> None:
    texts = {target: archc("compile", "lenet5", "--target", target).stdout for target in ("cpu", "gpu")}
    assert texts["cpu"] == archc("compile", "lenet5").stdout != texts["gpu"]


def test_unrolled(archc: Archc) -> None:
    Path("deep.arch").write_text("model Deep {\n    input x[4]\n    repeat 20 { dense(4) -> tanh }\n}\n")
    assert "jax.lax.scan(" in archc("compile", "deep.arch").stdout
    assert "jax.lax.scan(" not in archc("compile", "deep.arch", "--unroll").stdout
    assert "for i in range(20):" in archc("compile", "deep.arch", "--unroll").stdout


def test_a_place_that_cannot_be_written(archc: Archc) -> None:
    result = archc("compile", "xor", "-o", "no/such/program.py")
    assert result.exit_code == 1
    assert result.stderr.startswith("error[E0612]: `no/such/program.py` cannot be written: there is no folder `no`")
    assert list(Path().iterdir()) == []


def test_mistakes_write_nothing(archc: Archc) -> None:
    Path("a.arch").write_text("model A {\n    input x[2]\n    dens(1)\n}\n")
    result = archc("compile", "a.arch", "-o", "program.py")
    assert result.exit_code == 1 and "did you mean `dense" in result.stderr
    assert not Path("program.py").exists()


def test_the_tree(archc: Archc) -> None:
    lines = archc("compile", "xor_given", "--emit", "tree").stdout.splitlines()
    assert lines[0] == "Model  3:1"
    assert "  name: Name 'XorGiven'  3:7" in lines
    assert any(line.strip() == "name: Name 'weights'  5:14" for line in lines)
    # names and shapes need not be right for it
    Path("a.arch").write_text("model A {\n    input x[2, 3x4]\n    dens(1) as B\n}\n")
    assert archc("compile", "a.arch", "--emit", "tree").stdout == (
        "Model  1:1\n"
        "  name: Name 'A'  1:7\n"
        "  body:\n"
        "    Input  2:5\n"
        "      name: Name 'x'  2:11\n"
        "      dims:\n"
        "        Number 2  2:13\n"
        "        Size 3x4  2:16\n"
        "    Flow  3:5\n"
        "      value: As  3:5\n"
        "        step: Call  3:5\n"
        "          callee: Name 'dens'  3:5\n"
        "          arguments:\n"
        "            Argument  3:10\n"
        "              value: Number 1  3:10\n"
        "        name: Name 'B'  3:16\n"
    )


def test_the_ir_loads_back(archc: Archc) -> None:
    text = archc("compile", "digits", "--emit", "ir").stdout
    module = Module.model_validate_json(text)
    assert module.graph.name == "Digits" and module.recipe is not None
    assert json.loads(text)["archc_ir"] == 1


@pytest.mark.parametrize(("file", "function"), [("xor", "jit_train_step"), ("xor_given", "jit_apply")])
def test_stablehlo(archc: Archc, file: str, function: str) -> None:
    result = archc("compile", file, "--emit", "stablehlo")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"module @{function} ") and "stablehlo.dot_general" in result.stdout
    assert archc("compile", file, "--emit", "stablehlo").stdout == result.stdout
