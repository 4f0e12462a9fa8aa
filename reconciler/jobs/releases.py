"""Care for published releases: mark stale data, roll back, check; no git, no network."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.config.file import Config
from reconciler.config.repository import repository_root
from reconciler.config.settings import PublishSettings

if TYPE_CHECKING:
    from reconciler.publish.check import Checked
    from reconciler.publish.mark_stale import Marked
    from reconciler.publish.rollback import RolledBack


def publish_folder(config: Config | None) -> Path:
    """Return the folder of releases; without a configuration, that of a clone of only the history."""
    if config is not None:
        return config.publish_directory
    return repository_root(Path("here")) / PublishSettings().directory


def mark_stale(directory: Path) -> "Marked":
    """Mark in the served release what is out of date by the clock of this machine."""
    from reconciler.publish import mark_stale

    return mark_stale.mark_stale(directory, datetime.now(UTC))


def roll_back(directory: Path, to: str | None, *, hold: bool) -> "RolledBack":
    """Serve a release again; with `hold`, publish nothing new until that is ended."""
    from reconciler.publish import rollback

    return rollback.roll_back(directory, to, hold=datetime.now(UTC) if hold else None)


def check(directory: Path) -> "Checked":
    """Check every file of the served release."""
    from reconciler.publish import check

    return check.check(directory)
