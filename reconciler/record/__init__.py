"""The record: what runs write to git, and the only memory of later runs.

    repo = open_repository(root)
    previous = read(repo, settings)
    ...
    written = write(repo, settings, recorded, previous, markdown)

Everything here takes and returns values and bytes; only `command` starts git.
"""

from reconciler.record.as_of import (
    RUN_PREFIX,
    AsOf,
    OpenRecord,
    as_of,
    commit_of,
    load_at,
    open_record,
    run_commit,
    whole_run_id,
)
from reconciler.record.change import changed_at
from reconciler.record.command import Repository
from reconciler.record.commits import RecordCommit, log, subjects
from reconciler.record.committed_files import CommittedFile, CommittedFolder, committed_folder, contents
from reconciler.record.discovery import discover
from reconciler.record.layout import live_path
from reconciler.record.reading import read, read_run, without_pulse
from reconciler.record.repository import desired_identity, open_repository, read_committed
from reconciler.record.run_reports import own_report, parse_own_report, reports_of, waiting_commits
from reconciler.record.slices import row, rows_with
from reconciler.record.timeline import (
    UNREADABLE,
    RowVersions,
    Step,
    Timeline,
    row_versions,
    timeline,
    whole_file,
)
from reconciler.record.trusted import KindOf
from reconciler.record.went_back import went_back
from reconciler.record.writing import Reason, Written, check, write

__all__ = [
    "RUN_PREFIX",
    "UNREADABLE",
    "AsOf",
    "CommittedFile",
    "CommittedFolder",
    "KindOf",
    "OpenRecord",
    "Reason",
    "RecordCommit",
    "Repository",
    "RowVersions",
    "Step",
    "Timeline",
    "Written",
    "as_of",
    "changed_at",
    "check",
    "commit_of",
    "committed_folder",
    "contents",
    "desired_identity",
    "discover",
    "live_path",
    "load_at",
    "log",
    "open_record",
    "open_repository",
    "own_report",
    "parse_own_report",
    "read",
    "read_committed",
    "read_run",
    "reports_of",
    "row",
    "row_versions",
    "rows_with",
    "run_commit",
    "subjects",
    "timeline",
    "waiting_commits",
    "went_back",
    "whole_file",
    "whole_run_id",
    "without_pulse",
    "write",
]
