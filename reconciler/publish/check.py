"""The served release, file by file: against its manifest, its schemas, its twins, its links, and web servers.

It only reads, and takes no lock: a user without the right to write can check, too.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import Problem, PublishError
from reconciler.publish import entries, release
from reconciler.publish.check_file import REMEDY, FileCheck
from reconciler.publish.links import files_of_link
from reconciler.publish.manifest import MANIFEST, MANIFEST_FILE, ListedFiles, read_manifest
from reconciler.publish.tree import Validator, is_of_release, valid
from reconciler.text import printable

_TRIES = 3
_UNREADABLE = "cannot be read"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check."""

    release: str
    files: int
    bytes: int
    problems: tuple[Problem, ...]


def check(directory: Path, validate: Validator = valid) -> Checked:
    """Check what is served below `directory`; raises `PublishError` when nothing is.

    When another release is served by the end, the check begins again: what it read may be removed by then.
    """
    directory = directory.absolute()
    served, found = None, None
    for _ in range(_TRIES):
        if found is not None and release.current(directory) == served:
            break
        served = _served(directory)
        found = _check(directory / release.RELEASES / served, validate)
    assert found is not None
    return Checked(found.release, found.files, found.bytes, (*_closed(directory), *found.problems))


def damage_of(root: Path) -> tuple[Problem, ...]:
    """Return how a release differs from what was published; by whatever version it was."""
    listed, problem = _manifest(root)
    files = FileCheck(root.name, listed, None)
    _check_files(files, root)
    if problem is not None and problem.what.startswith(_UNREADABLE):
        files.problems.append(problem)
    return tuple(files.problems)


def _check(root: Path, validate: Validator) -> Checked:
    listed, problem = _manifest(root)
    files = FileCheck(root.name, listed, validate)
    if problem is not None:
        files.problems.append(problem)
    _check_files(files, root)
    for link, path in files.links.items():
        targets = files_of_link(link)
        if targets and files.found.keys().isdisjoint(targets):
            files.add(path, f"has a link that leads nowhere: {printable(link[:_LONGEST])}")
    return Checked(root.name, len(files.found), sum(files.found.values()), tuple(files.problems))


def _manifest(root: Path) -> tuple[ListedFiles | None, Problem | None]:
    """Return the manifest, and why there is none."""
    try:
        listed = read_manifest(root)
    except OSError as error:
        return None, Problem(
            f"{root.name}/{MANIFEST_FILE}", f"{_UNREADABLE}: {error.strerror or error}", REMEDY
        )
    if listed is not None:
        return listed, None
    what = f"has no readable {MANIFEST}: it is damaged, or an older version published it"
    return None, Problem(root.name, what, REMEDY)


def _check_files(files: FileCheck, root: Path) -> None:
    """Check each file that is found; what a folder that cannot be read should have is not missing."""
    unread: list[str] = []
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with entries.opened(root, folder or ".") as here:
                below = [name for name, is_folder in entries.files_and_folders(here) if is_folder]
                _check_folder(files, folder, here)
        except OSError as error:
            files.add(folder or ".", f"{_UNREADABLE}: {error.strerror or error}")
            unread.append(f"{folder}/" if folder else "")
            continue
        waiting += [f"{folder}/{name}" if folder else name for name in reversed(below)]
    for path in sorted(files.listed.keys() - files.found.keys()):
        if not path.startswith(tuple(unread)):
            files.add(printable(path), f"is missing, though {MANIFEST} lists it")


def _check_folder(files: FileCheck, folder: str, here: int) -> None:
    """Check an open folder, and the files in it."""
    if stat.S_IMODE(os.fstat(here).st_mode) & 0o555 != 0o555:
        files.add(folder or ".", "cannot be entered by a web server", "chmod 755 it, or publish again")
    with os.scandir(here) as found:
        kinds = sorted(found, key=lambda entry: entry.name)
    names = set()
    for entry in kinds:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.is_dir(follow_symlinks=False):
            continue
        if entry.is_symlink() or not entry.is_file(follow_symlinks=False):
            what = "is a symbolic link" if entry.is_symlink() else "is not a regular file"
            files.add(printable(path), what, "remove it, or publish again")
        elif not is_of_release(path):
            files.add(printable(path), "is not a file of a release", "remove it, or publish again")
        else:
            names.add(entry.name)
    for name in sorted(names):
        if not (name.endswith(".gz") and name.removesuffix(".gz") in names):
            files.check(folder, name, here, twin=f"{name}.gz" in names)


def _served(directory: Path) -> str:
    """Return the release that is served; raises `PublishError` with why it cannot be."""
    release.existing(directory)
    served = release.current(directory)
    if served is not None:
        return served
    link = directory / release.CURRENT
    try:
        target = link.readlink()
    except FileNotFoundError:
        raise PublishError(Problem(str(link), "does not exist: nothing is served", REMEDY)) from None
    what = f"leads to {target}, and not to {release.RELEASES}/ and an existing release"
    if target.is_absolute():
        what = f"is an absolute link, which breaks where the folder is mounted elsewhere: {target}"
    raise PublishError(Problem(str(link), what, REMEDY))


def _closed(directory: Path) -> Iterator[Problem]:
    """Yield the folders above the release that a web server cannot enter."""
    for folder in (directory, directory / release.RELEASES):
        if not folder.stat().st_mode & (stat.S_IXOTH | stat.S_IXGRP):
            yield Problem(str(folder), "cannot be entered by a web server", f"chmod o+x {folder}")
