"""Publish what is recorded: no network, no secret."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.config.file import CapacitySettings, Config
from reconciler.config.repository import repository_root
from reconciler.errors import (
    Problem,
    PublishError,
)
from reconciler.kinds import SYSTEMS
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Site
from reconciler.site import KINDS as SITE_KINDS
from reconciler.site.site_model import SiteModel

if TYPE_CHECKING:
    from reconciler.publish.publish import Published


def publish_record(config: Config | None, directory: Path | None) -> "tuple[Published, Problem | None]":
    """Publish what is recorded: no network, no secret, and in a clone of the history no configuration.

    The problem, if there is one, is that the clone lacks the pulse: the tree is as old as the last commit.
    """
    from reconciler import record
    from reconciler.config.file import HistorySettings, PublishSettings

    if config is not None:
        root, history, target = config.root, config.settings.history, config.settings.publish
    else:
        root, history, target = repository_root(Path("here")), None, PublishSettings()
    repository = record.open_repository(root)
    if history is None:
        history = record.discover(repository) or HistorySettings(push="origin")
    recorded = record.read(repository, history, fetch=False)
    if recorded is None:
        what = f"nothing is recorded on {history.branch or 'the checked-out branch'} yet"
        raise PublishError(Problem(str(root), what, "run `reconciler run`, or git fetch the branch"))
    published = publish(recorded, directory or root / target.directory, target.keep)
    return published, record.without_pulse(repository, history)


def publish(recorded: Recorded, directory: Path, keep: int, since: datetime | None = None) -> "Published":
    """Publish a recorded run with the routes of every kind that this version knows.

    What others publish of a run after `since` stays.
    """
    from reconciler.publish import publish
    from reconciler.publish.view import view

    kinds = [*(kind for system in SYSTEMS.values() for kind in system.kinds), *SITE_KINDS]
    report = recorded.report
    site = Site(report.run, report.scopes, recorded.config, recorded.observed, recorded.as_of)
    documents = SiteModel(site, CapacitySettings()).documents()
    plurals = {kind.name: kind.plural for kind in kinds}
    return publish.publish(view(recorded, plurals, documents), directory, keep=keep, unless_after=since)
