"""Fixtures that several parts share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile(
    "shared", deadline=None
)  # other jobs share these cores; each test has its time limit
settings.load_profile("shared")


@pytest.fixture(scope="session")
def contracts() -> Path:
    """The folder of published API schemas, which is not part of this repository; tests skip without it."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "contracts"
    folder = Path(os.environ.get("RECONCILER_CONTRACTS", beside))
    if not (folder / "pve").is_dir():
        pytest.skip("no API schemas here: set RECONCILER_CONTRACTS to the contracts folder")
    return folder
