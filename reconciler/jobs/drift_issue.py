"""Keep the issue of the code host that lists what is open, after a run; it never fails the run."""

from collections.abc import Mapping

from reconciler.alarms.issue import keep_issue
from reconciler.alarms.situation import Situation
from reconciler.config.file import Config
from reconciler.errors import Problem, ReconcilerError
from reconciler.jobs.comment import connect


def keep(
    config: Config, environment: Mapping[str, str], now: Situation, link: str | None
) -> tuple[Problem, ...]:
    """Make the issue show what is open now, where one is configured; return what went wrong."""
    title = config.settings.gitea.issue
    if title is None:
        return ()
    try:
        with connect(config, environment) as gitea:
            keep_issue(gitea, title, config.settings.site, now, "warning", link)
    except ReconcilerError as error:
        return tuple(error.problems)
    return ()
