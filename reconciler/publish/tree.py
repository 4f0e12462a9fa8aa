"""The files of one release, folder by folder: documents in `v1/`, pages at the top, and their `assets/`."""

import os
import re
import shutil
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from reconciler.errors import Problem, PublishError
from reconciler.publish import entries
from reconciler.publish.folder import Folder
from reconciler.publish.manifest import FileEntry, ListedFiles

_SEGMENT = r"[A-Za-z0-9_:~-][A-Za-z0-9._:~-]*"
_FILE = re.compile(_SEGMENT)
_TOP = "."
_TOP_FILE = re.compile(r"[a-z0-9][a-z0-9-]*\.html(?:\.gz)?")
"""Beside its folders, a release has pages only."""
_FOLDER = re.compile(f"v1(?:/{_SEGMENT})*|assets")

_STAY_OPEN = frozenset({_TOP, "assets", "v1"})
"""Folders that files are put into from first to last: the manifest comes when all others are there."""
_NOTHING_KNOWN: ListedFiles = MappingProxyType({})

Validator = Callable[[str, bytes], Sequence[Problem]]
"""Path and bytes of a file → what is wrong with it; nothing for one that fits its schema."""


def valid(_path: str, _data: bytes) -> Sequence[Problem]:
    """Accept every file: the validator of trees that have none."""
    return ()


class ReleaseTree:
    """Makes the folder `root`, whatever it holds, into the release of the files that are put into it.

    `served` is the release that readers see now, and `known` what its manifest lists, where that is trusted.
    Every file written carries the time `stamp` (seconds): web servers build ETags of time and size, so a
    rewritten file must not keep the second of its predecessor, nor an unchanged one lose it. `validate`
    returns the problems of new bytes. The files of a folder below `v1/` come together.
    """

    def __init__(
        self,
        root: Path,
        served: Path | None,
        stamp: int,
        known: ListedFiles = _NOTHING_KNOWN,
        validate: Validator = valid,
    ) -> None:
        self._root = root
        self._served = served
        self._stamp = stamp
        self._validate = validate
        self._known: dict[str, dict[str, FileEntry]] = {}
        for path, entry in known.items():
            folder, _, name = path.rpartition("/")
            self._known.setdefault(folder or _TOP, {})[name] = entry
        self._open: dict[str, Folder] = {}
        self._filled: set[str] = set()
        self._found: set[str] = set()
        self._sizes: dict[str, int | None] = {}
        self.files: dict[str, FileEntry] = {}
        """The entry of each file in the manifest, of folders that are finished."""
        self._folders: list[Folder] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._leave(())
                self._forget()
        finally:
            for folder in self._open.values():
                folder.close()

    @property
    def documents(self) -> int:
        """Files that were put, without their compressed copies."""
        return sum(folder.documents for folder in self._folders)

    @property
    def linked(self) -> int:
        """Documents shared with the served release."""
        return sum(folder.linked for folder in self._folders)

    @property
    def repaired(self) -> int:
        """Compressed copies that are not good in the served release."""
        return sum(folder.repaired for folder in self._folders)

    @property
    def bytes_written(self) -> int:
        """Bytes written, compressed copies included."""
        return sum(folder.bytes for folder in self._folders)

    @property
    def written(self) -> int:
        """Documents that are new or changed."""
        return self.documents - self.linked

    def difference(self, root: Path) -> str | None:
        """Compare the files below `root` with what was put into this tree; return the first difference.

        Anything that is not a regular file or a folder is one.
        """
        missing = dict(self._sizes)
        waiting = [""]
        while waiting:
            above = waiting.pop()
            with os.scandir(root / above) as found:
                for entry in found:
                    path = f"{above}{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{path}/")
                        if not entries.is_open(entry.stat(follow_symlinks=False).st_mode):
                            return f"{path} is closed to web servers"
                        continue
                    if path not in missing or not entry.is_file(follow_symlinks=False):
                        return f"{path} was not written"
                    size = missing.pop(path)
                    actual = size if size is None else entry.stat(follow_symlinks=False).st_size
                    if actual != size:
                        return f"{path} has {actual:,} bytes instead of {size:,}"
        return f"{min(missing)} is missing" if missing else None

    def put(self, path: str, data: bytes) -> Sequence[Problem]:
        """Add a file; return what is wrong with one that is left out, because it is new and not valid.

        Raises `PublishError` for a path that could leave the release, else `OSError`.
        """
        folder, name = self._enter(path)
        return folder.put(name, data, lambda: self._validate(path, data))

    def share(self, path: str, entry: FileEntry | None) -> None:
        """Add a file as it is served now; `entry` is that of the manifest, if it is known."""
        folder, name = self._enter(path)
        folder.share(name, entry)

    def listed(self) -> ListedFiles:
        """Return the entry in the manifest of each file that was put so far."""
        held = {
            f"{_below(name)}{file}": entry
            for name, folder in self._open.items()
            for file, entry in folder.files.items()
        }
        return {**self.files, **held}

    def _enter(self, path: str) -> tuple[Folder, str]:
        """Return the folder of a path, and the name in it."""
        if not is_of_release(path):
            raise _unsafe(path)
        name, _, file = path.rpartition("/")
        name = name or _TOP
        if name not in self._open:
            if name in self._filled:
                raise PublishError(
                    Problem(repr(path), "comes too late for its folder", "report this as a bug")
                )
            self._leave(_STAY_OPEN)
            here = entries.make_below(self._root, name)
            self._open[name] = Folder(
                here, self._there(name), self._stamp, self._known.get(name, _NOTHING_KNOWN)
            )
            self._folders.append(self._open[name])
        return self._open[name], file

    def _there(self, name: str) -> int | None:
        """Open the folder of the served release; None if it has none."""
        if self._served is None:
            return None
        try:
            return entries.open_below(self._served, name)
        except OSError:
            return None

    def _leave(self, but: Collection[str]) -> None:
        """Finish the folders that are open, but for these."""
        for name in self._open.keys() - set(but):
            folder = self._open[name]
            folder.finish()
            folder.close()
            del self._open[name]
            self._filled.add(name)
            self._found |= {f"{_below(name)}{each}" for each in folder.folders}
            self._sizes |= {f"{_below(name)}{each}": size for each, size in folder.sizes.items()}
            self.files |= {f"{_below(name)}{each}": entry for each, entry in folder.files.items()}

    def _forget(self) -> None:
        """Remove the folders that have no documents any more."""
        above = {str(parent) for name in self._filled for parent in Path(name).parents}
        for name in above - self._filled:
            for path in (self._root / name).iterdir():
                if path.is_dir() and not path.is_symlink():
                    self._found.add(str(path.relative_to(self._root)))
                else:
                    path.unlink()
        for name in self._found - above - self._filled:
            shutil.rmtree(self._root / name)


def is_of_release(path: str) -> bool:
    """Return whether a path is one that a file of a release may have."""
    folder, slash, name = path.rpartition("/")
    if not slash:
        return _TOP_FILE.fullmatch(name) is not None
    return bool(_FILE.fullmatch(name) and _FOLDER.fullmatch(folder))


def _below(folder: str) -> str:
    return "" if folder == _TOP else f"{folder}/"


def _unsafe(path: str) -> PublishError:
    return PublishError(Problem(repr(path), "is not a path of a document", "report this as a bug"))
