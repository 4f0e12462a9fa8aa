"""record → releases/<run id>/ → current: the tree that a web server serves, made of nothing but the record.

No network, no secret: a clone of the history branch gives the same bytes as the run itself did. The clock
decides one thing, and only where it is given: which documents are marked as out of date.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from reconciler.errors import Problem
from reconciler.files import parse_json
from reconciler.isolation import isolated
from reconciler.model.progress import Progress, Silent
from reconciler.publish import entries, release
from reconciler.publish.building import build
from reconciler.publish.content import files_of
from reconciler.publish.documents.form import PublishedFile
from reconciler.publish.documents.table import last_files
from reconciler.publish.failures import failure, reported
from reconciler.publish.hold import Hold, end_hold, read_hold
from reconciler.publish.manifest import OWN_FILES, read_manifest
from reconciler.publish.stale import staleness, with_marks
from reconciler.publish.tree import ReleaseTree, Validator, valid
from reconciler.publish.view import View

AGAIN = "publish again"
_EVERY = 250
_SHOWN = 3
"""So many mistakes of one document are named."""
_MOST_INVALID = 20
"""So many documents that do not fit their schemas are named."""
_REPORT = "report it, with the output of `reconciler --debug publish`"


@dataclass(frozen=True, slots=True)
class Published:
    """The result of a publish."""

    release: Path
    current: Path
    """The symbolic link that web servers serve."""
    documents: int = 0
    written: int = 0
    """Documents that are new or changed; 0 when this run was published already."""
    linked: int = 0
    """Documents shared with the release before."""
    bytes: int = 0
    """Bytes written, compressed copies included."""
    problems: tuple[Problem, ...] = ()
    """Those of the documents that could not be made: they are left out, or stay as in the release before."""
    hold: Hold | None = None
    """The hold because of which nothing was published."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How to publish; the defaults suit a view that is all there is to publish."""

    keep: int = 10
    """Releases that stay, at least 1."""
    unless_after: datetime | None = None
    """When a run after this moment is served by then, another job was quicker, and its release stays."""
    wait: float = 60.0
    """Seconds that another publisher may take."""
    now: datetime | None = None
    """Mark what is out of date by then."""
    reread: bool = False
    """Read every compressed copy instead of trusting the manifest that is served."""
    resume: bool = False
    """End the hold of a rollback."""
    validate: Validator = valid
    """Returns the problems of new bytes; a document with problems is not published."""


DEFAULT_TERMS = Terms()


def publish(
    view: View, directory: Path, terms: Terms = DEFAULT_TERMS, progress: Progress | None = None
) -> Published:
    """Publish the view of a recorded run below `directory` and switch to it.

    Raises `PublishError`; the tree that was served before is then still served, unless the message states
    that the new one is.
    """
    progress = progress or Silent()
    directory = directory.absolute()
    with reported(directory, AGAIN):
        releases = release.prepare(directory)
        with release.locked(directory, terms.wait):
            served = release.current(directory)
            hold = None if terms.resume else read_hold(directory)
            newer = served and _is_newer(directory, served, view, terms.unless_after)
            if served and (hold or newer):
                return Published(releases / served, directory / release.CURRENT, hold=hold)
            with suppress(OSError):  # tried again, and reported, when the new tree is served
                release.sweep(releases)
            published = _release(view, directory, terms, progress)
            if terms.resume:
                end_hold(directory)
            _prune(published, releases, terms.keep, progress)
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
        served = "the new tree is served, but an old release could not be removed"
        raise failure(releases, error, served, AGAIN) from error


def _release(view: View, directory: Path, terms: Terms, progress: Progress) -> Published:
    releases = directory / release.RELEASES
    served = release.current(directory)
    previous = None if served is None else releases / served
    trees: list[ReleaseTree] = []
    problems: tuple[Problem, ...] = ()

    def write_tree(tree: ReleaseTree) -> bool:
        nonlocal problems
        trees.append(tree)
        problems = _write_documents(tree, view, previous, terms.now, progress)
        same = served is not None and served.startswith(view.run.id)
        return not same or bool(tree.written or tree.repaired)

    known = None
    if previous is not None and not terms.reread:
        with suppress(OSError):
            known = read_manifest(previous)
    name = build(
        directory, view.run.id, write_tree, progress, known=known, validate=_isolated(terms.validate)
    )
    (tree,) = trees
    counts = tree.documents, tree.written, tree.linked, tree.bytes_written, problems
    return Published(releases / (name or served or ""), directory / release.CURRENT, *counts)


