"""Publish the last recorded run: no secret, and no network but for a fetch that is asked for."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.collectors.ignored_fields import unseen_keys
from reconciler.config import places
from reconciler.config.file import Config
from reconciler.config.repository import repository_root
from reconciler.config.settings import CapacitySettings
from reconciler.errors import (
    Problem,
    PublishError,
    UsageError,
)
from reconciler.kinds import SYSTEMS, kind_finder
from reconciler.model.recorded import Recorded
from reconciler.site import KINDS as SITE_KINDS
from reconciler.site.site_model import SiteModel

if TYPE_CHECKING:
    from reconciler.publish.publish import Published
    from reconciler.publish.view import View


def publish_record(
    config: Config | None, directory: Path | None, *, fetch: bool = False, resume: bool = False
) -> "tuple[Published, list[Problem]]":
    """Publish the last recorded run; in a clone of only the history, without a configuration.

    `fetch`: the history and the pulse of the remote first; the network is used for nothing else.
    Returns also what of the record could not be read, and the problem of a clone without the pulse: its tree
    is only as recent as the last commit. `resume` ends the hold of a rollback.
    """
    from reconciler import record
    from reconciler.config.settings import HistorySettings, PublishSettings

    if directory is not None:
        _refuse_kept(directory, config)
    if config is not None:
        root, history, target = config.root, config.settings.history, config.settings.publish
        secrets = config.secret_variables
    else:
        root, history, target = repository_root(Path("here")), None, PublishSettings()
        secrets = frozenset()
    repository = record.open_repository(root, secrets=secrets)
    if history is None:
        history = record.discover(repository) or HistorySettings(push="origin")
    if fetch:
        record.fetch(repository, history)
    recorded = record.read(repository, history, kind_finder(config), fetch=False)
    if recorded is None:
        what = f"nothing is recorded on {history.branch or 'the checked-out branch'} yet"
        raise PublishError(Problem(str(root), what, "run `reconciler run`, or git fetch the branch"))
    recorded = replace(recorded, past=record.read_past(repository, history))
    where = directory or root / target.directory
    published = publish(recorded, where, target.keep, reread=True, resume=resume)
    lacking = record.without_pulse(repository, history)
    return published, [*recorded.problems, *recorded.past.problems, *([lacking] if lacking else [])]


def _refuse_kept(directory: Path, config: Config | None) -> None:
    """Refuse a folder of the command line that the configuration could not name either."""
    root = config.root if config else repository_root(Path("here"))
    others = places.kept(config.settings, config.file, config.root) if config else {}
    why = places.why_not(directory.absolute(), root, others)
    if why is not None:
        raise UsageError(Problem(str(directory), why, "choose another --directory"))


def publish(
    recorded: Recorded,
    directory: Path,
    keep: int,
    since: datetime | None = None,
    model: SiteModel | None = None,
    *,
    reread: bool = False,
    resume: bool = False,
) -> "Published":
    """Publish a recorded run, with the routes of every kind that this version knows.

    A release of a run after `since` stays. `model` is the run's site model, where it is built already.
    `reread` finds damage in compressed copies too; `resume` ends the hold of a rollback.
    """
    from reconciler.publish.documents.validation import problems_of
    from reconciler.publish.publish import Terms
    from reconciler.publish.publish import publish as put

    now = datetime.now(UTC)
    terms = Terms(keep=keep, unless_after=since, now=now, reread=reread, resume=resume, validate=problems_of)
    return put(view_of(recorded, model), directory, terms)


def view_of(recorded: Recorded, model: SiteModel | None = None) -> "View":
    """Return a recorded run as documents see it."""
    from reconciler.jobs.fix import fixes_of
    from reconciler.publish.view import view

    live = recorded.inventory.without(recorded.inventory.retired)
    model = model or SiteModel(live, CapacitySettings())  # no document depends on the settings
    kinds = [*(kind for system in SYSTEMS.values() for kind in system.kinds), *SITE_KINDS]
    plurals = {kind.name: kind.plural for kind in kinds}
    named = {kind.name: kind for kind in kinds}
    return view(
        recorded,
        plurals,
        model.documents(),
        fixes_of(recorded),
        kind_of=lambda _source, kind: named.get(kind),
        not_read={name: found for name in SYSTEMS if (found := unseen_keys(name))},
    )
