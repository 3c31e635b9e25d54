"""The figures of programs against scikit-learn and against numbers worked by hand: ties, absent classes."""

from functools import cache
from typing import Any

import jax
import numpy as np
import pytest
from sklearn import metrics as sk

from archc.program import emit
from tests.models import imported, module_of

CLASSES, BATCH, ROWS = 4, 32, 150
AVERAGES = ("macro", "micro", "weighted")
COUNTED = {
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "f1": sk.f1_score,
    "iou": sk.jaccard_score,
}


@cache
def program(data: str, inputs: int, end: str, loss: str, metrics: str) -> Any:
    """A program whose outputs are given by the tests."""
    text = f"""
    model Small {{
        input x[{inputs}]
        {end}
    }}
    train {{
        data = {data}
        loss = {loss}
        optimizer = sgd(0.1)
        batch = 2
        epochs = 1
        metrics = [{metrics}]
    }}
    """
    module = module_of(text)
    made = imported(emit(module))
    assert module.recipe is not None
    made.TARGET, made.EVAL_BATCH = module.recipe.losses[0].target, BATCH
    made.apply = lambda params, stats, inputs, **_: (inputs["outputs"], stats)
    return made


def several(metrics: str, loss: str = "cross_entropy") -> Any:
    return program(f"blobs(n = 100, classes = {CLASSES})", 2, f"dense({CLASSES}) -> softmax", loss, metrics)


def single(metrics: str) -> Any:
    return program("moons(n = 100)", 2, "dense(1) -> sigmoid", "binary_cross_entropy", metrics)


def pair(metrics: str) -> Any:
    return program("moons(n = 100)", 2, "dense(2) -> softmax", "cross_entropy", metrics)


def numbers(metrics: str, units: int, end: str = "", loss: str = "mse") -> Any:
    rows = [[0] * (1 + units)] * 4
    return program(f"examples({rows})", 1, f"dense({units}){end}", loss, metrics)


def measured(program: Any, outputs: np.ndarray, targets: np.ndarray) -> dict[str, Any]:
    """What `evaluate` says of a part whose rows have these outputs: the last batch is padded with its last row."""
    assert len(outputs) % BATCH, "the last batch is ragged"
    data = jax.device_put(({"outputs": outputs}, {program.TARGET: targets}))
    return dict(program.evaluate(program.TrainState({}, {}, (), 0, None), data))


def rows(seed: int, classes: int, *, absent: bool) -> tuple[np.ndarray, np.ndarray]:
    """Scores with many ties, and classes; if `absent`, one class is never there and one is neither there nor said."""
    random = np.random.default_rng(seed)
    scores = random.integers(-3, 4, (ROWS, classes)).astype(np.float32)
    targets = random.integers(0, classes, ROWS).astype(np.int32)
    if absent:
        targets[targets == 0] = 1
        targets[targets == classes - 1] = 1
        scores[:, classes - 1] = -9
    return scores, targets


@pytest.mark.parametrize("absent", [False, True])
@pytest.mark.parametrize("name", COUNTED)
def test_counts_of_several_classes(name: str, absent: bool) -> None:
    wanted = [f"{name}", *(f"{average} = {name}(average = {average})" for average in AVERAGES)]
    wanted += [f"c{i} = {name}(positive = {i})" for i in range(CLASSES)]
    made = several(", ".join([*wanted, "confusion", "accuracy"]))
    for seed in range(3):
        scores, targets = rows(seed, CLASSES, absent=absent)
        found, said = measured(made, scores, targets), scores.argmax(1)
        score = COUNTED[name]
        for average in AVERAGES:
            assert found[average] == pytest.approx(score(targets, said, average=average, zero_division=0), abs=1e-12)
        assert found[name] == found["macro"]
        each = score(targets, said, labels=range(CLASSES), average=None, zero_division=0)
        assert [found[f"c{i}"] for i in range(CLASSES)] == pytest.approx(list(each), abs=1e-12)
        assert found["confusion"] == sk.confusion_matrix(targets, said, labels=range(CLASSES)).tolist()
        assert found["accuracy"] == pytest.approx(sk.accuracy_score(targets, said))


