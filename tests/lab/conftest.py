"""A running lab, fresh for each test."""

from collections.abc import Iterator

import pytest

from reconciler.lab import Lab
from tests.lab.client import Client, connect


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab() as running:
        yield running


@pytest.fixture
def auditor(lab: Lab) -> Iterator[Client]:
    with connect(lab) as client:
        yield client
