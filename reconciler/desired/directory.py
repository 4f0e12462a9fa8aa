"""The files of a desired-state folder; nothing in a pull request can lead outside it."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from reconciler.desired.load import passed_over
from reconciler.errors import DesiredStateError, Problem, in_order
from reconciler.text import printable
from reconciler.yamlfile.syntax import MAX_BYTES

MAX_FILES = 20_000
MAX_TOTAL = 64 * 1024 * 1024


def read_directory(path: Path, name: str | None = None) -> dict[str, bytes]:
    """Return path below the folder → content, of every file in it that is not passed over.

    Symbolic links are refused, files and folders alike: one could expose any file of the host in a message.
    Raises `DesiredStateError` with every problem; `name` is what messages call the folder.
    """
    try:
        return _read_all(path)
    except DesiredStateError as error:
        shown, top = name or os.fspath(path), os.fspath(path)
        raise DesiredStateError(
            replace(problem, subject=shown + problem.subject.removeprefix(top)) for problem in error.problems
        ) from None


def _read_all(path: Path) -> dict[str, bytes]:
    if path.is_symlink():
        remedy = "replace it with a folder of the repository"
        raise DesiredStateError(_problem(path, "is a symbolic link", remedy))
    if not path.is_dir():
        if not path.exists():
            remedy = "`reconciler adopt --write` makes it, or set `desired_state` in the configuration"
            raise DesiredStateError(_problem(path, "does not exist", remedy))
        remedy = "make it a folder with one per source, or set `desired_state` in the configuration"
        raise DesiredStateError(_problem(path, "is not a folder", remedy))
    files: dict[str, bytes] = {}
    found: list[Problem] = []
    total = 0
    for count, entry in enumerate(_entries(path, found)):
        if count == MAX_FILES:
            found.append(
                _problem(path, f"has more than {MAX_FILES:,} files", "put several resources into one file")
            )
            break
        try:
            data = _read(Path(entry))
        except OSError as error:
            found.append(_problem(entry, f"cannot be read: {error.strerror}"))
            continue
        total += len(data)
        if total > MAX_TOTAL:
            found.append(_problem(path, f"has more than {MAX_TOTAL // 1024**2} MiB", "declare less"))
            break
        files[Path(entry).relative_to(path).as_posix()] = data
    if found:
        raise DesiredStateError(in_order(found))
    return files


def _entries(top: Path, found: list[Problem]) -> Iterator[str]:
    """Yield the regular files below a folder, those of a folder before those of its subfolders."""
    folders = [os.fspath(top)]
    for folder in folders:
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            found.append(_problem(folder, f"cannot be read: {error.strerror}"))
            continue
        for entry in entries:
            if entry.name == ".git":
                what = "is a git repository of its own, so a run cannot record what it declares"
                found.append(_problem(folder, what, "move its files into this repository (no submodule)"))
            if passed_over(entry.name):
                continue
            if entry.is_symlink():
                found.append(_problem(entry.path, "is a symbolic link", "replace it with the file itself"))
            elif not entry.name.isprintable():
                found.append(_problem(entry.path, "has a name with unprintable characters", "rename it"))
            elif entry.is_dir():
                folders.append(entry.path)
            elif entry.is_file():
                yield entry.path
            else:
                found.append(_problem(entry.path, "is not a regular file", "remove it"))


def _read(path: Path) -> bytes:
    """Read a file, never through a link; of one that is too large, only as much as shows that."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(MAX_BYTES + 1)


def _problem(path: Path | str, what: str, remedy: str = "") -> Problem:
    return Problem(printable(os.fspath(path)), what, remedy)
