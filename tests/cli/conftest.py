"""The sites that commands run on."""

import subprocess
from collections.abc import Iterator

import pytest

from reconciler.lab import Lab
from tests.site_repository import SiteRepository


@pytest.fixture(scope="module")
def quiet_lab() -> Iterator[Lab]:
    """A lab for the tests of one file, which do not change it."""
    with Lab() as lab:
        yield lab


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A lab for one test, which may change it."""
    with Lab() as lab:
        yield lab


@pytest.fixture
def site(tmp_path, monkeypatch) -> SiteRepository:
    """A repository with the example's desired state of Proxmox VE; a test configures its sources."""
    repository = SiteRepository(tmp_path / "site", monkeypatch)
    repository.declare_example()
    return repository


@pytest.fixture
def pushed_site(lab, site, tmp_path) -> SiteRepository:
    """A site that reads the lab, whose runs are pushed to `remote.git` beside it."""
    site.configure(site.source(lab), history="{push: origin}")
    site.commit()
    init = ["git", "init", "--quiet", "--bare", "--initial-branch=main", "remote.git"]
    subprocess.run(init, cwd=tmp_path, check=True)
    site.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    site.git("push", "--quiet", "origin", "main")
    return site
