from collections.abc import Iterator

import pytest

from reconciler.lab import Lab


@pytest.fixture(scope="module")
def running_lab() -> Iterator[Lab]:
    """One lab per module: starting it costs a certificate."""
    with Lab() as lab:
        yield lab


@pytest.fixture
def lab(running_lab: Lab) -> Lab:
    """A healthy lab; for tests that do not change its state."""
    running_lab.faults.clear()
    running_lab.quirks.calm()
    return running_lab


@pytest.fixture
def own_lab() -> Iterator[Lab]:
    """A lab for a test that changes the site."""
    with Lab() as lab:
        yield lab
