"""One folder of a release being built: files are kept, linked or replaced, never written into.

A folder may hold files already: releases that are no longer kept are built into again, because most of their
files are what is served now, and a name that stays costs no system call.
"""

import errno
import os
import stat
import zlib

from reconciler.publish import entries

GZIP_OVER = 1024
"""Documents of more bytes get a compressed twin, which web servers send as it is."""
_GZIP_LEVEL = 5
"""A third less CPU than the usual 6, for 8 % more bytes of a large document."""
_GZIP_FORMAT = 16 + zlib.MAX_WBITS
_GZIP_END = 8
"""Bytes of the checksum and the length at the end of a gzip file."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
"""Without `O_NONBLOCK`, opening a FIFO would wait for its writer."""
_SECOND = 10**9
_NO_LINK = frozenset({errno.EXDEV, errno.EMLINK, errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOSYS})
"""Another device, too many links, or a file system or policy that refuses them."""


class Folder:
    """An open folder to fill (`here`), and the open one that is served at its place (`there`)."""

    def __init__(self, here: int, there: int | None, stamp: int) -> None:
        self.bytes = 0
        """Bytes written."""
        self.folders: list[str] = []
        """The folders that were in it."""
        self.sizes: dict[str, int | None] = {}
        """The size of each file that was written into it; None for one that is shared, and was read."""
        self._stamp = stamp
        self._here = here
        self._there = -1 if there is None else there
        try:
            self._kept = self._keep()
        except BaseException:
            self.close()
            raise

    def put(self, name: str, data: bytes) -> bool:
        """Add a document, and its twin if it is long; returns whether it is as served now."""
        twin = f"{name}.gz" if len(data) > GZIP_OVER else None
        self.sizes[name] = None
        if name in self._kept:
            written = _reads(self._here, name, data)
            if written is not None:
                self._kept.remove(name)
                if twin is not None:
                    self._keep_twin(twin, data, written)
                return True
        for stale in (name, f"{name}.gz"):
            if stale in self._kept:
                self._remove(stale)
        written = _reads(self._there, name, data)
        if written is None:
            self._write(name, data, self._stamp * _SECOND)
            if twin is not None:
                self._write(twin, data, self._stamp * _SECOND)
            return False
        if not self._link(name):
            self._write(name, data, written)
        if twin is not None:
            self._share_twin(twin, data, written)
        return True

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

    def _keep_twin(self, twin: str, data: bytes, written: int) -> None:
        """Leave the twin of a kept document as it is, if it is still good."""
        if twin in self._kept:
            if _is_twin(self._here, twin, data, written):
                self._kept.remove(twin)
                self.sizes[twin] = None
                return
            self._remove(twin)
        self._share_twin(twin, data, written)

    def _share_twin(self, twin: str, data: bytes, written: int) -> None:
        """Have the served twin here; a copy keeps its time, because its bytes are the same."""
        if _is_twin(self._there, twin, data, written) and self._link(twin):
            self.sizes[twin] = None
        else:
            self._write(twin, data, written)

    def _make_way(self, name: str) -> None:
        """Remove a folder that is where a file is to be."""
        if name in self.folders:
            entries.remove_at(name, self._here)
            self.folders.remove(name)

    def _link(self, name: str) -> bool:
        self._make_way(name)
        try:
            os.link(name, name, src_dir_fd=self._there, dst_dir_fd=self._here, follow_symlinks=False)
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            return False
        return True

    def _write(self, name: str, data: bytes, mtime_ns: int) -> None:
        if name.endswith(".gz"):
            data = _compressed(data)
        self._make_way(name)
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=self._here)
        try:
            os.fchmod(descriptor, 0o644)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.utime(descriptor, ns=(mtime_ns, mtime_ns))
        finally:
            os.close(descriptor)
        self.bytes += len(data)
        self.sizes[name] = len(data)


def _reads(folder: int, name: str, data: bytes) -> int | None:
    """Return when a file was written, in nanoseconds, if it has these very bytes, else None.

    It is read, not remembered, so that damage heals.
    """
    if folder < 0:
        return None
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
    except OSError:
        return None
    try:
        state = os.fstat(descriptor)
        same = _is_public(state) and os.read(descriptor, len(data) + 1) == data
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return state.st_mtime_ns if same else None


def _is_twin(folder: int, name: str, data: bytes, written: int) -> bool:
    """Whether a compressed twin is still good.

    It has the time of its document, because both were written together, and ends as gzip ends these bytes.
    """
    if folder < 0:
        return False
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
    except OSError:
        return False
    try:
        state = os.fstat(descriptor)
        if state.st_mtime_ns != written or not _is_public(state) or state.st_size < _GZIP_END:
            return False
        return os.pread(descriptor, _GZIP_END, state.st_size - _GZIP_END) == _gzip_end(data)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _gzip_end(data: bytes) -> bytes:
    """Return the checksum and the length that a gzip file of these bytes ends with."""
    return zlib.crc32(data).to_bytes(4, "little") + (len(data) % 2**32).to_bytes(4, "little")


def _is_public(state: os.stat_result) -> bool:
    """Whether it is a regular file that a web server may read."""
    return stat.S_ISREG(state.st_mode) and state.st_mode & 0o444 == 0o444


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