@pytest.mark.parametrize("threshold", [0.5, 0.3, 0.9])
@pytest.mark.parametrize("name", COUNTED)
def test_counts_of_two_classes(name: str, threshold: float) -> None:
    cut = f"threshold = {threshold}"
    both = [f"{name}({cut})", f"macro = {name}({cut}, average = macro)", f"first = {name}({cut}, positive = 0)"]
    made = single(", ".join([*both, f"accuracy({cut})", f"confusion({cut})"]))
    score = COUNTED[name]
    for seed in range(3):
        scores, targets = rows(seed, 2, absent=False)
        logits = scores[:, :1]
        said = (1 / (1 + np.exp(-logits[:, 0].astype(np.float64))) > threshold).astype(int)
        found = measured(made, logits, targets)
        assert found[name] == pytest.approx(score(targets, said, zero_division=0))
        assert found["macro"] == pytest.approx(score(targets, said, average="macro", zero_division=0))
        assert found["first"] == pytest.approx(score(targets, said, pos_label=0, zero_division=0))
        assert found["accuracy"] == pytest.approx(sk.accuracy_score(targets, said))
        assert found["confusion"] == sk.confusion_matrix(targets, said).tolist()
        as_pair = measured(pair(f"{name}, confusion"), scores, targets)
        assert as_pair[name] == pytest.approx(score(targets, scores.argmax(1), zero_division=0))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_first_of_equals_is_in_the_top(k: int) -> None:
    """scikit-learn takes the last of equals: the classes are turned round for it."""
    scores, targets = rows(k, CLASSES, absent=False)
    found = measured(several(f"top_k({k}), accuracy, confusion"), scores, targets)
    turned = sk.top_k_accuracy_score(CLASSES - 1 - targets, scores[:, ::-1], k=k, labels=range(CLASSES))
    assert found["top_k"] == pytest.approx(turned)
    assert k > 1 or found["top_k"] == found["accuracy"]


@pytest.mark.parametrize("seed", range(3))
def test_auc_is_exact_with_ties(seed: int) -> None:
    random = np.random.default_rng(seed)
    # rows that are there several times tie exactly
    scores = random.normal(size=(60, CLASSES)).astype(np.float32)[random.integers(0, 60, ROWS)]
    targets, z = random.integers(0, CLASSES, ROWS).astype(np.int32), scores.astype(np.float64)
    made = several(", ".join(f"c{i} = auc(positive = {i})" for i in range(CLASSES)))
    found = measured(made, scores, targets)
    for i in range(CLASSES):
        probability = np.exp(z[:, i]) / np.exp(z).sum(1)
        assert found[f"c{i}"] == pytest.approx(sk.roc_auc_score(targets == i, probability), abs=1e-12)
    scores, targets = rows(seed, 2, absent=False)
    found = measured(single("auc, other = auc(positive = 0)"), scores[:, :1], targets)
    assert found["auc"] == pytest.approx(sk.roc_auc_score(targets, scores[:, 0]), abs=1e-12)
    assert found["other"] == pytest.approx(found["auc"], abs=1e-12)
    found = measured(pair("auc, other = auc(positive = 0)"), scores, targets)
    assert found["auc"] == pytest.approx(sk.roc_auc_score(targets, scores[:, 1] - scores[:, 0]), abs=1e-12)
    assert found["other"] == pytest.approx(found["auc"], abs=1e-12)


def test_auc_by_hand() -> None:
    """Two of each: of the four pairs one is right, one tied, two wrong, and 1.5 / 4 = 0.375."""
    logits = np.array([[3.0], [1.0], [2.0], [1.0], [2.0]], np.float32)
    made = single("auc")
    assert measured(made, logits[:4], np.array([0, 1, 1, 0], np.int32))["auc"] == 0.375
    for truth in (0, 1):
        assert measured(made, logits, np.full(5, truth, np.int32))["auc"] == 0.5
    sure = np.array([[40.0], [41.0], [39.0]], np.float32)
    assert measured(made, sure, np.array([0, 1, 0], np.int32))["auc"] == 1, "their probabilities are all 1"


