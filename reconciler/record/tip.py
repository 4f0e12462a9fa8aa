"""The tip that the next commit is made for: its files, and the facts that decide what to write."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.key import Key
from reconciler.model.ledger import Ledger, LedgerEntry
from reconciler.record import layout, parsing
from reconciler.record.change import state
from reconciler.record.command import GitError, Repository
from reconciler.record.damage import explained
from reconciler.record.history import RecordPlace
from reconciler.record.last_good import Files
from reconciler.record.objects import TreeEntry, list_tree, read_blobs

_FILES = frozenset({"100644", "100755"})


@dataclass(frozen=True, slots=True)
class Tip:
    """The facts about a tip that the next commit depends on."""

    commit: str | None
    blobs: Mapping[str, str]
    """Path in the layout → blob id."""
    facts: parsing.RunFacts | None
    state: object
    """None where a file cannot be parsed, so that a run writes it again."""

    @property
    def digest(self) -> str:
        """The digest of its `latest/`."""
        return layout.digest(self.blobs)


def files(repo: Repository, place: RecordPlace, commit: str, below: str = "") -> dict[str, str]:
    """Return the files of the record in a commit, all or those in a folder: path in the layout → blob id."""
    prefix = place.path("")
    entries = list_tree(repo, commit, f"{prefix}{below}")
    return {path.removeprefix(prefix): _id(entry) for path, entry in entries.items()}


def _id(entry: TreeEntry) -> str:
    """Return the id of a file; of a symbolic link or a submodule in its place a name that no file has."""
    return entry.id if entry.mode in _FILES else f"{entry.mode}:{entry.id}"


def read_ledger(read: Files, facts: parsing.RunFacts) -> Ledger:
    """Return the lives of findings; none of a record by an older version, which has no ledger."""
    if facts.live is None and layout.LEDGER not in read.blobs:
        return {}
    return read.parse_or_leave(layout.LEDGER, parsing.parse_ledger, dict[str, LedgerEntry]())


def read_tip(repo: Repository, place: RecordPlace, commit: str | None) -> Tip:
    """Return the facts about a commit; raises `RecordError` if its record cannot be read."""
    names = (layout.RUN, layout.REPORT, layout.CHANGED, layout.LEDGER)
    try:
        blobs = files(repo, place, commit) if commit else {}
        if not any(path.startswith(layout.LATEST) for path in blobs):
            return Tip(commit, blobs, None, None)
        contents = dict(
            zip(names, read_blobs(repo, [blobs.get(name, "missing") for name in names]), strict=True)
        )
    except GitError as error:
        raise explained(repo, place.remote, error) from error
    read = Files(repo, place, str(commit), blobs, contents)
    facts = read.parse(layout.RUN, parsing.parse_run)
    report = read.parse(layout.REPORT, lambda path, data: parsing.parse_drift(path, data, facts))
    read.parse_or_leave(layout.CHANGED, parsing.parse_changed, dict[Key, datetime]())
    read_ledger(read, facts)
    return Tip(commit, blobs, facts, None if read.problems else state(report))
