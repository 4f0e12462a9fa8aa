"""One folder of a release being built: files are kept, linked or replaced, never written into.

A folder may hold files already: releases that are no longer kept are built into again, because most of their
files are what is served now, and a name that stays costs no system call.
"""

import errno
import os
import zlib
from pathlib import Path

GZIP_OVER = 1024
"""Documents of more bytes get a compressed twin, which web servers send as it is."""
_GZIP_LEVEL = 5
"""A third less CPU than the usual 6, for 8 % more bytes of a large document."""
_GZIP_FORMAT = 16 + zlib.MAX_WBITS
_NO_LINK = frozenset({errno.EXDEV, errno.EMLINK, errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOSYS})
"""Another device, too many links, or a file system or policy that refuses them."""


class Folder:
    """A folder to fill (`path`, which exists) and the one that is served at its place (`served`)."""

    def __init__(self, path: Path, served: Path | None, stamp: int) -> None:
        self.bytes = 0
        """Bytes written."""
        self.folders: list[str] = []
        """The folders that were in it."""
        self._stamp = stamp
        self._here = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self._there = -1
        try:
            if served is not None and served.is_dir():
                self._there = os.open(served, os.O_RDONLY | os.O_DIRECTORY)
            self._kept = self._keep()
        except BaseException:
            self.close()
            raise

    def put(self, name: str, data: bytes) -> bool:
        """Add a document, and its twin if it is long; returns whether it is as served now."""
        names = (name, f"{name}.gz") if len(data) > GZIP_OVER else (name,)
        if name in self._kept and _reads(self._here, name, data):
            self._kept.remove(name)
            if len(names) > 1 and names[1] in self._kept and not self._is_twin(self._here, names[1], name):
                self._remove(names[1])
            self._share(names[1:], data)
            return True
        for stale in (name, f"{name}.gz"):
            if stale in self._kept:
                self._remove(stale)
        if _reads(self._there, name, data):
            self._share(names, data)
            return True
        for new in names:
            self._write(new, data, self._stamp)
        return False

    def finish(self) -> None:
        """Remove what was kept and is no longer a document."""
        for name in tuple(self._kept):
            self._remove(name)

    def close(self) -> None:
        """Let go of the folder."""
        for descriptor in (self._here, self._there):
            if descriptor >= 0:
                os.close(descriptor)
        self._here = self._there = -1

    def _keep(self) -> set[str]:
        """The names here that are the very files served now; removes all others but folders.

        Inodes come with the listing. Where a file system makes them up (some FUSE ones do), nothing is kept.
        """
        here = _inodes(self._here, self.folders)
        there = _inodes(self._there, []) if here and self._one_device() else {}
        kept = {name for name, inode in here.items() if there.get(name) == inode}
        if len({here[name] for name in kept}) < len(kept) or any(
            os.stat(name, dir_fd=self._here, follow_symlinks=False).st_ino != here[name]
            for name in sorted(kept)[:1]
        ):
            kept = set()
        for name in here.keys() - kept:
            os.unlink(name, dir_fd=self._here)
        return kept

    def _one_device(self) -> bool:
        return self._there >= 0 and os.fstat(self._here).st_dev == os.fstat(self._there).st_dev

    def _remove(self, name: str) -> None:
        os.unlink(name, dir_fd=self._here)
        self._kept.remove(name)

    def _share(self, names: tuple[str, ...], data: bytes) -> None:
        """Have the served files here; copies keep their times, because their bytes are the same."""
        for name in names:
            plain = name.removesuffix(".gz")
            if name in self._kept:
                self._kept.remove(name)
            elif not (self._is_twin(self._there, name, plain) and self._link(name)):
                self._write(name, data, os.stat(plain, dir_fd=self._there).st_mtime)

    def _is_twin(self, folder: int, name: str, plain: str) -> bool:
        """Whether a file is still as it was written beside `plain`: both got the same time then."""
        try:
            return os.stat(name, dir_fd=folder).st_mtime_ns == os.stat(plain, dir_fd=folder).st_mtime_ns
        except FileNotFoundError:
            return False

    def _link(self, name: str) -> bool:
        try:
            os.link(name, name, src_dir_fd=self._there, dst_dir_fd=self._here, follow_symlinks=False)
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            return False
        return True

    def _write(self, name: str, data: bytes, mtime: float) -> None:
        if name.endswith(".gz"):
            data = _compressed(data)
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=self._here)
        try:
            os.fchmod(descriptor, 0o644)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.utime(descriptor, (mtime, mtime))
        finally:
            os.close(descriptor)
        self.bytes += len(data)


def _reads(folder: int, name: str, data: bytes) -> bool:
    """Whether a file has these very bytes: read, not remembered, so that damage heals."""
    if folder < 0:
        return False
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
    except OSError:
        return False
    try:
        return os.read(descriptor, len(data) + 1) == data
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _compressed(data: bytes) -> bytes:
    """Gzip without name and time, so that equal bytes stay equal."""
    compressor = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_FORMAT)
    return compressor.compress(data) + compressor.flush()


def _inodes(folder: int, folders: list[str]) -> dict[str, int]:
    """Name → inode of all but folders, which are added to `folders`."""
    inodes = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            else:
                inodes[entry.name] = entry.inode()
    return inodes
