"""Bytes on disk: canonical JSON, atomic writes, and locks."""

import errno
import fcntl
import os
import re
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

_LOCK_PAUSE = 0.05
_DEEPEST = 254
"""So deeply nested values are written; deeper ones are refused."""
_COMPACT = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME
_INDENTED = _COMPACT | orjson.OPT_INDENT_2

_MARKUP = tuple((bytes([code]), b"\\u%04x" % code) for code in b"<>&\x7f")
_ACTIVE = re.compile(
    rb"\xc2[\x80-\x9f\xad]|\xd8\x9c|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf"
)
"""C1 controls, soft hyphen, zero-width and direction marks, line separators (UTF-8): only in strings."""


def canonical(value: Any) -> bytes:
    r"""Return the canonical JSON of a value: sorted keys, 2 spaces, LF, final newline, UTF-8.

    Accepts JSON types only (dict with string keys, list, tuple, str, int, float, bool, None); anything else
    raises `TypeError`, so that no value is serialised by accident.

    Characters that a browser or a terminal would interpret (markup, and controls that reorder or hide text)
    are written as `\uXXXX`: the value stays the same, and a guest's name cannot inject anything.
    """
    return _safe(orjson.dumps(value, option=_INDENTED))


def compact(value: Any) -> bytes:
    """Return the canonical JSON of a value without indentation, on one line: what is published."""
    return _safe(orjson.dumps(value, option=_COMPACT))


def _safe(data: bytes) -> bytes:
    for plain, escaped in _MARKUP:
        data = data.replace(plain, escaped)
    if not data.isascii():
        data = _ACTIVE.sub(lambda match: b"\\u%04x" % ord(match[0].decode()), data)
    return data


def parse_json(data: bytes | str) -> Any:
    """Return the value of a JSON text; raises `ValueError` if it is not JSON."""
    return orjson.loads(data)


def is_plain(value: Any, depth: int = 64) -> bool:
    """Return whether `canonical` can write a JSON value, nested no deeper than that."""
    for _ in range(_DEEPEST - depth):
        value = [value]
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def read_regular(path: Path, most: int, *, cut: bool = False) -> bytes:
    """Return the content of a regular file of at most so many bytes; a device or a pipe would never end.

    Raises `OSError`; its `strerror` is a message for people. With `cut`, of a larger file one byte more
    than that is returned, for a caller with a message of its own.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", os.fspath(path))
        data = file.read(most + 1)
    if len(data) > most and not cut:
        raise OSError(errno.EFBIG, f"it is larger than {most // 2**20} MiB", os.fspath(path))
    return data


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees either the old bytes or the new ones, even after a crash.

    A symbolic link stays a link, and an existing file keeps its mode; a new one gets its mode from the umask.
    """
    path = path.resolve()
    beside = write_beside(path, data)
    try:
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_beside(path: Path, data: bytes) -> Path:
    """Write what is to replace a file into a new one beside it, with the mode of the file; return that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name[:200]}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            beside.chmod(stat.S_IMODE(path.stat().st_mode))
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return beside


def lock(descriptor: int, wait: float) -> bool:
    """Take the exclusive lock (`flock`) of an open file; return False if it is held for `wait` seconds.

    The lock is released with the descriptor, and so with the process, however that ends.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOCK_PAUSE)
        else:
            return True
