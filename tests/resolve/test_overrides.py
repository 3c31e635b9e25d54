"""`--set K=V`: what stands in the file gives way, and everything is checked as if it had been written there."""

from pathlib import Path

import pytest

from archc.diagnostics import Report
from archc.ir import Module
from archc.resolve import Choice, override, resolve
from archc.source import Source
from archc.syntax import parse

TEXT = """\
let wide = 4

model Net(hidden = 2, depth = 1) {
    input x[2]
    dense(hidden) -> tanh
    dense(wide * depth) -> relu
    dense(1) -> sigmoid
    assert params == 23
    assert params <= 60
    expect [1]
}

train {
    data      = xor
    loss      = binary_cross_entropy
    optimizer = sgd(0.5)
    batch     = 4
    epochs    = 10  # as in the lecture
}

train quick { epochs = 2 }
"""


def compiled(*settings: str, text: str = TEXT, recipe: str = "") -> tuple[list[Module], Report]:
    report = Report()
    source = override(Source("net.arch", text), settings, report)
    choice = Choice(recipe=recipe, overridden=bool(settings))
    return resolve(parse(source, report), Path(), report, choice), report


def codes(*settings: str, text: str = TEXT) -> list[str]:
    return [diagnostic.code for diagnostic in compiled(*settings, text=text)[1].found]


def recipe_of(*settings: str, recipe: str = "") -> tuple[int, int]:
    (module, *_), report = compiled(*settings, recipe=recipe)
    assert not report.errors
    assert module.recipe
    return module.recipe.epochs, module.recipe.batch


def units(*settings: str) -> list[int]:
    (module, *_), report = compiled(*settings)
    assert not report.errors
    return [node.output[0] for node in module.graph.nodes if node.op == "dense"]


def test_as_written() -> None:
    assert codes() == []
    assert units() == [2, 4, 1]
    assert recipe_of() == (10, 4)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("hidden=3", [3, 4, 1]),
        (" hidden = 1 + 2 ", [3, 4, 1]),
        ("wide=6", [2, 6, 1]),
        ("depth=2", [2, 8, 1]),
    ],
)
def test_a_parameter_or_let_is_replaced_wherever_it_is_given(setting: str, expected: list[int]) -> None:
    assert units(setting) == expected


def test_a_parameter_without_default_gets_one() -> None:
    text = TEXT.replace("depth = 1", "depth")
    assert codes(text=text) == ["E0214"]
    assert codes("depth=1", text=text) == []


def test_an_argument_that_the_recipe_gives_is_replaced_too() -> None:
    for given in ("Net(hidden = 3)", "Net(3)"):
        text = TEXT.replace("train {", f"train {{\n    model = {given}")
        (module, *_), _ = compiled("hidden=2", text=text)
        assert module.arguments == {"hidden": 2, "depth": 1}


def test_a_setting_is_replaced() -> None:
    assert recipe_of("train.epochs=5") == (5, 4)
    assert recipe_of("train.epochs=5", "train.batch=2") == (5, 2)
    assert recipe_of("train.epochs=5", "train.epochs=6") == (6, 4)


def test_a_setting_is_put_in() -> None:
    (module, *_), _ = compiled("train.seed=7", "train.weight_decay=1e-4")
    assert module.recipe
    assert (module.recipe.seed, module.recipe.weight_decay) == (7, {"": 1e-4})


def test_a_named_recipe() -> None:
    assert recipe_of(recipe="quick") == (2, 4)
    assert recipe_of("train.quick.epochs=3", "train.quick.batch=2", recipe="quick") == (3, 2)


def test_what_is_not_set_stays_as_it_is() -> None:
    changed = override(Source("net.arch", TEXT), ["hidden=3", "train.seed=1"], Report()).text
    lines = [line for line in changed.splitlines() if line not in TEXT.splitlines()]
    assert lines == ["model Net(hidden = 3, depth = 1) {", "    seed = 1"]


@pytest.mark.parametrize("setting", ["hidden", "=3", "hidden=", "", "hidden = 3 # three", "hidden=[1, # one\n2]"])
def test_a_setting_without_a_value(setting: str) -> None:
    found = codes(setting)
    assert found[0] in ("E0320", "E0117")


@pytest.mark.parametrize(
    "setting", ["hidden=3)", "hidden=3, depth=4", "hidden=}", "hidden=3 4", 'hidden="', "wide=1\nlet b = 2"]
)
def test_a_value_is_one_expression(setting: str) -> None:
    report = Report()
    source = override(Source("net.arch", TEXT), [setting], report)
    assert report.errors
    assert source.text == TEXT
    assert all(d.span is None or d.span.source.name.startswith("--set ") for d in report.found)


@pytest.mark.parametrize(
    ("setting", "help"),
    [
        ("hiden=3", "did you mean `hidden`?"),
        (
            "nothing=3",
            "what can be set is `wide`, `hidden`, `depth`; settings of the recipe are written `train.epochs`",
        ),
        ("train.slow.epochs=3", "there is `train.…`, `train.quick.…`"),
        (
            "net.hidden=3",
            "what can be set is `wide`, `hidden`, `depth`; settings of the recipe are written `train.epochs`",
        ),
    ],
)
def test_an_unknown_key(setting: str, help: str) -> None:
    (diagnostic,) = compiled(setting)[1].found
    assert (diagnostic.code, diagnostic.help) == ("E0321", help)


def test_a_file_without_a_recipe_has_no_settings() -> None:
    (diagnostic,) = compiled("train.epochs=3", text=TEXT[: TEXT.index("train {")])[1].found
    assert diagnostic.code == "E0321"


def test_a_setting_that_no_recipe_has() -> None:
    assert codes("train.epoch=3") == ["E0401"]


def test_promised_equalities_only_warn() -> None:
    assert codes("hidden=3") == ["W0501"]
    text = TEXT.replace("expect [1]", "expect [2]")
    assert codes(text=text) == ["E0502"]
    assert codes("train.epochs=3", text=text) == ["W0502"]


def test_budgets_stay_errors() -> None:
    assert codes("hidden=40") == ["W0501", "E0501"]


def test_arguments_of_the_recipe_soften_too() -> None:
    text = TEXT.replace("train {", "train {\n    model = Net(hidden = 3)")
    assert codes(text=text) == ["W0501"]


def test_a_setting_holds_in_recipes_that_say_it_anew() -> None:
    assert recipe_of("train.epochs=7", recipe="quick") == (7, 4)
    assert recipe_of("train.epochs=7", "train.quick.epochs=3", recipe="quick") == (3, 4)
    assert recipe_of("train.batch=2", recipe="quick") == (2, 2)
