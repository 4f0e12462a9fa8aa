"""Filters of git (LFS, clean and smudge commands, line endings): none touches what runs write.

On a branch of its own the record never passes through a work tree. On the checked-out branch, git writes its
files there without filters; a person who adds them again can still change them, unless `.gitattributes`
exempts the folder.
"""

import re

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem
from reconciler.record import layout
from reconciler.record.command import GitError, Repository, run

_DRIVER = re.compile(r"filter\.([^=\n]+)\.(?:clean|smudge|process|required)")
_LINE_ENDINGS = ("-c", "core.autocrlf=false", "-c", "core.eol=lf")


def without_filters(repo: Repository) -> tuple[str, ...]:
    """Return options of git with which it runs no filter, and writes line endings as they are."""
    try:
        names = run(repo, "config", "--name-only", "-z", "--get-regexp", r"^filter\.").decode(
            "utf-8", "replace"
        )
    except GitError:
        return _LINE_ENDINGS
    drivers = {match[1] for name in names.split("\0") if (match := _DRIVER.fullmatch(name))}
    off = (f"filter.{name}.{part}=" for name in sorted(drivers) for part in ("clean", "smudge", "process"))
    optional = (f"filter.{name}.required=false" for name in sorted(drivers))
    return (*_LINE_ENDINGS, *(word for option in (*off, *optional) for word in ("-c", option)))


def filtered(repo: Repository, settings: HistorySettings) -> Problem | None:
    """Return the problem if a filter applies to the record on the checked-out branch."""
    if settings.branch is not None:
        return None
    path = f"{settings.directory}/{layout.RUN}"
    output = run(repo, "check-attr", "-z", "filter", "--", path).decode("utf-8", "replace")
    name = output.split("\0")[2]
    if name in {"unspecified", "unset", "set", ""}:
        return None
    what = f"git's filter {name} applies to it: a person who commits these files would change them"
    remedy = f"add this line to .gitattributes: {settings.directory}/** -filter -text"
    return Problem(settings.directory, what, remedy)
