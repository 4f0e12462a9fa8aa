"""One folder of a release being built: files are kept, linked or replaced, never written into.

A folder may hold files already: releases that are no longer kept are built into again, because most of their
files are what is served now, and a name that stays costs no system call.
"""

import errno
import os
import stat
import zlib
from collections.abc import Callable, Sequence
from hashlib import sha256

from reconciler.errors import Problem
from reconciler.publish import entries
from reconciler.publish.manifest import FileEntry, ListedFiles

GZIP_OVER = 1024
"""Documents of more bytes get a compressed copy, which web servers send as it is."""
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
    """An open folder to fill (`here`), and the open one that is served at its place (`there`).

    `known` has the entries of the manifest that is served, by the names here: it saves reading compressed
    copies.
    """

    def __init__(self, here: int, there: int | None, stamp: int, known: ListedFiles) -> None:
        self.bytes = 0
        """Bytes written."""
        self.documents = 0
        self.linked = 0
        """Documents that are shared with what is served."""
        self.repaired = 0
        """Twins of shared documents that are not good where they are served."""
        self.folders: list[str] = []
        """The folders that were in it."""
        self.sizes: dict[str, int | None] = {}
        """The size of each file that was written into it; None for one that is shared, and was read."""
        self.files: dict[str, FileEntry] = {}
        """The entry of each file in the manifest."""
        self._stamp = stamp
        self._known = known
        self._here = here
        self._there = -1 if there is None else there
        try:
            self._kept = self._keep()
        except BaseException:
            self.close()
            raise

    def put(self, name: str, data: bytes, problems_of: Callable[[], Sequence[Problem]]) -> Sequence[Problem]:
        """Add a document, with a compressed copy if it is long; new bytes with problems are left out."""
        written = _reads(self._here, name, data) if name in self._kept else None
        if written is not None:
            self._kept.remove(name)
        else:
            self._drop(name)
            written = _reads(self._there, name, data)
            if written is not None and not self._link(name):
                self._write(name, data, written)
        if written is None:
            if problems := problems_of():
                return problems
            self._write(name, data, self._stamp * _SECOND)
        else:
            self.linked += 1
            self.sizes.setdefault(name, None)
        self.documents += 1
        self.files[name] = FileEntry(sha256(data).hexdigest(), len(data))
        if len(data) > GZIP_OVER:
            self._put_compressed_copy(name, data, written)
        return ()

    def share(self, name: str, entry: FileEntry | None) -> None:
        """Have the served file here as it is; without its `entry` of the manifest, it is read for one."""
        content = None
        if name in self._kept:
            self._kept.remove(name)
        elif not self._link(name):
            content = entries.read(name, self._there)
            self._write_raw(name, content.data, content.mtime_ns)
        if entry is None:
            data = (content or entries.read(name, self._there)).data
            entry = FileEntry(sha256(data).hexdigest(), len(data))
        self.sizes.setdefault(name, None)
        self.files[name] = entry

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

    def _drop(self, name: str) -> None:
        """Remove a kept document that changed, and its compressed copy."""
        for stale in (name, f"{name}.gz"):
            if stale in self._kept:
                self._remove(stale)

    def _put_compressed_copy(self, name: str, data: bytes, written: int | None) -> None:
        """Put the compressed copy of a document that was just put; `written`: the time of a shared one.

        A compressed copy keeps the time of its document, because its bytes are the same.
        """
        compressed = f"{name}.gz"
        if written is None:
            self._write(compressed, data, self._stamp * _SECOND)
            return
        known = self._known.get(compressed) if self._known.get(name) == self.files[name] else None
        if compressed in self._kept:
            entry = _compressed_entry(self._here, compressed, data, written, known)
            if entry is not None:
                self._kept.remove(compressed)
                self.sizes[compressed], self.files[compressed] = None, entry
                return
            self._remove(compressed)
        entry = _compressed_entry(self._there, compressed, data, written, known)
        self.repaired += entry is None
        if entry is not None and self._link(compressed):
            self.sizes[compressed], self.files[compressed] = None, entry
        else:
            self._write(compressed, data, written)

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
            self.files[name] = FileEntry(sha256(data).hexdigest(), len(data))
        self._write_raw(name, data, mtime_ns)

    def _write_raw(self, name: str, data: bytes, mtime_ns: int) -> None:
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


def _compressed_entry(
    folder: int, name: str, data: bytes, written: int, known: FileEntry | None
) -> FileEntry | None:
    """Return the entry of a compressed copy that is still good; None where there is no such copy.

    It has the time of its document, because both were written together. Where the manifest knows it, it has
    that size and ends as gzip ends these bytes; else it is read.
    """
    if folder < 0:
        return None
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
    except OSError:
        return None
    try:
        state = os.fstat(descriptor)
        if state.st_mtime_ns != written or not _is_public(state) or state.st_size < _GZIP_END:
            return None
        start = 0 if known is None else state.st_size - _GZIP_END
        packed = os.pread(descriptor, state.st_size, start)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    if known is None:
        return FileEntry(sha256(packed).hexdigest(), len(packed)) if unpacks_to(packed, data) else None
    return known if packed == _gzip_end(data) and state.st_size == known.size else None


def unpacks_to(packed: bytes, data: bytes) -> bool:
    """Return whether a gzip file has these very bytes; one that would unpack to more is not unpacked."""
    unpacker = zlib.decompressobj(_GZIP_FORMAT)
    try:
        unpacked = unpacker.decompress(packed, len(data) + 1)
    except zlib.error:
        return False
    return unpacked == data and unpacker.eof and not unpacker.unused_data


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
