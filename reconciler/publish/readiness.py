"""Checks of the publish folder for `doctor`, by trying what a publish does, in a folder that is removed."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from reconciler.model.check import Check, CheckState
from reconciler.publish import release
from reconciler.publish.hold import read_hold

_PREFIX = ".doctor-"


def publish_checks(directory: Path, name: str) -> Iterator[Check]:
    """Yield the checks of the folder; one that does not exist is not made, and its parent is checked.

    `name` is the folder as the configuration has it.
    """
    directory = directory.absolute()
    place = next(path for path in (directory, *directory.parents) if path.exists() or path.is_symlink())
    if not place.is_dir():
        remedy = "move it away, or change publish.directory"
        yield _check("bad", f"{place} is not a folder", remedy)
        return
    problems = [f"{problem.subject} {problem.what}" for problem in release.misplaced(directory)]
    for what in problems:
        yield _check("bad", what, "move it away, or change publish.directory")
    if problems:
        return
    releases = directory / release.RELEASES
    for folder in [place, releases] if releases.exists() else [place]:
        found = list(_written(folder))
        yield from found
        if any(check.state == "bad" for check in found):
            return
    yield from _readable(directory, place)
    if place != directory:
        yield _check(
            "ok", f"{directory} does not exist yet; a run makes it", brief=f"{name}/, made by the first run"
        )
        return
    served = release.current(directory)
    shown = f"release {served} is served" if served else "nothing is published yet"
    with suppress(OSError):
        if hold := read_hold(directory):
            yield _check("note", hold.problem.what, hold.problem.remedy)
    yield _check("ok", f"{directory} can be written to; {shown}", brief=f"{name}/, {shown}")


def _written(folder: Path) -> Iterator[Check]:
    """Make a file, a link to it and a symbolic link in a folder, replace that, and remove them all."""
    step = "written to"
    try:
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=folder) as scratch:
            here = Path(scratch)
            (here / "file").write_bytes(b"{}\n")
            step = "given symbolic links"
            (here / "link").symlink_to("file")
            (here / "next").symlink_to("file")
            (here / "next").replace(here / "link")
            step = ""
            try:
                (here / "same").hardlink_to(here / "file")
            except OSError as error:
                what = f"{folder} takes no hard links ({error.strerror}): each release takes its full size"
                yield _check("note", what)
    except OSError as error:
        if not step:
            raise
        what = f"{folder} cannot be {step}: {error.strerror}{_owner(folder)}"
        yield _check("bad", what, "let this user write there, or change publish.directory")


def _owner(folder: Path) -> str:
    owner = folder.stat().st_uid
    if owner == os.geteuid():
        return ""
    return f"; it belongs to {_user(owner)}, and this is {_user(os.geteuid())}"


def _user(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def _readable(directory: Path, place: Path) -> Iterator[Check]:
    """Check that a web server, which is another user, gets as far as the folder."""
    for folder in (*reversed(place.parents), place):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH and not mode & stat.S_IXGRP:
            what = (
                f"only {_user(folder.stat().st_uid)} can enter {folder}: a web server cannot read {directory}"
            )
            yield _check("note", what, f"chmod o+x {folder}, or keep what is published elsewhere")
            return


def _check(state: CheckState, what: str, remedy: str = "", brief: str = "") -> Check:
    return Check(name="folder", state=state, what=what, remedy=remedy, brief=brief)
