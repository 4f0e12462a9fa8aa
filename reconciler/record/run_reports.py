"""The reports of many runs, with one process for all of them."""

from collections.abc import Iterator, Sequence

from reconciler import files
from reconciler.model.findings import DriftReport
from reconciler.model.report_document import parse_report
from reconciler.record import layout, waiting
from reconciler.record.as_of import OpenRecord
from reconciler.record.blobs import each_blob
from reconciler.record.command import GitError
from reconciler.record.commits import RecordCommit


def reports_of(
    opened: OpenRecord, commits: Sequence[RecordCommit]
) -> Iterator[tuple[RecordCommit, bytes | None]]:
    """Yield the report in the record of each commit; None where it cannot be read.

    In that of a heartbeat is the report of the run before it, and in that of a run which a newer one
    superseded, the report of the newer one.
    """
    names = {f"{commit.id}:{opened.place.path(layout.REPORT)}": commit for commit in commits}
    for name, data in each_blob(opened.repo, names):
        yield names[name], data


def own_report(opened: OpenRecord, commit: RecordCommit) -> bytes | None:
    """Return the report in the folder of a run; None where it cannot be read."""
    if commit.run is None:
        return None
    path = opened.place.path(f"{layout.run_folder(commit.run)}drift.json")
    return dict(each_blob(opened.repo, [f"{commit.id}:{path}"])).get(f"{commit.id}:{path}")


def parse_own_report(opened: OpenRecord, commit: RecordCommit) -> DriftReport | None:
    """Return the report in the folder of a run; None where it cannot be read, or is of another version."""
    try:
        data = own_report(opened, commit)
        return None if data is None else parse_report(files.parse_json(data))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def waiting_commits(opened: OpenRecord) -> list[str]:
    """Return the commits that wait in this clone until they can be pushed."""
    try:
        return waiting.commits(opened.repo, opened.seen)
    except GitError:
        return []
