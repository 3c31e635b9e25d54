"""What is profiled are the operations that users have, though tests are compiled in haste."""

from collections.abc import Iterator
from functools import partialmethod

import jax
import pytest


@pytest.fixture(scope="package", autouse=True)
def operations_of_users() -> Iterator[None]:
    """Without these emitters XLA fuses otherwise."""
    compile = partialmethod(jax.stages.Lowered.compile, {"xla_cpu_use_fusion_emitters": True})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jax.stages.Lowered, "compile", compile)
        yield
