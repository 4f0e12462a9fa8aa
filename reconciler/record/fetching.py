"""Bring a clone up to date that only reads, such as that of a web host."""

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem, RecordError
from reconciler.record import history
from reconciler.record.command import Repository
from reconciler.record.writing import collect_garbage


def fetch(repo: Repository, settings: HistorySettings) -> None:
    """Fetch history and pulse from their remote; nothing is ever sent.

    Old pulses are removed later, as git does after a commit: each fetch brings one, and no command of git's
    own runs in such a clone. Raises `RecordError` if there is no remote, or it cannot be reached.
    """
    place = history.locate(repo, settings, reading=True)
    if place.remote is None:
        what = "is not set, so there is no remote to fetch from"
        raise RecordError(Problem("history.push", what, "set it to origin, or leave out --fetch"))
    history.fetch(repo, place)
    collect_garbage(repo)
