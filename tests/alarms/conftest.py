from collections.abc import Iterator

import pytest

from reconciler.lab import Lab
from tests.alarms.receivers import HttpReceiver, http_receiver
from tests.site_repository import SiteRepository


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


@pytest.fixture
def site(tmp_path, monkeypatch) -> SiteRepository:
    repository = SiteRepository(tmp_path / "site", monkeypatch)
    repository.declare_example()
    return repository


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as found:
        yield found