@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("offset", [0, 2000])
def test_figures_of_numbers(units: int, offset: int) -> None:
    random = np.random.default_rng(units)
    targets = (offset + random.normal(size=(ROWS, units))).astype(np.float32)
    outputs = (targets + random.normal(size=targets.shape)).astype(np.float32)
    found = measured(numbers("r2, rmse, mae", units), outputs, targets)
    y, t = outputs.astype(np.float64), targets.astype(np.float64)
    assert found["r2"] == pytest.approx(sk.r2_score(t, y), abs=1e-12)
    assert found["rmse"] == pytest.approx(np.sqrt(sk.mean_squared_error(t, y)), rel=1e-5)
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(t, y), rel=1e-5)


def test_r2_by_hand() -> None:
    """Targets 1, 2, 3 (spread 2), missed by 1, 0, 1 (2) and by 0, 0, 1 (1); a constant target by 0 and not."""
    made = numbers("r2", 1)

    def r2(outputs: list[float], targets: list[float]) -> float:
        return float(measured(made, *(np.array(v, np.float32)[:, None] for v in (outputs, targets)))["r2"])

    assert r2([2, 2, 2], [1, 2, 3]) == 0
    assert r2([1, 2, 4], [1, 2, 3]) == 0.5
    assert r2([5, 5, 5], [5, 5, 5]) == 1
    assert r2([5, 5, 6], [5, 5, 5]) == 0


def test_masks_overlap_cell_by_cell() -> None:
    """Two masks of three cells: 2 cells are in both, 4 in either."""
    outputs = np.array([[2, 1, -1], [1, -3, -1]], np.float32)
    targets = np.array([[1, 1, 1], [0, 0, 0]], np.float32)
    found = measured(numbers("iou, f1, precision, recall", 3, " -> sigmoid", "binary_cross_entropy"), outputs, targets)
    assert found["iou"] == 0.5
    assert found["precision"] == found["recall"] == found["f1"] == pytest.approx(2 / 3)


def test_f1_by_hand() -> None:
    """Class 0: 2 right of 3 said and 2 there; class 1: 1 of 1 and 2; class 2 neither there nor said; 3 said once."""
    said, targets = [0, 0, 0, 1, 3], np.array([0, 0, 1, 1, 2], np.int32)
    scores = np.eye(4, dtype=np.float32)[said]
    found = measured(several("f1, weighted = f1(average = weighted), iou"), scores, targets)
    assert found["f1"] == pytest.approx((4 / 5 + 2 / 3 + 0 + 0) / 4)
    assert found["weighted"] == pytest.approx((2 * 4 / 5 + 2 * 2 / 3 + 0) / 5)
    assert found["iou"] == pytest.approx((2 / 3 + 1 / 2 + 0 + 0) / 4)


def test_nothing_right_is_nothing() -> None:
    scores = np.eye(4, dtype=np.float32)[[1, 1, 1]]
    found = measured(several("precision, recall, f1, iou"), scores, np.array([2, 2, 2], np.int32))
    assert {found[name] for name in COUNTED} == {0.0}


def test_counts_stay_whole_where_float32_would_not() -> None:
    """2^24 + 1 isn't a float32; sums over batches are taken in float64."""
    made = several("f1, confusion, accuracy")
    counts = np.zeros((4, 4), np.int32)
    counts[1, 2] = 2**24
    one = {"loss": 0, "accuracy": 0, "f1": np.ones((3, 4), np.int32), "confusion": counts}
    more = {"loss": 0, "accuracy": 0, "f1": np.ones((3, 4), np.int32), "confusion": counts // 2**24}
    summed = made.total([one, more, one])
    assert made.summarize(summed, 1)["confusion"][1][2] == 2**25 + 1
