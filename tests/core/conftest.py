"""A journal to damage."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.records import files
from tests.core.damage import Sample, sample
from tests.core.made import CATALOGUE


@pytest.fixture(scope="session")
def journaled(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    made = sample(tmp_path_factory.mktemp("sample"))
    assert len(files(made.folder)) > 2
    return made


@pytest.fixture
def copied(journaled: Sample, tmp_path: Path) -> Callable[[], Sample]:
    """Copies of the journal, one at a time."""

    def copy() -> Sample:
        folder = tmp_path / CATALOGUE.source
        shutil.rmtree(folder, ignore_errors=True)
        return replace(journaled, folder=Path(shutil.copytree(journaled.folder, folder)))

    return copy
