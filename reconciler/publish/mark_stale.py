"""The served release → the same with marks on all that is out of date; for a timer on the web host.

Reads nothing but the served release and the clock: no git, no secret, no network. Most files are hard
links into the release before.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler.errors import Problem, PublishError
from reconciler.files import parse_json
from reconciler.model.progress import Progress, Silent
from reconciler.model.value import timestamp
from reconciler.publish import entries, release
from reconciler.publish.building import build
from reconciler.publish.documents.form import Family, path_of
from reconciler.publish.documents.table import DOCUMENTS
from reconciler.publish.failures import failure, reported
from reconciler.publish.manifest import MANIFEST_FILE, OWN_FILES, FileEntry, read_manifest, rows_of
from reconciler.publish.stale import Staleness, collected_at, like, staleness_of, with_marks
from reconciler.publish.tree import ReleaseTree, is_of_release

AGAIN = "run `reconciler publish --mark-stale` again"
_SKEW = timedelta(minutes=5)
"""How far the clock of the machine that collected may be ahead."""


@dataclass(frozen=True, slots=True)
class Marked:
    """The result: what is served now."""

    release: str
    changed: int
    """Documents and pages whose marks are others than before; 0 where nothing had to be done."""
    stale: bool
    """Whether anything of the release is out of date."""
    sources: frozenset[str]
    """The sources whose last data are out of date."""


def mark_stale(
    directory: Path, now: datetime, *, wait: float = 60.0, progress: Progress | None = None
) -> Marked:
    """Mark what is out of date at a moment in what is served below `directory`.

    Raises `PublishError`; what was served before is then still served.
    """
    progress = progress or Silent()
    directory = directory.absolute()
    with reported(directory, AGAIN):
        releases = release.existing(directory)
        with release.locked(directory, wait):
            served = release.current(directory)
            if served is None:
                what = f"{release.CURRENT} does not lead to a release"
                raise PublishError(Problem(str(directory), what, "run `reconciler publish`"))
            root = releases / served
            health = _health(root)
            _refuse_wrong_clock(health, now)
            stale = staleness_of(health, now)
            progress.step("looking for what is out of date")
            changed = dict(_changed(root, stale))
            if changed:
                _build(directory, root, changed, stale, progress)
            marked = release.current(directory) or served
            _remove_superseded(releases, marked, served)
    is_stale = release.is_marked(releases / marked)
    return Marked(marked, len(changed.keys() - OWN_FILES), is_stale, stale.sources)


def _health(root: Path) -> object:
    """Return the parsed `/v1/health`; None where it is damaged. Raises `OSError`."""
    try:
        return parse_json(entries.read_if_any(root, release.HEALTH_FILE) or b"")
    except ValueError:
        return None


def _refuse_wrong_clock(health: object, now: datetime) -> None:
    collected = collected_at(health)
    if collected is not None and now < collected - _SKEW:
        what = (
            f"the clock shows {timestamp(now)}, but the served data were collected at {timestamp(collected)}"
        )
        raise PublishError(Problem("this machine", what, "set the clock; until then, nothing can be marked"))


def _changed(root: Path, stale: Staleness) -> Iterator[tuple[str, bytes]]:
    """Yield each file whose marks are not as they should be, with its new bytes."""
    for path in _files_of(root):
        if path.endswith((".json", ".html")) and not _UNDATED.fullmatch(path):
            data = _read(root, path)
            marked = with_marks(path, data, stale)
            if marked != data:
                yield path, marked


def _build(
    directory: Path, root: Path, changed: Mapping[str, bytes], stale: Staleness, progress: Progress
) -> None:
    """Build the release with the changed files; all others are shared."""
    listed = read_manifest(root)

    def fill(tree: ReleaseTree) -> bool:
        for path in _files_of(root):
            if path in changed and path != MANIFEST_FILE:
                tree.put(path, changed[path])
            elif not _is_made_anew(path, changed) and (listed is None or path in listed):
                tree.share(path, (listed or _NOTHING).get(path))
        if listed is not None:
            tree.put(MANIFEST_FILE, _manifest(root, tree, stale))
        return True

    build(directory, release.run_of(root.name), fill, progress)


_NOTHING: Mapping[str, FileEntry] = {}


def _is_made_anew(path: str, changed: Mapping[str, bytes]) -> bool:
    """Return whether a file is the manifest, or the twin of a file that changed."""
    return path in OWN_FILES or path.removesuffix(".gz") in changed


def _manifest(root: Path, tree: ReleaseTree, stale: Staleness) -> bytes:
    data = _read(root, MANIFEST_FILE)
    document: Any = parse_json(data)
    document["data"] = {**document["data"], "files": rows_of(tree.listed())}
    return with_marks(MANIFEST_FILE, like(data, document), stale)


def _remove_superseded(releases: Path, marked: str, served: str) -> None:
    if marked == served:
        return
    try:
        release.remove_superseded(releases, marked, served)
    except OSError as error:
        state = "the marked tree is served, but an old release could not be removed"
        raise failure(releases, error, state, AGAIN) from error


def _files_of(root: Path) -> Iterator[str]:
    """Yield the files of a release, folder by folder; what no publish puts there is left out."""
    waiting = ["."]
    while waiting:
        folder = waiting.pop()
        with entries.opened(root, folder) as here:
            kinds = entries.files_and_folders(here)
        for name, is_folder in kinds:
            path = name if folder == "." else f"{folder}/{name}"
            if is_folder:
                waiting.append(path)
            elif is_of_release(path):
                yield path


def _read(root: Path, path: str) -> bytes:
    folder, _, name = path.rpartition("/")
    with entries.opened(root, folder or ".") as here:
        return entries.read(name, here).data


def _pattern(route: str) -> str:
    return re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path_of(route)))


_UNDATED = re.compile(
    "|".join(_pattern(each.route) for each in DOCUMENTS if isinstance(each, Family) and not each.dated)
)
"""Documents that state no age of their own; there are as many as resources, so they are not read."""
