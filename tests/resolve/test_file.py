"""Which model and recipe of a file are used, and what they may refer to."""

from pathlib import Path

import numpy as np
import pytest

from archc.diagnostics import Report
from archc.ir import Module
from archc.resolve import Choice, resolve
from archc.source import Source
from archc.syntax import parse

TEXT = """\
let wide = 3

model Small(units = wide) {
    input x[2]
    dense(units) -> tanh
    dense(data.classes) -> softmax
}

model Large(units = 2 * wide, factor = units // 2) {
    input x[data.features]
    dense(units * factor)
    dense(data.classes) -> softmax
}

train {
    model     = Large(factor = 4)
    data      = moons
    loss      = cross_entropy
    optimizer = adam(1e-3)
    batch     = 2 ** 5
    epochs    = 10
}

train quick { epochs = 2  batch = 16 }
train small { model = Small  epochs = 3 }
""".replace("  batch = 16", "\n batch = 16").replace("Small  epochs", "Small\n epochs")


def compiled(text: str = TEXT, folder: Path = Path(), **choice: str) -> tuple[list[Module], list[str]]:
    report = Report()
    modules = resolve(parse(Source("net.arch", text), report), folder, report, Choice(**choice))
    return modules, [diagnostic.code for diagnostic in report.found]


def names(modules: list[Module]) -> list[str]:
    return [module.graph.name for module in modules]


def test_the_model_of_the_recipe_comes_first() -> None:
    modules, codes = compiled()
    assert codes == []
    assert names(modules) == ["Large", "Small"]
    assert [module.recipe is not None for module in modules] == [True, False]
    assert modules[0].arguments == {"units": 6, "factor": 4}
    assert modules[1].arguments == {"units": 3}
    assert [module.graph.nodes[0].output for module in modules] == [(24,), (3,)]


def test_facts_about_the_data_are_known_to_every_model() -> None:
    modules, _ = compiled()
    assert [module.graph.outputs[0].shape for module in modules] == [(2,), (2,)]


def test_a_named_recipe_starts_from_the_unnamed_one() -> None:
    (module,), codes = compiled(recipe="quick")
    assert codes == []
    assert module.recipe
    assert (module.recipe.name, module.recipe.epochs, module.recipe.batch) == ("quick", 2, 16)
    assert module.recipe.data.name == "moons"


def test_a_named_recipe_may_train_another_model() -> None:
    (module,), _ = compiled(recipe="small")
    assert module.graph.name == "Small"
    assert module.recipe and module.recipe.epochs == 3


def test_a_model_is_asked_for_by_name() -> None:
    assert names(compiled(model="Small")[0]) == ["Small"]
    assert names(compiled(model="Large")[0]) == ["Large"]
    assert compiled(model="Large")[0][0].arguments == {"units": 6, "factor": 4}


@pytest.mark.parametrize(("choice", "code"), [({"model": "Smal"}, "E0415"), ({"recipe": "quik"}, "E0414")])
def test_what_the_file_doesnt_have(choice: dict[str, str], code: str) -> None:
    modules, codes = compiled(**choice)
    assert code in codes
    assert modules == []


def test_several_models_without_a_recipe() -> None:
    text = TEXT[: TEXT.index("train {")].replace("data.classes", "2").replace("data.features", "2")
    assert names(compiled(text)[0]) == ["Small", "Large"]


def test_named_recipes_alone() -> None:
    text = TEXT.replace("train {", "train main {")
    (first, _), codes = compiled(text)
    assert codes == []
    assert first.recipe and first.recipe.name == "main"


