"""What holds for every test."""

import pytest
from hypothesis import settings

from tests.left_open import LeftOpen

settings.register_profile(
    "shared", deadline=None
)  # other jobs share these cores; each test has its time limit
settings.load_profile("shared")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(LeftOpen())
