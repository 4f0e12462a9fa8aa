"""Fixtures that several parts share."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile(
    "shared", deadline=None
)  # other jobs share these cores; each test has its time limit
settings.load_profile("shared")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A scratch folder that every user may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Whoever runs the tests, inside this block it is somebody for whom the modes of files count."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
