"""A site that was recorded once, and branches with changes of its desired state."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from reconciler.cli.main import run
from reconciler.config.file import load_config
from reconciler.jobs.review import review
from reconciler.kinds import settings
from reconciler.lab import Lab
from reconciler.model.progress import Silent
from reconciler.review.answer import Review
from tests.site_repository import SiteRepository


class ReviewedSite(NamedTuple):
    """The repository, and a function that reviews one change of it."""

    repository: SiteRepository
    change: Callable[..., Review]
    """Applies edits (file → new content, or a function of the old one; None removes it) on a branch."""


@pytest.fixture(scope="module")
def recorded_site(tmp_path_factory) -> Iterator[SiteRepository]:
    with _recorded(tmp_path_factory.mktemp("review") / "site", "r630-02") as repository:
        yield repository


@pytest.fixture(scope="module")
def completely_recorded_site(tmp_path_factory) -> Iterator[SiteRepository]:
    with _recorded(tmp_path_factory.mktemp("review") / "complete") as repository:
        yield repository


@contextmanager
def _recorded(root: Path, *offline: str) -> Iterator[SiteRepository]:
    """A site that drifted, and of which these nodes were offline as it was recorded."""
    with pytest.MonkeyPatch.context() as patch, Lab() as lab:
        repository = SiteRepository(root, patch)
        repository.configure_all(lab)
        repository.commit("base")
        lab.state.edit_guest(113, memory="16384")
        for node in offline:
            lab.state.set_node_online(node, online=False)
        assert run(["run"]) == (3 if offline else 2)
        yield repository


@pytest.fixture
def site(recorded_site, monkeypatch) -> ReviewedSite:
    """The site of which a node is offline, with main checked out."""
    return _reviewed(recorded_site, monkeypatch)


@pytest.fixture
def complete_site(completely_recorded_site, monkeypatch) -> ReviewedSite:
    """The site of which everything was read, with main checked out."""
    return _reviewed(completely_recorded_site, monkeypatch)


def _reviewed(repository: SiteRepository, monkeypatch: pytest.MonkeyPatch) -> ReviewedSite:
    root = repository.root
    monkeypatch.chdir(root)
    repository.git("checkout", "--quiet", "--force", "main")

    def change(edits: dict[str, object], *, base: str = "main") -> Review:
        repository.git("checkout", "--quiet", "-B", "change", base)
        for name, content in edits.items():
            _edit(root / name, content)
        repository.commit("change")
        repository.git("checkout", "--quiet", "--force", "main")
        config = load_config(Path("config/reconciler.yaml"), settings())
        return review(config, "main", "change", Silent())

    return ReviewedSite(repository, change)


def _edit(path: Path, content: object) -> None:
    if content is None:
        path.unlink()
    elif isinstance(content, Path):
        path.unlink(missing_ok=True)
        path.symlink_to(content)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content(path.read_text()) if callable(content) else content
        path.write_bytes(text if isinstance(text, bytes) else str(text).encode())
