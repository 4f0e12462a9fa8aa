"""Questions to the record: reading all of its history, or one commit of it. Nothing here writes.

A module of its own, so that a run does not import it.
"""

from reconciler.model.kind import KindOf
from reconciler.record.as_of import (
    RUN_PREFIX,
    AsOf,
    OpenRecord,
    as_of,
    commit_of,
    load_at,
    open_record,
    run_commit,
    run_with_rows,
    whole_run_id,
)
from reconciler.record.commits import RecordCommit, log, subjects
from reconciler.record.committed_files import (
    CommittedFile,
    CommittedFolder,
    committed_file,
    committed_folder,
    contents,
)
from reconciler.record.layout import live_path
from reconciler.record.merging import MergedTree, fork_point, merged_tree
from reconciler.record.remote import fetch_pull_request
from reconciler.record.run_reports import own_report, parse_own_report, reports_of, waiting_commits
from reconciler.record.slices import row, rows_with
from reconciler.record.timeline import RowVersions, Step, Timeline, row_versions, timeline, whole_file

__all__ = [
    "RUN_PREFIX",
    "AsOf",
    "CommittedFile",
    "CommittedFolder",
    "KindOf",
    "MergedTree",
    "OpenRecord",
    "RecordCommit",
    "RowVersions",
    "Step",
    "Timeline",
    "as_of",
    "commit_of",
    "committed_file",
    "committed_folder",
    "contents",
    "fetch_pull_request",
    "fork_point",
    "live_path",
    "load_at",
    "log",
    "merged_tree",
    "open_record",
    "own_report",
    "parse_own_report",
    "reports_of",
    "row",
    "row_versions",
    "rows_with",
    "run_commit",
    "run_with_rows",
    "subjects",
    "timeline",
    "waiting_commits",
    "whole_file",
    "whole_run_id",
]
