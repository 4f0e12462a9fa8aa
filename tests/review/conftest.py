"""A site that was recorded once, and branches with changes of its desired state."""

from collections.abc import Callable, Iterator
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
    with pytest.MonkeyPatch.context() as patch, Lab() as lab:
        repository = SiteRepository(tmp_path_factory.mktemp("review") / "site", patch)
        repository.configure_all(lab)
        repository.commit("base")
        lab.state.edit_guest(113, memory="16384")
        lab.state.set_node_online("r630-02", online=False)
        assert run(["run"]) == 3
        yield repository


@pytest.fixture
def site(recorded_site, monkeypatch) -> ReviewedSite:
    """The site, with main checked out."""
    root = recorded_site.root
    monkeypatch.chdir(root)
    recorded_site.git("checkout", "--quiet", "--force", "main")

    def change(edits: dict[str, object], *, base: str = "main") -> Review:
        recorded_site.git("checkout", "--quiet", "-B", "change", base)
        for name, content in edits.items():
            _edit(root / name, content)
        recorded_site.commit("change")
        recorded_site.git("checkout", "--quiet", "--force", "main")
        config = load_config(Path("config/reconciler.yaml"), settings())
        return review(config, "main", "change", Silent())

    return ReviewedSite(recorded_site, change)


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
