"""The record: what runs write to git, and the only memory of later runs.

    repo = open_repository(root)
    previous = read(repo, settings)
    ...
    written = write(repo, settings, recorded, previous, markdown)

Everything here takes and returns values and bytes; only `command` starts git.
"""

from reconciler.record.blame import LineCommit, line_commits
from reconciler.record.change import changed_at
from reconciler.record.command import Repository
from reconciler.record.discovery import discover
from reconciler.record.reading import read, read_run, without_pulse
from reconciler.record.repository import desired_identity, open_repository, read_committed
from reconciler.record.went_back import went_back
from reconciler.record.writing import Reason, Written, check, write

__all__ = [
    "LineCommit",
    "Reason",
    "Repository",
    "Written",
    "changed_at",
    "check",
    "desired_identity",
    "discover",
    "line_commits",
    "open_repository",
    "read",
    "read_committed",
    "read_run",
    "went_back",
    "without_pulse",
    "write",
]
