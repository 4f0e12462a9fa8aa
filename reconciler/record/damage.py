"""Damage: objects, refs or files of git that a disk lost or a crash tore, told apart from what people wrote.

A record that a person edited wrongly is put right by reverting that commit; a clone whose objects are gone is
not. What git read is checked against its id only when something is wrong with it.
"""

import re
from collections.abc import Sequence

from reconciler.errors import Problem, RecordError, RemoteError
from reconciler.record.command import GitError, Repository
from reconciler.record.objects import blob_id, read_blobs

_DAMAGE = re.compile(
    r"^(?:fatal|error):.*(?:bad object|bad tree|bad ref|corrupt|object file .* is empty|inflate|hash mismatch"
    r"|not a (?:tree|commit|blob)|could not read [0-9a-f]{40}|unable to (?:read|stream|parse)"
    r"|missing (?:blob|tree|commit|object|necessary)|invalid (?:object|sha1 pointer)|failed to read object"
    r"|not a valid object|unexpected line in .*packed-refs|packfile .*(?:cannot be|does not|is )"
    r"|did not send all necessary objects|unable to unpack|loose object)",
    re.IGNORECASE | re.MULTILINE,
)
_UPGRADE = "upgrade reconciler here, or move that branch aside to start a new history"
_REVERT = "revert the commit that changed it, or move that branch aside to start a new history"


class DamagedError(RecordError):
    """Objects or refs of this clone are damaged."""


def is_damage(error: GitError) -> bool:
    """Return whether git failed because something in this clone is damaged."""
    return not error.problems[0].remedy and _DAMAGE.search(error.text) is not None


def damaged(repo: Repository, remote: str | None, what: str) -> DamagedError:
    """Return the error for a damaged clone; `what` is the first thing that is wrong."""
    if remote:
        remedy = f"clone the repository again from {remote}: everything that was pushed is there"
    else:
        remedy = "restore it from a backup; `git fsck` lists what is wrong"
    return DamagedError(Problem(str(repo.common_dir), f"is damaged: {what}", remedy))


def explained(repo: Repository, remote: str | None, error: GitError) -> RecordError:
    """Return the error for a git command that could not read what it must be able to read."""
    if "promisor remote" in error.text:
        what = f"cannot be reached, and this clone was made with --filter: {error.problems[0].what}"
        remedy = "check the network and the credentials, or clone without --filter"
        return RemoteError(Problem(remote or "origin", what, remedy))
    return damaged(repo, remote, error.problems[0].what) if is_damage(error) else error


def unreadable(
    repo: Repository, remote: str | None, name: str, what: str, stored: tuple[str | None, bytes | None]
) -> RecordError:
    """Return the error for a record that does not have the form in which we write it.

    `name`: the branch and commit; `stored`: the id of the file that is wrong, and its content.
    """
    identity, data = stored
    if identity is not None and (data is None or blob_id(repo, data) != identity):
        return damaged(repo, remote, f"{name}: {what}")
    remedy = _UPGRADE if "schema_version" in what else _REVERT
    return RecordError(Problem(name, what, remedy))


def drop_damaged(repo: Repository, ids: Sequence[str]) -> None:
    """Remove the files of damaged objects that a run makes again: git would take them for what they were."""
    if _is_intact(repo, ids):
        return
    for identity in ids:
        if not _is_intact(repo, [identity]):
            drop(repo, identity)


def drop(repo: Repository, identity: str) -> None:
    """Remove the file of an object, so that git takes it for one that is not here."""
    (repo.common_dir / "objects" / identity[:2] / identity[2:]).unlink(missing_ok=True)


def _is_intact(repo: Repository, ids: Sequence[str]) -> bool:
    try:
        contents = read_blobs(repo, ids)
    except GitError:
        return False
    return all(
        data is not None and blob_id(repo, data) == identity
        for identity, data in zip(ids, contents, strict=True)
    )
