"""Releases: one at a time, built aside, made durable, switched to in one step, and the oldest removed.

DIRECTORY/releases/20261123T210500Z-3fa9c1/     a release: named by its run, `.2` … when published again
DIRECTORY/releases/.20261123T210500Z-3fa9c1.partial   being built or removed; never served
DIRECTORY/current -> releases/20261123T210500Z-3fa9c1
"""

import errno
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import Problem, PublishError
from reconciler.files import lock, parse_json
from reconciler.model.recorded import Position, parse_position
from reconciler.publish.tree import make_folder

RELEASES = "releases"
HEALTH_FILE = "v1/health.json"
CURRENT = "current"
RELEASE_NAME = re.compile(r"(\d{8}T\d{6}Z-[0-9a-f]{6})(?:\.([1-9]\d{0,5}))?")
BUILDING = ".next"
_REMOVED = ".removed."
_FOLLOWING = ".current.next"
_LOCK = ".lock"


def prepare(directory: Path) -> Path:
    """Return the folder of releases, made if need be; refuse a `current` that is not ours to replace."""
    for folder in (*reversed(directory.parents), directory, directory / RELEASES):
        make_folder(folder)
    current = directory / CURRENT
    if current.exists() and not current.is_symlink():
        what = "is not a symbolic link, so the new tree cannot be switched to"
        raise PublishError(Problem(str(current), what, "move it away, or change publish.directory"))
    return directory / RELEASES


@contextmanager
def locked(directory: Path, wait: float) -> Iterator[None]:
    """Hold the directory against other publishers; raises `PublishError` after `wait` seconds in vain."""
    descriptor = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not lock(descriptor, wait):
            what = "another publish is still running there"
            raise PublishError(Problem(str(directory), what, "let it end, then publish again"))
        yield
    finally:
        os.close(descriptor)


def current(directory: Path) -> str | None:
    """Return the name of the release that is served; None when `current` does not lead to one."""
    try:
        target = (directory / CURRENT).readlink()
    except OSError:
        return None
    known = target.parent == Path(RELEASES) and RELEASE_NAME.fullmatch(target.name)
    return target.name if known and (directory / target).is_dir() else None


def served_position(directory: Path) -> Position | None:
    """Return the place in the history of the run that is served; None where that is not known."""
    try:
        document = parse_json((directory / CURRENT / HEALTH_FILE).read_bytes())
        return parse_position(document["data"]["history"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def free_name(releases: Path, run: str) -> str:
    """Return the name of the next release of a run."""
    numbers = [number for name in names(releases) for of, number in [_order(name)] if of == run]
    return f"{run}.{max(numbers) + 1}" if numbers else run


def next_stamp(releases: Path) -> int:
    """Return the time that files of the next release carry, in seconds.

    It is now, or a second after the newest release where clocks or haste would repeat a second.
    """
    newest = max((int((releases / name).stat().st_mtime) for name in names(releases)), default=0)
    return max(int(time.time()), newest + 1)


def finish(building: Path, name: str, stamp: int) -> Path:
    """Make a built release durable and give it its name."""
    os.utime(building, (stamp, stamp))
    _flush(building)
    finished = building.rename(building.with_name(name))
    _sync_folder(finished.parent)
    return finished


def switch(directory: Path, name: str) -> Path:
    """Point `current` at a release: a reader sees the old tree or the new one."""
    link, following = directory / CURRENT, directory / _FOLLOWING
    following.unlink(missing_ok=True)
    following.symlink_to(f"{RELEASES}/{name}")
    following.replace(link)
    _sync_folder(directory)
    return link


def sweep(releases: Path) -> None:
    """Finish the removals that killed publishers began."""
    for path in releases.iterdir():
        if path.name.startswith(_REMOVED):
            shutil.rmtree(path)


def prune(releases: Path, served: str, keep: int) -> None:
    """Leave the served release, `keep - 1` before it, and all after it (after a switch back).

    One of the others becomes what the next release is built of.
    """
    older = [name for name in names(releases) if _order(name) < _order(served)]
    for name in older[: max(0, len(older) - (keep - 1))]:
        removed = (releases / name).rename(releases / f"{_REMOVED}{name}")
        if (releases / BUILDING).exists() or removed.is_symlink():
            shutil.rmtree(removed)
        else:
            removed.rename(releases / BUILDING)


def names(releases: Path) -> list[str]:
    """Return the existing releases, oldest first; other files in the folder are not ours."""
    return sorted(
        (path.name for path in releases.iterdir() if RELEASE_NAME.fullmatch(path.name)),
        key=_order,
    )


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