@pytest.mark.parametrize(
    ("setting", "parts"),
    [
        ("", (240, 80, 80)),
        ("validate = 0", (320, 0, 80)),
        ("validate = 10%\n test = 0", (360, 40, 0)),
        ("validate = 13\n test = 7", (380, 13, 7)),
        ("validate = 0.1\n test = 1", (359, 40, 1)),
    ],
)
def test_how_rows_are_shared_out(setting: str, parts: tuple[int, int, int]) -> None:
    modules, codes = compiled(TEXT.replace("epochs    = 10", f"epochs = 10\n {setting}"))
    assert codes == []
    recipe = modules[0].recipe
    assert recipe and (recipe.train_rows, recipe.validation_rows, recipe.test_rows) == parts


def test_a_batch_is_no_larger_than_the_rows() -> None:
    modules, codes = compiled(TEXT.replace("2 ** 5", "1000"))
    assert codes == ["W0401"]
    recipe = modules[0].recipe
    assert recipe and (recipe.batch, recipe.steps, recipe.ragged) == (240, 1, 0)


def test_settings_may_ask_about_the_data_wherever_it_stands() -> None:
    modules, codes = compiled(
        TEXT.replace("2 ** 5", "data.examples // 10")
        .replace("    data      = moons\n", "")
        .replace("epochs    = 10", "epochs = 10\n data = moons")
    )
    assert codes == []
    assert modules[0].recipe and modules[0].recipe.batch == 40


def test_columns_feed_the_inputs_of_their_names(tmp_path: Path) -> None:
    rows = {"left": np.zeros((9, 2)), "right": np.zeros((9, 3)), "size": np.zeros((9, 1)), "kind": np.arange(9) % 3}
    np.savez(tmp_path / "rows.npz", **rows)
    text = """\
model Two {
    input right[3]
    input left[2]
    output kind = left -> dense(3) -> softmax
    output guess = right -> dense(1)
}
train {
    data = npz("rows.npz", targets = ["kind", "size"])
    loss = cross_entropy(kind) + 0.5 * (mse(guess, size) + 0.1 * half_mse(guess, size))
    optimizer = sgd(0.1)
    batch = 3
    epochs = 1
    metrics = [accuracy(kind), off = mae(guess, size)]
}
"""
    (module,), codes = compiled(text, tmp_path)
    assert codes == []
    recipe = module.recipe
    assert recipe
    assert recipe.columns == {"right": "right", "left": "left"}
    terms = [(term.output, term.target, term.loss.kind, term.weight) for term in recipe.losses]
    assert terms == [
        ("kind", "kind", "loss:cross_entropy", 1.0),
        ("guess", "size", "loss:mse", 0.5),
        ("guess", "size", "loss:half_mse", 0.05),
    ]
    assert recipe.links == {"kind": "softmax", "guess": "linear"}
    assert [(term.name, term.output, term.target) for term in recipe.metrics] == [
        ("accuracy", "kind", "kind"),
        ("off", "guess", "size"),
    ]


def test_accuracy_is_measured_where_classes_are_learnt() -> None:
    (module, _), _ = compiled()
    assert module.recipe and [term.name for term in module.recipe.metrics] == ["accuracy"]
    (module, _), _ = compiled(TEXT.replace("epochs    = 10", "epochs = 10\n metrics = []"))
    assert module.recipe and module.recipe.metrics == ()


def test_what_is_named_in_a_model_stays_there() -> None:
    text = "let a = 3\nmodel A {\n input x[a]\n let b = 4\n dense(b) as c\n}\nmodel B {\n input x[a]\n dense(b)\n}\n"
    assert compiled(text)[1] == ["E0301"]


@pytest.mark.parametrize(
    ("choice", "help"),
    [
        ({"recipe": "foo"}, "its recipes are `quick`, `small`"),
        ({"model": "Foo"}, "its models are `Small`, `Large`"),
    ],
)
def test_a_name_that_the_file_lacks_is_answered_with_those_it_has(choice: dict[str, str], help: str) -> None:
    report = Report()
    resolve(parse(Source("net.arch", TEXT), report), Path(), report, Choice(**choice))
    assert report.found[0].help == help


