"""Kernels that do the job of others on a CPU stand in the text where they are told of, and nowhere else."""

import pytest

from archc.ops.form import Target
from archc.program import emit
from archc.program.explanation import choices
from archc.program.lowering import Lowering
from archc.program.siblings import SIBLINGS
from tests.models import module_of

VOLUMES = "model Net {\n input scan[6, 6, 6, 2]\n conv(4, 3x3x3) -> batch_norm -> relu\n global_avg_pool -> dense(2)\n}"
DILATED = VOLUMES.replace("3x3x3", "3x3x3, dilation = 2")
FROZEN = "model Net {\n input image[6, 6, 2]\n conv(4, 3x3) -> batch_norm(frozen = true)\n flatten -> dense(2)\n}"


@pytest.mark.parametrize("text", [VOLUMES, DILATED, FROZEN])
@pytest.mark.parametrize(
    "lowering", [Lowering(), Lowering(plain=True), Lowering("gpu")], ids=["by the rules", "plain", "gpu"]
)
def test_what_is_told_is_what_the_program_has(text: str, lowering: Lowering) -> None:
    module = module_of(text)
    program = emit(module, lowering.target, plain=lowering.plain)
    told = {each.topic: each for each in choices(module, lowering)}
    targets: tuple[Target, ...] = ("cpu", "gpu")
    for sibling in (each for target in targets for each in SIBLINGS[target]):
        has = "as a product with ones" in program if sibling.job == "standardized" else "plane by plane" in program
        assert has == (sibling.topic in told)
        if has:
            assert told[sibling.topic].where in ("conv1", "batch_norm1")
            assert told[sibling.topic].chosen == sibling.chosen


def test_volumes_have_both_and_what_is_frozen_has_none() -> None:
    kinds = {sibling.topic for sibling in SIBLINGS["cpu"]}
    topics = {text: {each.topic for each in choices(module_of(text), Lowering())} & kinds for text in (VOLUMES, FROZEN)}
    assert topics == {VOLUMES: kinds, FROZEN: set()}
