"""The versions of a resource, and of what was found about it, over the whole history."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from reconciler import files
from reconciler.errors import Problem
from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.record import commits, layout, slices
from reconciler.record.as_of import OpenRecord
from reconciler.record.blobs import each_blob
from reconciler.record.command import Repository
from reconciler.record.commits import Log, RecordCommit, log
from reconciler.record.history import RecordPlace


class UnreadVersion:
    """A version of a file that is damaged or is not JSON."""


UNREAD_VERSION: Final = UnreadVersion()

T = TypeVar("T")
Versions = Mapping[str, T | UnreadVersion]
"""Id of a file → what it has."""


@dataclass(frozen=True, slots=True)
class About:
    """The findings and events of one report that are about a resource, as JSON."""

    findings: tuple[Row, ...] = ()
    unconfirmed: tuple[Row, ...] = ()
    events: tuple[Row, ...] = ()


NOTHING_ABOUT: Final = About()


@dataclass(frozen=True, slots=True)
class Step:
    """A commit in which a resource, or what was found about it, changed."""

    commit: RecordCommit
    before: Row | None
    after: Row | None
    found_before: About
    found_after: About
    known_before: bool
    """Whether the file of its kind had been recorded before; else nothing shows when the row was made."""
    known_after: bool
    """Whether the file of its kind is still recorded."""


@dataclass(frozen=True, slots=True)
class RowVersions:
    """The versions of rows of some kinds, over the whole history."""

    commits: tuple[RecordCommit, ...]
    """Newest first."""
    files: Mapping[str, Mapping[tuple[str, str], tuple[str | None, str | None]]]
    """Commit → source and kind → the file before and after, of those that it changed."""
    rows: Versions[Mapping[str, Row]]
    """File → id → row."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """The steps of a resource, newest first, and why there may be more."""

    steps: tuple[Step, ...]
    problems: tuple[Problem, ...] = ()
    commits: tuple[RecordCommit, ...] = field(default=(), repr=False)
    """Every commit that was walked."""


def timeline(repo: Repository, place: RecordPlace, tips: Sequence[str], key: Key) -> Timeline:
    """Return the steps of a resource, from every version of the file of its kind and of the report."""
    live = layout.live_path(key.source, key.kind)
    paths = (live, layout.REPORT)
    found = commits.fetch_missing(repo, place, log(repo, place, tips, paths), paths)
    rows = _versions(repo, found, live, lambda data: _row(data, key.id))
    reports = _versions(repo, found, layout.REPORT, lambda data: _about(data, str(key)))
    steps = list(_steps(found.commits, live, rows, reports))
    bad = sum(version is UNREAD_VERSION for version in (*rows.values(), *reports.values()))
    problems = (*found.problems, *([commits.unreadable(place, bad)] if bad else []))
    return Timeline(tuple(steps), problems, found.commits)


def row_versions(
    opened: OpenRecord, kinds: Collection[str], extract: Callable[[bytes], Mapping[str, Row]]
) -> RowVersions:
    """Return the rows that `extract` takes out of every version of the files of some kinds, of every source.

    The commits also have those of runs that changed no row.
    """
    repo, place = opened.repo, opened.place
    paths = (layout.LIVE, layout.RUN)
    found = commits.fetch_missing(repo, place, opened.log(paths), paths)
    files_of = {commit.id: _live_files(commit, kinds) for commit in found.commits}
    ids = (blob for each in files_of.values() for pair in each.values() for blob in pair)
    contents = {identity: _tolerant(data, extract) for identity, data in each_blob(repo, ids)}
    bad = sum(version is UNREAD_VERSION for version in contents.values())
    problems = (*found.problems, *([commits.unreadable(place, bad)] if bad else []))
    return RowVersions(found.commits, files_of, contents, problems)


def _live_files(
    commit: RecordCommit, kinds: Collection[str]
) -> dict[tuple[str, str], tuple[str | None, str | None]]:
    found = {}
    for path, blobs in commit.files.items():
        match = layout.LIVE_FILE.fullmatch(path)
        if match and match[2] in kinds:
            found[match[1], match[2]] = blobs
    return found


def whole_file(repo: Repository, blob: str | None) -> dict[str, Row]:
    """Return every row of one version of a file; none where it cannot be read."""
    for _, data in each_blob(repo, [blob]):
        rows = _tolerant(data, lambda content: _only_rows(files.parse_json(content)))
        return {} if isinstance(rows, UnreadVersion) else rows
    return {}


def _only_rows(document: object) -> dict[str, Row]:
    if not isinstance(document, dict):
        message = "is not a mapping from ids to resources"
        raise ValueError(message)  # noqa: TRY004  all that is wrong with a file is one error
    return {identity: row for identity, row in document.items() if isinstance(row, dict)}


def _versions(
    repo: Repository, found: Log, path: str, parse: Callable[[bytes], T]
) -> dict[str, T | UnreadVersion]:
    """Return the versions of a file, parsed; equal ones are one value."""
    ids = (blob for commit in found.commits for blob in commit.files.get(path, ()))
    return {identity: _tolerant(data, parse) for identity, data in each_blob(repo, ids)}


def _tolerant(data: bytes | None, parse: Callable[[bytes], T]) -> T | UnreadVersion:
    if data is None:
        return UNREAD_VERSION
    try:
        return parse(data)
    except (ValueError, RecursionError):
        return UNREAD_VERSION


def _row(data: bytes, identity: str) -> Row | None:
    found = slices.row(data, identity)
    return found if isinstance(found, dict) and files.is_plain(found) else None


def _about(data: bytes, key: str) -> About:
    lists: dict[str, list[Row]] = {"findings": [], "unconfirmed": [], "events": []}
    for name, item in slices.items_about(data, key):
        if name in lists and isinstance(item, dict):
            lists[name].append(item)
    return About(*(tuple(each) for each in lists.values()))


def _steps(
    every: Sequence[RecordCommit],
    live: str,
    rows: Versions[Row | None],
    reports: Versions[About],
) -> Iterator[Step]:
    for at, commit in enumerate(every):
        after, before = _pair(every, at, live, rows, None)
        found_after, found_before = _pair(every, at, layout.REPORT, reports, NOTHING_ABOUT)
        if isinstance(after, UnreadVersion) or isinstance(found_after, UnreadVersion):
            continue  # the commit after it shows the change
        if isinstance(before, UnreadVersion) or isinstance(found_before, UnreadVersion):
            continue
        if after != before or _differ(found_before, found_after):
            blobs = commit.files.get(live, ("-", "-"))
            is_known, stays = (blob is not None for blob in blobs)
            yield Step(commit, before, after, found_before, found_after, is_known, stays)


def _pair(
    every: Sequence[RecordCommit], at: int, path: str, versions: Versions[T], nothing: T
) -> tuple[T | UnreadVersion, T | UnreadVersion]:
    """Return what a file had after and before a commit; where it was not changed, nothing twice.

    In place of a version before that cannot be read, the newest readable one of an older commit counts.
    """
    pair = every[at].files.get(path)
    if pair is None:
        return nothing, nothing
    before, after = (nothing if blob is None else versions.get(blob, UNREAD_VERSION) for blob in pair)
    if isinstance(before, UnreadVersion):
        before = next(_readable(every[at + 1 :], path, versions, nothing), nothing)
    return after, before


def _readable(older: Iterable[RecordCommit], path: str, versions: Versions[T], nothing: T) -> Iterator[T]:
    for commit in older:
        for blob in reversed(commit.files.get(path, ())):
            version = nothing if blob is None else versions.get(blob, UNREAD_VERSION)
            if not isinstance(version, UnreadVersion):
                yield version


def _differ(before: About, after: About) -> bool:
    return before.findings != after.findings or before.unconfirmed != after.unconfirmed
