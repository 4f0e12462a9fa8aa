"""On the disk, not only in memory: the folders that git renames objects and refs into.

Git writes the content of objects and refs to the disk (`core.fsync`), and leaves it to the file system when
their names get there. A run that is reported as recorded must be found after a power cut.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from reconciler.record.command import Repository


class Durable:
    """Makes what changed in a repository since the last call durable; each folder costs a disk some time."""

    def __init__(self, repo: Repository, scratch: Path) -> None:
        """Begin now, by the clock of the file system: `scratch` is a folder beside the objects."""
        self._repo = repo
        self._objects, self._refs = scratch / "objects.mark", scratch / "refs.mark"
        for mark in (self._objects, self._refs):
            mark.touch()

    def sync_objects(self) -> None:
        """Make the names of new objects durable: before a ref leads to one."""
        objects = self._repo.common_dir / "objects"
        with os.scandir(objects) as entries:
            folders = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        _sync((*folders, objects), self._objects)

    def sync_refs(self) -> None:
        """Make the names of refs that moved durable."""
        folders = (Path(name) for name, _, _ in os.walk(self._repo.common_dir / "refs"))
        _sync((*folders, self._repo.common_dir), self._refs)


def _sync(folders: Iterable[Path], mark: Path) -> None:
    """Make the folders that changed since the mark was set durable, and set it again."""
    since = mark.stat().st_mtime_ns
    mark.touch()
    for folder in folders:
        if folder.stat().st_mtime_ns >= since:
            sync_folder(folder)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable; a folder that is gone needs it no more."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
