"""record → releases/<run id>/ → current: the tree that a web server serves, made of nothing but the record.

No network, no secret, and no clock in the content: a clone of the history branch gives the same bytes as the
run itself did.
"""

import errno
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reconciler.errors import Problem, PublishError
from reconciler.files import parse_json
from reconciler.model.progress import Progress, Silent
from reconciler.publish import entries, release
from reconciler.publish.content import files_of
from reconciler.publish.documents.form import PublishedFile
from reconciler.publish.tree import ReleaseTree
from reconciler.publish.view import View

_EVERY = 250
_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free some space"),
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR),
        "let this user write there, or change publish.directory",
    ),
    **dict.fromkeys((errno.EEXIST, errno.EISDIR, errno.ELOOP), "move it away, or change publish.directory"),
}


@dataclass(frozen=True, slots=True)
class Published:
    """The result of a publish."""

    release: Path
    current: Path
    """The symbolic link that web servers serve."""
    documents: int
    written: int
    """Documents that are new or changed; 0 when this run was published already."""
    linked: int
    """Documents shared with the release before."""
    bytes: int
    """Bytes written, compressed twins included."""
    problems: tuple[Problem, ...] = ()
    """Those of the documents that could not be made: they are left out, or stay as in the release before."""


def publish(
    view: View,
    directory: Path,
    *,
    keep: int = 10,
    unless_after: datetime | None = None,
    wait: float = 60.0,
    progress: Progress | None = None,
) -> Published:
    """Publish the view of a recorded run below `directory` and switch to it.

    `keep` counts releases (at least 1); `wait` is how many seconds another publisher may take. When a run
    after the moment `unless_after` is served by then, another job was quicker, and its release stays. Raises
    `PublishError`; the tree that was served before is then still served, unless the message states that the
    new one is.
    """
    progress = progress or Silent()
    directory = directory.absolute()
    try:
        releases = release.prepare(directory)
        with release.locked(directory, wait):
            served = release.current(directory)
            if served and _is_newer(directory, served, view, unless_after):
                return Published(releases / served, directory / release.CURRENT, 0, 0, 0, 0)
            with suppress(OSError):  # tried again, and reported, when the new tree is served
                release.sweep(releases)
            published = _release(view, directory, progress)
            _prune(published, releases, keep, progress)
    except OSError as error:
        raise _failure(directory, error, _state(release.current(directory))) from error
    return published


def _is_newer(directory: Path, served: str, view: View, unless_after: datetime | None) -> bool:
    """Return whether what is served is of a later run: by the serials of one history, else by clocks.

    While a run waits to be pushed, its serial is not that of the history.
    """
    if unless_after is None:
        return False
    theirs, ours = release.served_position(directory), view.recorded.position
    comparable = theirs and ours and theirs.pushed and ours.pushed and theirs.lineage == ours.lineage
    if theirs and ours and comparable and theirs.serial != ours.serial:
        return theirs.serial > ours.serial
    return release.is_ahead(served, unless_after, datetime.now(UTC))


def _prune(published: Published, releases: Path, keep: int, progress: Progress) -> None:
    progress.step("removing old releases")
    try:
        release.prune(releases, published.release.name, keep)
    except OSError as error:
        state = "the new tree is served, but an old release could not be removed"
        raise _failure(releases, error, state) from error


def _release(view: View, directory: Path, progress: Progress) -> Published:
    releases = directory / release.RELEASES
    served = release.current(directory)
    previous = None if served is None else releases / served
    name = release.free_name(releases, view.run.id)
    stamp = release.next_stamp(releases)
    building = releases / release.BUILDING
    try:
        entries.make_folder(building)
        with ReleaseTree(building, previous, stamp) as tree:
            problems = _fill(tree, view, previous, progress)
        counts = tree.documents, tree.written, tree.linked, tree.bytes, problems
        same = served is not None and served.startswith(view.run.id) and not tree.written
        if served is not None and same and tree.difference(releases / served) is None:
            return Published(releases / served, directory / release.CURRENT, *counts)
        progress.step("making it durable")
        release.make_durable(building, stamp)
        _check(tree, building, served)
        finished = building.rename(building.with_name(name))
    except BaseException:
        release.discard(building)
        raise
    progress.step("switching")
    return Published(finished, release.switch(directory, name), *counts)


def _fill(tree: ReleaseTree, view: View, previous: Path | None, progress: Progress) -> tuple[Problem, ...]:
    """Write the documents; return the problems of those that could not be made, each once.

    In place of such a document, that of the release before stays if it states its own age; any other is left
    out, so that nothing old looks fresh.
    """
    progress.step("writing documents")
    total = len(view.entries) + len(view.lists)
    by_resource = view.site.by_resource
    problems = {by_resource: None} if isinstance(by_resource, Problem) else {}
    for done, page in enumerate(files_of(view), start=1):
        data: bytes | Problem | None = page.data
        if isinstance(data, Problem):
            problems[data] = None
            data = _last_good(previous, page)
        if data is not None:
            tree.put(page.path, data)
        if done % _EVERY == 0:
            progress.count("documents", done, max(done, total))
    progress.count("documents", tree.documents, tree.documents)
    return tuple(problems)


def _last_good(previous: Path | None, page: PublishedFile) -> bytes | None:
    """Return the document as the release before has it, if it states its own age and can be parsed."""
    if previous is None or not page.dated:
        return None
    folder, _, name = page.path.rpartition("/")
    try:
        with entries.opened(previous, folder) as here:
            data = entries.read(name, here).data
        parse_json(data)
    except (OSError, ValueError):
        return None
    return data


def _check(tree: ReleaseTree, building: Path, served: str | None) -> None:
    """Refuse a release that is on disk in another form than it was written."""
    difference = tree.difference(building)
    if difference is not None:
        what = f"is not on disk as it was written: {difference}; {_state(served)}"
        remedy = "check the disk, and that nothing else writes there, then publish again"
        raise PublishError(Problem(str(building), what, remedy))


def _state(served: str | None) -> str:
    return "the tree published before is still served" if served else "nothing is published there yet"


def _failure(directory: Path, error: OSError, state: str) -> PublishError:
    name = f" ({error.filename})" if error.filename else ""
    remedy = _REMEDIES.get(error.errno or 0)
    return PublishError(
        Problem(
            str(directory),
            f"cannot be written: {error.strerror or error}{name}; {state}",
            remedy or "fix that, then publish again",
        )
    )
