"""A history that went back: rewound, replaced, rewritten or deleted behind the back of the runs.

Runs only add to it. Every record has the id of its lineage and a serial that grows, and three witnesses know
how far it was: the last tip that this clone saw, the pulse, and the published release. Where one of them is
ahead of the tip, the branch was moved by hand, or restored from an old backup.
"""

from collections.abc import Iterable
from datetime import datetime

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem, RemoteError
from reconciler.model.recorded import Position
from reconciler.model.snapshot import WentBack
from reconciler.record import history, layout, parsing, refs
from reconciler.record.command import GitError, Repository
from reconciler.record.history import RecordPlace, Tips
from reconciler.record.objects import read_blobs
from reconciler.record.waiting import has


def went_back(
    repo: Repository, settings: HistorySettings, now: datetime, published: Position | None = None
) -> WentBack | None:
    """Return what is wrong if the history is not where it was; the old tip is then kept, where it is here.

    `published` is the place of the release that is served, read before the history was.
    """
    place = history.locate(repo, settings, reading=True)
    if place.detached or _lost(repo, place, history.tips(repo, place), published) is None:
        return None
    try:
        history.fetch(repo, place)  # others may have recorded between the reading of one and of the other
    except RemoteError:
        return None
    seen = history.tips(repo, place)
    lost = _lost(repo, place, seen, published)
    if lost is None:
        return None
    what, serial = lost
    remedy = _keep(repo, place, seen)
    return WentBack(
        noticed_at=now, serial=serial, problem=Problem(place.branch, what, remedy, cause="history-went-back")
    )


def _lost(
    repo: Repository, place: RecordPlace, seen: Tips, published: Position | None
) -> tuple[str, int | None] | None:
    """Return what happened, and the last serial of this very history if it was rewound."""
    tip, *ahead = _positions(repo, place, seen)
    if published is not None and published.pushed and not place.checked_out:
        ahead.append(published)
    if seen.history is None:
        if seen.seen is None and not any(ahead):
            return None
        return "does not exist any more: its history was deleted", None
    witnesses = [position for position in ahead if position is not None]
    if tip is not None:
        if other := next((each for each in witnesses if each.lineage != tip.lineage), None):
            return f"has another history than before: lineage {tip.lineage} instead of {other.lineage}", None
        last = max((each.serial for each in witnesses), default=0)
        if last > tip.serial:
            return f"was set back: it had reached serial {last}, and has {tip.serial} now", last
    if not (place.checked_out or repo.shallow or seen.seen is None or has(repo, seen.history, seen.seen)):
        return f"was rewritten: {seen.seen[:12]}, its last known commit, is not part of it any more", None
    return None


def _positions(repo: Repository, place: RecordPlace, seen: Tips) -> Iterable[Position | None]:
    """Return the place of the tip, of the last tip that was seen, and of the pulse.

    On the checked-out branch the pulse is none of its witnesses: it may be of another branch.
    """
    path = place.path(layout.RUN)
    names = [f"{commit}:{path}" if commit else "missing" for commit in (seen.history, seen.seen)]
    pulse = None if place.checked_out else seen.pulse
    names.append(f"{pulse}:{layout.PULSE_RUN}" if pulse else "missing")
    try:
        contents = read_blobs(repo, names)
    except GitError:
        return [None] * len(names)  # whatever is damaged is reported where it is needed
    return [_position(data) for data in contents]


def _position(data: bytes | None) -> Position | None:
    try:
        return parsing.parse_run(layout.RUN, data).position
    except ValueError:
        return None


def _keep(repo: Repository, place: RecordPlace, seen: Tips) -> str:
    """Keep the old tip; return how to restore it."""
    old = seen.seen
    if old is None or (seen.history is not None and has(repo, seen.history, old)):
        return "if that was not meant, restore it from another clone or a backup"
    kept, branch = refs.kept(old), refs.local(place.branch)
    refs.move(repo, {kept: (old, "")})
    restore = (
        f"git push --force {place.remote} {kept}:{branch}"
        if place.remote
        else f"git update-ref {branch} {kept}"
    )
    return f"if that was not meant, restore the old tip, which is kept: {restore}"
