"""Root without what sets it above the modes of files, so that tests hold for whoever runs them."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION = 0x20080522
_ABOVE_MODES = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, see capabilities(7)."""


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Set(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


@contextmanager
def modes_of_files_count() -> Iterator[None]:
    """For this thread, and threads that it starts, in this block: also root gets only what a mode allows.

    The user stays the same, and so does all that only this user may read: another user could import nothing
    from a checkout in a folder of mode 0700.
    """
    if os.geteuid() != 0:
        yield
        return
    held = _effective()
    _set_effective(held & ~_ABOVE_MODES)
    try:
        yield
    finally:
        _set_effective(held)


def _effective() -> int:
    return _capabilities()[0].effective


def _set_effective(wanted: int) -> None:
    sets = _capabilities()
    sets[0].effective = wanted
    _call("capset", sets)


def _capabilities() -> "ctypes.Array[_Set]":
    sets = (_Set * 2)()
    _call("capget", sets)
    return sets


def _call(name: str, sets: "ctypes.Array[_Set]") -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(ctypes.byref(_Header(_VERSION, 0)), sets) != 0:
        raise OSError(ctypes.get_errno(), name)