def _write_documents(
    tree: ReleaseTree, view: View, previous: Path | None, now: datetime | None, progress: Progress
) -> tuple[Problem, ...]:
    """Write the files; return the problems of those that could not be made or are not valid, each once.

    In place of such a document, that of the release before stays if it states its own age; any other is left
    out, so that nothing old looks fresh.
    """
    progress.step("writing documents")
    total = len(view.entries) + len(view.lists)
    by_resource = view.site.by_resource
    unmade = dict.fromkeys(view.failed)
    if isinstance(by_resource, Problem):
        unmade[by_resource] = None
    invalid: list[Problem] = []
    marks = None if now is None else partial(with_marks, stale=staleness(view, now))
    done = 0
    for done, file in enumerate(_files(view, tree), start=1):
        if isinstance(file.data, Problem):
            unmade[file.data] = None
        if wrong := _put(tree, file, previous, marks):
            invalid.append(_invalid(file.path, wrong))
        if done % _EVERY == 0:
            progress.count("documents", done, max(done, total))
    progress.count("documents", done, done)
    return (*unmade, *_first(invalid))


def _files(view: View, tree: ReleaseTree) -> Iterator[PublishedFile]:
    """Yield every file; those about the others when these are in the tree."""
    yield from files_of(view)
    yield from last_files(replace(view, files=tree.listed()))


def _put(
    tree: ReleaseTree, file: PublishedFile, previous: Path | None, marks: Callable[[str, bytes], bytes] | None
) -> Sequence[Problem]:
    """Add a file, or in its place the last good one; return what is wrong with its bytes."""
    wrong: Sequence[Problem] = ()
    if not isinstance(file.data, Problem):
        wrong = tree.put(file.path, marks(file.path, file.data) if marks and file.dated else file.data)
        if not wrong:
            return ()
    last_good = _last_good(previous, file)
    if last_good is not None:
        tree.put(file.path, marks(file.path, last_good) if marks else last_good)
    return wrong


def _invalid(path: str, wrong: Sequence[Problem]) -> Problem:
    """Return the one problem of a document that does not fit its schema."""
    form = "document" if path.startswith("v1/") else "page"
    route = path.removesuffix(".json").removesuffix("/index").removesuffix(".atom")
    shown = "; ".join(dict.fromkeys(each.what for each in wrong[:_SHOWN]))
    more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    return Problem(
        f"{form} /{route}",
        f"does not fit its schema: {shown}{more}",
        _REPORT,
        "internal",
    )


def _first(invalid: Sequence[Problem]) -> Sequence[Problem]:
    """Return the first of many problems, and how many are left."""
    left = len(invalid) - _MOST_INVALID
    if left <= 0:
        return invalid
    what = f"{left:,} more documents do not fit their schemas"
    return (*invalid[:_MOST_INVALID], Problem("publish", what, _REPORT, "internal"))


def _last_good(previous: Path | None, file: PublishedFile) -> bytes | None:
    """Return the document as the release before has it, if it states its own age and can be parsed.

    A manifest is never that of another release: what it states of the files would be wrong.
    """
    if previous is None or not file.dated or file.path in OWN_FILES:
        return None
    folder, _, name = file.path.rpartition("/")
    try:
        with entries.opened(previous, folder or ".") as here:
            data = entries.read(name, here).data
        if name.endswith(".json"):
            parse_json(data)
    except (OSError, ValueError):
        return None
    return data


def _isolated(validate: Validator) -> Validator:
    """Return a validator whose own failure is a problem of the document."""

    def problems_of(path: str, data: bytes) -> Sequence[Problem]:
        found = isolated(f"the validator of {path}", lambda: validate(path, data))
        return (found,) if isinstance(found, Problem) else found

    return problems_of
