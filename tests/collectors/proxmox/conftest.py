from collections.abc import Iterator

import pytest

from reconciler.lab import Lab
from reconciler.model.recorded import Recorded
from tests.collectors.one_cause import LabSource
from tests.collectors.proxmox.lab_site import config, read


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


@pytest.fixture(scope="module")
def source() -> Iterator[LabSource]:
    """The example's cluster, to change by a single setting."""
    with Lab(hosts=1) as lab:
        yield LabSource(lab, config(lab), lambda expected: read(lab, expected=expected))


@pytest.fixture(scope="module")
def before(source: LabSource) -> Recorded:
    """The record of it as it is declared."""
    found = source.run()
    assert found.report.summary.drifted is False
    return found
