"""Switch back to a release that is still there, if it is complete."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reconciler.errors import Problem, PublishError, UsageError
from reconciler.model.progress import Progress, Silent
from reconciler.publish import release
from reconciler.publish.check import damage_of
from reconciler.publish.failures import reported
from reconciler.publish.hold import start_hold
from reconciler.text import visible

AGAIN = "roll back again"
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The result of a rollback."""

    release: str
    before: str | None
    """The release that was served before; None where `current` led to none."""


def roll_back(
    directory: Path,
    to: str | None = None,
    *,
    hold: datetime | None = None,
    wait: float = 60.0,
    progress: Progress | None = None,
) -> RolledBack:
    """Serve the release `to`, or else the one that was published before the served one.

    With `hold`, the moment of now, nothing new is published until the hold ends. Raises `UsageError` for a
    release that does not exist, and `PublishError`; what was served before is then still served.
    """
    progress = progress or Silent()
    directory = directory.absolute()
    with reported(directory, AGAIN):
        releases = release.existing(directory)
        with release.locked(directory, wait):
            served = release.current(directory)
            known = release.in_order_of_publishing(releases)
            target = _named(to, known, served) if to is not None else _before(directory, known, served)
            if target != served:
                progress.step(f"checking release {target}")
                _refuse_damaged(releases, target, known)
                progress.step("switching")
                release.switch(directory, target)
            if hold is not None:
                start_hold(directory, hold)
    return RolledBack(target, served)


def _named(to: str, known: list[str], served: str | None) -> str:
    name = to.rstrip("/").rpartition("/")[2]
    if name not in known:
        what = f"is not a release; there are {_listed(known, served)}"
        raise UsageError(Problem(visible(to, _LONGEST), what, "name one of them"))
    return name


def _before(directory: Path, known: list[str], served: str | None) -> str:
    """Return the release that was published before the served one.

    Of the run of a release that is marked as out of date, no other one is better.
    """
    if served is None:
        return known[-1]
    releases = directory / release.RELEASES
    earlier = known[: known.index(served)]
    if release.is_marked(releases / served):
        earlier = [name for name in earlier if release.run_of(name) != release.run_of(served)]
    if not earlier:
        what = f"no release was published before {served}; there are {_listed(known, served)}"
        raise PublishError(Problem(str(directory), what, "name the one to serve, or publish again"))
    return earlier[-1]


def _refuse_damaged(releases: Path, target: str, known: list[str]) -> None:
    if problems := damage_of(releases / target):
        others = _listed([name for name in known if name != target], None)
        what = f"release {target} is damaged and is not served; there are {others}"
        raise PublishError([*problems, Problem(str(releases), what, "name another one, or publish again")])


def _listed(known: list[str], served: str | None) -> str:
    """Return the releases as text, the last one first."""
    names = [f"{name} (served)" if name == served else name for name in reversed(known)]
    return ", ".join(names) or "no others"
