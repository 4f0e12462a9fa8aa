"""Releases: one at a time, built aside, made durable, switched to in one step, and the oldest removed.

DIRECTORY/releases/20261123T210500Z-3fa9c1/     a release: named by its run, `.2` … when published again
DIRECTORY/releases/.20261123T210500Z-3fa9c1.partial   being built or removed; never served
DIRECTORY/current -> releases/20261123T210500Z-3fa9c1
DIRECTORY/.hold                                  after a rollback that is to stay
"""

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from reconciler.errors import Problem, PublishError
from reconciler.files import lock, parse_json
from reconciler.model.recorded import Position, parse_position
from reconciler.model.snapshot import moment_of
from reconciler.publish import entries
from reconciler.publish.entries import make_folder

RELEASES = "releases"
HEALTH_FILE = "v1/health.json"
CURRENT = "current"
RELEASE_NAME = re.compile(r"(\d{8}T\d{6}Z-[0-9a-f]{6})(?:\.([1-9]\d{0,5}))?")
BUILDING = ".next"
_REMOVED = ".removed."
_FOLLOWING = ".current.next"
_LOCK = ".lock"
HOLD = ".hold"
HOLD_FOLLOWING = ".hold.next"
_TYPES = {
    RELEASES: entries.FOLDER,
    CURRENT: entries.LINK,
    _FOLLOWING: entries.LINK,
    _LOCK: entries.FILE,
    HOLD: entries.FILE,
    HOLD_FOLLOWING: entries.FILE,
}
_MOST = 999_999
"""The largest number of a release of one run."""
_SKEW = timedelta(minutes=5)
"""How far the clock of another runner may be ahead."""


def prepare(directory: Path) -> Path:
    """Return the folder of releases, made if need be; refuse entries of another type than ours have.

    `directory` itself may be reached through symbolic links; below it, none is followed.
    """
    for folder in (*reversed(directory.parents), directory):
        make_folder(folder)
    _refuse_misplaced(directory)
    make_folder(directory / RELEASES)
    return directory / RELEASES


def existing(directory: Path) -> Path:
    """Return the folder of releases of a folder that was published to; raises `PublishError`."""
    _refuse_misplaced(directory)
    releases = directory / RELEASES
    if entries.type_of(releases) is None or not names(releases):
        raise PublishError(
            Problem(str(directory), "nothing is published there yet", "run `reconciler publish`")
        )
    return releases


def _refuse_misplaced(directory: Path) -> None:
    if problems := list(misplaced(directory)):
        raise PublishError(problems)


def misplaced(directory: Path) -> Iterator[Problem]:
    """Yield the entries of the publish folder that are of another type than ours have."""
    for name, wanted in _TYPES.items():
        found = entries.type_of(directory / name)
        if found not in {None, wanted}:
            what = f"is not {wanted} but {found}"
            remedy = "move it away, or change publish.directory"
            yield Problem(str(directory / name), what, remedy)


