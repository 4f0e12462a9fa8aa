"""A code host for each test, and one site for each module."""

import pytest

from reconciler.lab import Lab
from tests.workflows.forge import forge_at


@pytest.fixture
def forge(tmp_path):
    with Lab() as lab, forge_at(tmp_path, lab) as forge:
        yield forge
