"""Runs that several tests look at: trained once a worker."""

from pathlib import Path

import pytest

from archc.train.driver import Result, fit
from tests.train import logistic


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A run of five epochs that is over."""
    runs = tmp_path_factory.mktemp("runs")
    return train(runs)


def train(runs: Path, **options: object) -> Result:
    """Trains the tiny program in the next free folder; `options` are those of `fit`."""
    given = {"program_text": logistic.program_text(), "arch_text": logistic.ARCH_TEXT, "table": logistic.table()}
    return fit(logistic.module(), runs=runs, **{**given, **options})  # type: ignore[arg-type]
