"""The whole site: Proxmox VE, UniFi and the proxy manager, with all that is declared of them."""

from collections.abc import Iterator

import pytest

from reconciler.lab import Lab
from tests.site_repository import SiteRepository


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A lab whose Proxmox VE answers at one address."""
    with Lab(hosts=1) as lab:
        yield lab


@pytest.fixture
def site(tmp_path, monkeypatch, lab) -> SiteRepository:
    """A repository that reads and declares all three systems."""
    repository = SiteRepository(tmp_path / "site", monkeypatch)
    repository.configure_all(lab)
    repository.commit()
    return repository