def test_adamw_may_stand_where_the_unnamed_recipe_decays() -> None:
    base = TEXT.replace("adam(1e-3)", "adam(1e-3)\n weight_decay = 1e-4")
    assert compiled(base + "\ntrain w { optimizer = adamw(1e-3) }", recipe="w")[1] == ["E0417"]
    off = "\ntrain w {\n optimizer = adamw(1e-3)\n weight_decay = 0\n}"
    (module,), codes = compiled(base + off, recipe="w")
    assert codes == [] and module.recipe and module.recipe.weight_decay == {"": 0}


RECIPES = """
block unit { dense(2) }
model Net {{ input image[8, 8, 1]
 flatten -> unit -> dense(10) }}
train {{ data = digits
 loss = cross_entropy
 optimizer = adam(1e-3)
 batch = 64
 epochs = 1 }}
train deep {{ {} }}
""".replace("{ dense(2) }", "{{ dense(2) }}")


@pytest.mark.parametrize(
    ("setting", "codes"),
    [("epochs = 3", []), ("optimizer = adamm(1e-4)", ["E0301"]), ("model = Nat", ["E0415"]), ("batch = 0", ["E0203"])],
)
def test_a_whole_file_is_asked_about_with_all_its_recipes(setting: str, codes: list[str]) -> None:
    text = RECIPES.format(setting)
    for whole in (False, True):
        report = Report()
        modules = resolve(parse(Source("net.arch", text), report), Path("data"), report, Choice(whole=whole))
        assert [found.code for found in report.found] == (codes if whole else [])
        assert len(modules) == (0 if whole and codes else 1)


def test_a_run_that_another_recipe_starts_from_may_be_still_to_come(tmp_path: Path) -> None:
    report = Report()
    text = RECIPES.format('start = run("first")')
    assert len(resolve(parse(Source("net.arch", text), report), tmp_path, report, Choice(whole=True))) == 1
    assert not report.found
    assert compiled(text, tmp_path, recipe="deep")[1] == ["E0433"], "it is missed where the recipe is asked for"
    report = Report()
    text = RECIPES.format('start = weights("first.npz")')
    resolve(parse(Source("net.arch", text), report), tmp_path, report, Choice(whole=True))
    assert [found.code for found in report.found] == ["E0433"], "no recipe makes a file"


def test_a_file_of_blocks_is_in_order_as_such() -> None:
    text = "block unit(n) { dense(n) -> relu }\n"
    for whole, codes in ((False, ["E0213"]), (True, ["W0307"])):
        report = Report()
        assert resolve(parse(Source("net.arch", text), report), Path("data"), report, Choice(whole=whole)) == []
        assert [found.code for found in report.found if found.severity == "error"] == [c for c in codes if c[0] == "E"]


def test_a_name_on_an_activation_is_meant_where_it_is_read() -> None:
    for last, codes in (("add(it, skip)", []), ("relu", ["W0301"])):
        report = Report()
        text = f"model Net {{\n input x[4]\n dense(4) -> tanh as skip\n dense(4)\n {last}\n}}"
        resolve(parse(Source("net.arch", text), report), Path("data"), report)
        assert [found.code for found in report.found] == codes


def test_a_model_can_be_looked_at_whose_recipe_is_for_another() -> None:
    text = (
        "model A { input image[8, 8, 1]\n flatten -> dense(10) }\n"
        "model B { input left[8]\n dense(3) }\nmodel C { input image[8, 8, 1]\n flatten -> dense(10) -> softmax }\n"
        "train { model = A\n data = digits\n loss = cross_entropy\n optimizer = adam(1e-3)\n batch = 32\n"
        " epochs = 1 }\n"
    )
    for name, codes, trained in (("A", [], True), ("B", ["W0402"], False), ("C", [], True)):
        report = Report()
        (module,) = resolve(parse(Source("net.arch", text), report), Path("data"), report, Choice(model=name))
        assert [found.code for found in report.found] == codes
        assert (module.graph.name, module.recipe is not None) == (name, trained)
