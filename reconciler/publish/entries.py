"""Entries of the publish folder: read, opened and removed without ever following a symbolic link."""

import errno
import io
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Without `O_NONBLOCK`, opening a FIFO would wait for its writer."""

FOLDER = "a folder"
FILE = "a file"
LINK = "a symbolic link"
_TYPES = {
    stat.S_IFDIR: FOLDER,
    stat.S_IFREG: FILE,
    stat.S_IFLNK: LINK,
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


class Content(NamedTuple):
    """A file that was read whole."""

    data: bytes
    mtime_ns: int


def type_of(path: Path) -> str | None:
    """Return the type of an entry in words; None if it does not exist."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    return _TYPES.get(stat.S_IFMT(mode), "of an unknown type")


def open_folder(path: Path | str, at: int | None = None) -> int:
    """Open a folder; raises `OSError` for anything else, a symbolic link to a folder included."""
    return os.open(path, _FOLDER, dir_fd=at)


@contextmanager
def opened(root: Path, path: str) -> Iterator[int]:
    """Hold the folder `path` below `root` open; raises `OSError` if there is none."""
    here = open_below(root, path)
    try:
        yield here
    finally:
        os.close(here)


def open_below(root: Path, path: str) -> int:
    """Open the folder `path` below `root`, step by step; raises `OSError` if there is none."""
    return _descend(root, path, open_folder)


def make_below(root: Path, path: str) -> int:
    """Make the folder `path` below `root`, and open it; entries in its way are removed."""
    return _descend(root, path, _made)


def make_folder(path: Path) -> None:
    """Make a folder that a web server can read, whatever the umask; leave one that exists as it is."""
    if not path.is_dir():
        path.mkdir()
        path.chmod(0o755)


def is_open(mode: int) -> bool:
    """Return whether a folder of this mode lets web servers in."""
    return mode & 0o555 == 0o555


def read(name: str, at: int) -> Content:
    """Return a regular file of an open folder; raises `OSError` for anything else."""
    descriptor = os.open(name, _FILE, dir_fd=at)
    with io.FileIO(descriptor, "rb") as file:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise FileNotFoundError(name)
        return Content(file.readall(), state.st_mtime_ns)


def files_and_folders(at: int) -> list[tuple[str, bool]]:
    """Return the regular files and the folders of an open folder, with whether each is a folder, in order."""
    with os.scandir(at) as found:
        return sorted(
            (entry.name, entry.is_dir(follow_symlinks=False))
            for entry in found
            if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)
        )


def remove(path: Path) -> None:
    """Remove an entry: a folder with all that it holds, or a single entry."""
    if type_of(path) == FOLDER:
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_at(name: str, at: int) -> None:
    """Remove an entry of an open folder, likewise."""
    try:
        os.unlink(name, dir_fd=at)
    except IsADirectoryError:
        shutil.rmtree(name, dir_fd=at)


def _descend(root: Path, path: str, enter: Callable[[str, int], int]) -> int:
    here = open_folder(root)
    try:
        for name in path.split("/"):
            here, above = enter(name, here), here
            os.close(above)
    except BaseException:
        os.close(here)
        raise
    return here


def _made(name: str, at: int) -> int:
    try:
        return _opened_up(open_folder(name, at))
    except FileNotFoundError:
        pass
    except NotADirectoryError:  # what Linux answers for a symbolic link, too
        remove_at(name, at)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        remove_at(name, at)
    os.mkdir(name, dir_fd=at)
    return _opened_up(open_folder(name, at))


def _opened_up(here: int) -> int:
    """Let web servers into an open folder, whatever the umask."""
    if not is_open(os.fstat(here).st_mode):
        os.fchmod(here, 0o755)
    return here
