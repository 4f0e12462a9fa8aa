"""The record: what runs write to git, and the only memory of later runs.

    repo = open_repository(root)
    previous = read(repo, settings)
    ...
    written = write(repo, settings, recorded, previous, markdown)

Everything here takes and returns values and bytes; only `command` starts git.
"""

from reconciler.record.alarm_keeping import keep as keep_alarm_states
from reconciler.record.alarm_states import States
from reconciler.record.alarm_states import read as read_alarm_states
from reconciler.record.blame import LineCommit, line_commits
from reconciler.record.change import changed_at, moved_keys
from reconciler.record.command import Repository
from reconciler.record.commit_time import commit_time
from reconciler.record.days import read_runs
from reconciler.record.discovery import discover
from reconciler.record.fetching import fetch
from reconciler.record.filters import filtered
from reconciler.record.one_run import read_run
from reconciler.record.past import read_past
from reconciler.record.plan import Reason
from reconciler.record.reading import read, without_pulse
from reconciler.record.repository import desired_identity, open_repository, read_committed, unsaved
from reconciler.record.went_back import went_back
from reconciler.record.writing import Written, check, write

__all__ = [
    "LineCommit",
    "Reason",
    "Repository",
    "States",
    "Written",
    "changed_at",
    "check",
    "commit_time",
    "desired_identity",
    "discover",
    "fetch",
    "filtered",
    "keep_alarm_states",
    "line_commits",
    "moved_keys",
    "open_repository",
    "read",
    "read_alarm_states",
    "read_committed",
    "read_past",
    "read_run",
    "read_runs",
    "unsaved",
    "went_back",
    "without_pulse",
    "write",
]