@contextmanager
def locked(directory: Path, wait: float) -> Iterator[None]:
    """Hold the directory against other publishers; raises `PublishError` after `wait` seconds in vain."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(directory / _LOCK, flags, 0o644)
    try:
        if not lock(descriptor, wait):
            what = "another publish is still running there"
            raise PublishError(Problem(str(directory), what, "wait until it ends, then publish again"))
        yield
    finally:
        os.close(descriptor)


def current(directory: Path) -> str | None:
    """Return the name of the release that is served; None when `current` does not lead to one."""
    try:
        target = (directory / CURRENT).readlink()
    except OSError:
        return None
    if target.parent != Path(RELEASES) or not RELEASE_NAME.fullmatch(target.name):
        return None
    ours = all(entries.type_of(directory / path) == entries.FOLDER for path in (RELEASES, target))
    return target.name if ours else None


def is_ahead(name: str, since: datetime, now: datetime) -> bool:
    """Whether a release is of a run after `since`; one of the future is not: the clock was wrong then."""
    try:
        return since < moment_of(name) <= now + _SKEW
    except ValueError:
        return False


def served_position(directory: Path) -> Position | None:
    """Return the place in the history of the run that is served; None where that is not known."""
    try:
        return parse_position(health_of(directory / CURRENT)["data"]["history"])
    except (KeyError, TypeError):
        return None


def health_of(root: Path) -> Any:
    """Return the parsed `/v1/health` of a release; None where there is none that can be parsed."""
    try:
        return parse_json((root / HEALTH_FILE).read_bytes())
    except (OSError, ValueError):
        return None


def free_name(releases: Path, run: str) -> str:
    """Return the name of the next release of a run."""
    taken = {number for name in names(releases) for of, number in [_order(name)] if of == run}
    if not taken:
        return run
    following = max(taken) + 1
    if following > _MOST:
        following = next(number for number in count(2) if number not in taken)
    return f"{run}.{following}"


def next_stamp(releases: Path) -> int:
    """Return the time that files of the next release carry, in seconds.

    It is now, or a second after the newest release where clocks or haste would repeat a second.
    """
    newest = max((int((releases / name).stat().st_mtime) for name in names(releases)), default=0)
    return max(int(time.time()), newest + 1)


def make_durable(building: Path, stamp: int) -> None:
    """Put a built release on disk, with the time that its files have."""
    os.utime(building, (stamp, stamp))
    _flush(building)


def switch(directory: Path, name: str) -> Path:
    """Point `current` at a release: a reader sees the old tree or the new one."""
    _sync_folder(directory / RELEASES)  # its name, before anything leads to it
    link, following = directory / CURRENT, directory / _FOLLOWING
    following.unlink(missing_ok=True)
    following.symlink_to(f"{RELEASES}/{name}")
    following.replace(link)
    _sync_folder(directory)
    return link


def sweep(releases: Path) -> None:
    """Remove what bears a name of ours and is not a folder, and finish removals that were interrupted.

    A symbolic link is removed itself, never what it leads to.
    """
    for path in sorted(releases.iterdir()):
        removed = path.name.startswith(_REMOVED)
        ours = removed or path.name == BUILDING or RELEASE_NAME.fullmatch(path.name)
        if ours and (removed or entries.type_of(path) != entries.FOLDER):
            entries.remove(path)


def discard(building: Path) -> None:
    """Put away a release that could not be built, as far as that is possible."""
    removed = building.with_name(f"{_REMOVED}{BUILDING}.{secrets.token_hex(4)}")
    with suppress(OSError):
        building = building.rename(removed)
    with suppress(OSError):
        entries.remove(building)


def prune(releases: Path, served: str, keep: int) -> None:
    """Leave the served release and the `keep - 1` before it; fewer of those leave room for ones after it.

    A release after the served one is of a clock that was ahead, or of a record that went back, so it is the
    first to go. One of those that go becomes what the next release is built of.
    """
    sweep(releases)
    others = [name for name in names(releases) if name != served]
    others.sort(key=lambda name: (_order(name) < _order(served), _order(name)))
    _remove(releases, others[: max(0, len(others) - (keep - 1))])


def remove_superseded(releases: Path, served: str, before: str) -> None:
    """Remove the releases of the run that is served which only other marks made, but for the one before."""
    run = run_of(served)
    others = [name for name in names(releases) if run_of(name) == run and name not in {served, before}]
    _remove(releases, [name for name in others if is_marked(releases / name)])


def is_marked(root: Path) -> bool:
    """Return whether a release is marked as out of date."""
    health = health_of(root)
    return isinstance(health, dict) and health.get("stale") is True


def _remove(releases: Path, superseded: Iterable[str]) -> None:
    for name in superseded:
        removed = (releases / name).rename(releases / f"{_REMOVED}{name}")
        if (releases / BUILDING).exists():
            shutil.rmtree(removed)
        else:
            removed.rename(releases / BUILDING)


def in_order_of_publishing(releases: Path) -> list[str]:
    """Return the existing releases in the order in which they were published."""
    return sorted(names(releases), key=lambda name: ((releases / name).stat().st_mtime, _order(name)))


def run_of(name: str) -> str:
    """Return the run of a release."""
    return _order(name)[0]


def names(releases: Path) -> list[str]:
    """Return the existing releases, oldest first; other entries of the folder are not."""
    with os.scandir(releases) as found:
        ours = [entry.name for entry in found if entry.is_dir(follow_symlinks=False)]
    return sorted((name for name in ours if RELEASE_NAME.fullmatch(name)), key=_order)


def _order(name: str) -> tuple[str, int]:
    match = RELEASE_NAME.fullmatch(name)
    assert match is not None
    return match[1], int(match[2] or 1)


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush(folder: Path) -> None:
    """Make all that was written durable, in one call: a call per file takes seconds for 10,000 files.

    `syncfs` (Linux) flushes only this file system and reports failed writes; elsewhere `sync` flushes all.
    """
    import ctypes

    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if syncfs(descriptor) != 0:
            number = ctypes.get_errno() or errno.EIO
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)
