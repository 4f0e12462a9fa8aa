"""Replace files of the desired state: all of them or none, and none that someone else is at work on."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler import files
from reconciler.errors import DesiredStateError, Problem
from reconciler.text import printable


@dataclass(frozen=True, slots=True)
class Replacement:
    """A file as it was read, and what replaces it."""

    before: bytes | None
    """None: there was no file."""
    after: bytes


def replace_files(folder: Path, name: str, replacements: Mapping[str, Replacement]) -> None:
    """Replace files, by their path below a folder that messages call `name`.

    Raises `DesiredStateError` with every file that cannot be replaced; then all of them are as they were.
    """
    problems = [
        Problem(printable(f"{name}/{path}"), *why)
        for path, each in replacements.items()
        for why in _obstacles(folder, path, each)
    ]
    if problems:
        raise DesiredStateError(problems)
    written: dict[Path, Path] = {}
    done: dict[Path, bytes | None] = {}
    path = ""
    try:
        for path, each in replacements.items():
            written[folder / path] = files.write_beside(folder / path, each.after)
        for path, each in replacements.items():
            file = folder / path
            written.pop(file).replace(file)
            done[file] = each.before
    except OSError as error:
        _restore(done)
        what = f"cannot be written: {error.strerror}"
        remedy = "no file was changed; make it writable, and try again"
        raise DesiredStateError(Problem(printable(f"{name}/{path}"), what, remedy)) from error
    except BaseException:
        _restore(done)
        raise
    finally:
        for beside in written.values():
            beside.unlink(missing_ok=True)


def _obstacles(folder: Path, path: str, replacement: Replacement) -> Iterator[tuple[str, str]]:
    """Yield why a file cannot be replaced, and how to change that."""
    file = folder / path
    now: bytes | None = None
    try:
        if any(place.is_symlink() for place in (file, *file.parents) if place.is_relative_to(folder)):
            yield "leads through a symbolic link", "replace the link with the file or folder itself"
            return
        now = file.read_bytes()
    except FileNotFoundError:
        pass
    except OSError as error:
        yield f"cannot be read: {error.strerror}", "make it a file that you may read and write"
        return
    if now != replacement.before:
        yield "was changed meanwhile", "check the file, and try again"
    elif now is not None and not (file.stat().st_mode & 0o222 and os.access(file, os.W_OK)):
        yield "cannot be written: it is read-only", "make it writable (chmod u+w), and try again"


def _restore(done: Mapping[Path, bytes | None]) -> None:
    """Give files that were replaced their earlier content."""
    for file, before in done.items():
        with suppress(OSError):
            if before is None:
                file.unlink(missing_ok=True)
            else:
                files.write_atomically(file, before)
