"""The files of one release, folder by folder: documents in `v1/`, pages at the top, and their `assets/`."""

import os
import re
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from reconciler.errors import Problem, PublishError
from reconciler.publish import entries
from reconciler.publish.folder import Folder

_SEGMENT = r"[A-Za-z0-9_:~-][A-Za-z0-9._:~-]*"
_FILE = re.compile(_SEGMENT)
_TOP = "."
_TOP_FILE = re.compile(r"[a-z0-9][a-z0-9-]*\.html")
"""Beside its folders, a release has pages only."""
_FOLDER = re.compile(f"v1(?:/{_SEGMENT})*|assets")


class ReleaseTree:
    """Makes the folder `root`, whatever it holds, into the release that the documents put into it say.

    `served` is the release that readers see now. Every file written carries the time `stamp` (seconds): web
    servers build ETags of time and size, so a rewritten file must not keep the second of its predecessor, nor
    an unchanged one lose it. Documents come folder by folder.
    """

    def __init__(self, root: Path, served: Path | None, stamp: int) -> None:
        self._root = root
        self._served = served
        self._stamp = stamp
        self._name = ""
        self._folder: Folder | None = None
        self._filled: set[str] = set()
        self._found: set[str] = set()
        self._sizes: dict[str, int | None] = {}
        self.documents = 0
        self.linked = 0
        """Documents shared with the served release."""
        self.bytes = 0
        """Bytes written, compressed twins included."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._leave()
            self._forget()
        elif self._folder is not None:
            self._folder.close()

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
                        continue
                    if path not in missing or not entry.is_file(follow_symlinks=False):
                        return f"{path} was not written"
                    size = missing.pop(path)
                    actual = size if size is None else entry.stat(follow_symlinks=False).st_size
                    if actual != size:
                        return f"{path} has {actual:,} bytes instead of {size:,}"
        return f"{min(missing)} is missing" if missing else None

    def put(self, path: str, data: bytes) -> None:
        """Add a document; raises `PublishError` for a path that could leave the release, else `OSError`."""
        name, slash, file = path.rpartition("/")
        if not (_FILE if slash else _TOP_FILE).fullmatch(file) or (slash and not _FOLDER.fullmatch(name)):
            raise _unsafe(path)
        name = name or _TOP
        if self._folder is None or name != self._name:
            self._enter(path, name)
        assert self._folder is not None
        self.linked += self._folder.put(file, data)
        self.documents += 1

    def _enter(self, path: str, name: str) -> None:
        if name in self._filled:
            raise PublishError(Problem(repr(path), "comes too late for its folder", "report this as a bug"))
        self._leave()
        self._folder = Folder(entries.make_below(self._root, name), self._there(name), self._stamp)
        self._name = name

    def _there(self, name: str) -> int | None:
        """Open the folder of the served release; None if it has none."""
        if self._served is None:
            return None
        try:
            return entries.open_below(self._served, name)
        except OSError:
            return None

    def _leave(self) -> None:
        if self._folder is None:
            return
        self._folder.finish()
        self._folder.close()
        self.bytes += self._folder.bytes
        self._filled.add(self._name)
        below = "" if self._name == _TOP else f"{self._name}/"
        self._found |= {f"{below}{name}" for name in self._folder.folders}
        self._sizes |= {f"{below}{name}": size for name, size in self._folder.sizes.items()}
        self._folder = None

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


def _unsafe(path: str) -> PublishError:
    return PublishError(Problem(repr(path), "is not a path of a document", "report this as a bug"))
