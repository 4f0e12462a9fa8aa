"""The tip that the next commit is made for: its files, and the facts that decide what to write."""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.errors import RecordError
from reconciler.record import damage, layout
from reconciler.record.change import state
from reconciler.record.command import GitError, Repository
from reconciler.record.damage import explained
from reconciler.record.history import RecordPlace
from reconciler.record.objects import list_tree, read_blobs


@dataclass(frozen=True, slots=True)
class Tip:
    """The facts about a tip that the next commit depends on."""

    commit: str | None
    blobs: Mapping[str, str]
    """Path in the layout → blob id."""
    facts: layout.RunFacts | None
    state: object

    @property
    def digest(self) -> str:
        """The digest of its `latest/`."""
        return layout.digest(self.blobs)


def files(repo: Repository, place: RecordPlace, commit: str, below: str = "") -> dict[str, str]:
    """Return the files of the record in a commit, all or those in a folder: path in the layout → blob id."""
    prefix = place.path("")
    entries = list_tree(repo, commit, f"{prefix}{below}")
    return {path.removeprefix(prefix): entry.id for path, entry in entries.items()}


def read_tip(repo: Repository, place: RecordPlace, commit: str | None) -> Tip:
    """Return the facts about a commit; raises `RecordError` if its record cannot be read."""
    names = (layout.RUN, layout.REPORT)
    try:
        blobs = files(repo, place, commit) if commit else {}
        if layout.RUN not in blobs:
            return Tip(commit, blobs, None, None)
        contents = dict(
            zip(names, read_blobs(repo, [blobs.get(name, "missing") for name in names]), strict=True)
        )
    except GitError as error:
        raise explained(repo, place.remote, error) from error
    try:
        facts = layout.parse_run(layout.RUN, contents[layout.RUN])
        report = layout.parse_drift(layout.REPORT, contents[layout.REPORT], facts)
    except ValueError as error:
        raise unreadable(repo, place, str(commit), str(error), blobs, contents) from error
    return Tip(commit, blobs, facts, state(report))


def unreadable(
    repo: Repository,
    place: RecordPlace,
    commit: str,
    what: str,
    blobs: Mapping[str, str],
    contents: Mapping[str, bytes | None],
) -> RecordError:
    """Return the error for a file of a commit that cannot be parsed; `what` begins with its path."""
    path = what.partition(": ")[0]
    stored = blobs.get(path), contents.get(path)
    name = f"{place.branch} at {commit[:12]}"
    return damage.unreadable(repo, place.remote, name, place.path(what), stored)
