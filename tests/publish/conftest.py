"""The published lab, once for all tests of this folder."""

import pytest

from tests.publish import sites


@pytest.fixture(scope="session")
def lab_site():
    return sites.lab()


@pytest.fixture(scope="session")
def lab_tree():
    return sites.lab_tree()


@pytest.fixture(params=["lab", *sites.NAMES])
def any_tree(request):
    """The documents of each site."""
    return sites.lab_tree() if request.param == "lab" else sites.tree(request.param)
