"""The history branch: which commit is its tip, and how the tip moves, in four cases.

                    on a branch of its own               on the checked-out branch
    not pushed      the local branch                     HEAD; index and work tree follow
    pushed          the remote's branch                  the remote's branch; HEAD follows if it was there

While the remote is away, the tip is a ref of ours in this clone (see `waiting`). Nothing is ever rebased or
forced: a commit lands on the tip that it was made for, or it is made again.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem, RecordError
from reconciler.record import checked_out, refs, signing
from reconciler.record import remote as remotes
from reconciler.record.command import GitError, Repository, run
from reconciler.record.durable import Durable
from reconciler.record.signing import Signer


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where runs are recorded, according to the settings and the checkout."""

    branch: str
    checked_out: bool
    """Recorded on the checked-out branch (`history.branch: null`)."""
    detached: bool
    """No branch is checked out: the record can only be read, from the remote's default branch or HEAD."""
    remote: str | None
    pulse: str | None
    directory: str
    signer: Signer | None = None
    waits: bool = False
    """Runs cannot be pushed, or their branch cannot be moved: they are recorded on a ref of ours."""

    @property
    def branch_names(self) -> tuple[str, ...]:
        """The branches that are read: history, and the pulse if there is one."""
        return (self.branch, self.pulse) if self.pulse else (self.branch,)

    def path(self, relative: str) -> str:
        """Return a path of the layout as a path in the repository."""
        return f"{self.directory}/{relative}"


@dataclass(frozen=True, slots=True)
class Tips:
    """The commits that matter; each is None if it does not exist yet."""

    history: str | None
    """The tip of the branch that runs are recorded on: the remote's, or the local one."""
    local: str | None
    """The local branch."""
    waiting: str | None
    """The last run that waits to be pushed."""
    pulse: str | None
    replaced_pulse: str | None
    """The pulse on the ref that will be replaced."""
    waiting_pulse: str | None
    seen: str | None
    """The tip that this clone saw or made last."""
    work_trees: Mapping[str, str]
    """Local branch → the work tree that has it checked out."""

    @property
    def pulses(self) -> tuple[str, ...]:
        """The pulses that exist; each belongs to one history."""
        return tuple(filter(None, (self.waiting_pulse, self.pulse)))

    @property
    def histories(self) -> tuple[str, ...]:
        """The tips that exist."""
        return tuple(filter(None, (self.waiting, self.history)))


def locate(repo: Repository, settings: HistorySettings, *, reading: bool = False) -> RecordPlace:
    """Return the place that the settings name in the repository; raises `RecordError` if it is unusable."""
    branch, detached = settings.branch, False
    if branch is None:
        try:
            branch = checked_out.branch(repo)
        except refs.BrokenRefError:
            raise
        except RecordError:
            if not reading:
                raise
            branch, detached = _default_branch(repo, settings.push or "origin"), True
    if branch == settings.pulse:
        what = f"is also the branch of the history, {branch}"
        raise RecordError(Problem("history.pulse", what, "give the pulse a branch of its own"))
    if settings.push is not None and not reading:
        remotes.check(repo, settings.push)
    return RecordPlace(
        branch,
        settings.branch is None,
        detached,
        settings.push,
        settings.pulse,
        settings.directory,
        None if reading else signing.signer(repo, settings.sign),
    )


def _default_branch(repo: Repository, remote: str) -> str:
    """Return the branch that a clone checks out, as known since it was cloned; HEAD if it is not known."""
    try:
        name = run(repo, "symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD").decode().strip()
    except GitError:
        return "HEAD"
    return name.removeprefix(f"refs/remotes/{remote}/")


def fetch(repo: Repository, place: RecordPlace) -> None:
    """Fetch the branches that are newer on the remote; does nothing without a remote, or while runs wait.

    Raises `RemoteError` if the remote cannot be reached or does not exist.
    """
    if place.remote is None or place.waits:
        return
    remotes.check(repo, place.remote)
    ours = _read(repo, place).commits
    theirs = remotes.branches(repo, place.remote, place.branch_names)
    tracked = {name: remotes.tracking(place.remote, name) for name in place.branch_names}
    behind = [name for name, commit in theirs.items() if commit != ours.get(tracked[name])]
    new = tuple(name for name in behind if tracked[name] not in ours)
    known = tuple(name for name in behind if tracked[name] in ours)
    if repo.shallow and not place.checked_out and new:
        remotes.fetch(repo, place.remote, new, shallow=True)
        new = ()
    if new or known:
        remotes.fetch(repo, place.remote, new + known, shallow=False)
    for name, ref in tracked.items():
        if name not in theirs and ref in ours:
            run(repo, "update-ref", "-d", ref)


def tips(repo: Repository, place: RecordPlace) -> Tips:
    """Return the tips that are known here. Without a remote, `origin` replaces a missing local branch."""
    upstream = place.remote or "origin"
    local, local_pulse = refs.local(place.branch), refs.local(place.pulse or "")
    theirs, their_pulse = (remotes.tracking(upstream, name or "") for name in (place.branch, place.pulse))
    read = _read(repo, place)
    found = read.commits

    def pick(ours: str, remote: str) -> str | None:
        first, second = (remote, ours) if place.remote else (ours, remote)
        return found.get(first) or found.get(second)

    if place.detached:
        tip = found.get(theirs) or _commit(repo, "HEAD")
    elif place.checked_out and not place.remote:
        tip = found.get(local)
    else:
        tip = pick(local, theirs)
    replaced = their_pulse if place.remote else local_pulse
    return Tips(
        history=tip,
        local=found.get(local),
        waiting=found.get(refs.waiting(place.branch)),
        pulse=pick(local_pulse, their_pulse) if place.pulse else None,
        replaced_pulse=found.get(replaced),
        waiting_pulse=found.get(refs.waiting(place.pulse)) if place.pulse else None,
        seen=found.get(refs.seen(place.branch)),
        work_trees={ref.removeprefix(refs.local("")): path for ref, path in read.work_trees.items()},
    )


def _read(repo: Repository, place: RecordPlace) -> refs.Refs:
    """Read all refs of a place. Broken ones that can be made again are removed; raises for the others."""
    upstream = place.remote or "origin"
    names = [
        name
        for branch in place.branch_names
        for name in (refs.local(branch), remotes.tracking(upstream, branch), refs.waiting(branch))
    ]
    seen = refs.seen(place.branch)
    found = refs.read_refs(repo, [*names, seen])
    if not found.broken:
        return found
    local, theirs = refs.local(place.branch), remotes.tracking(upstream, place.branch)
    if local in found.broken and (place.remote is None or place.checked_out):
        raise refs.broken(repo, local)
    if theirs in found.broken and place.remote is None and local not in found.commits:
        raise refs.broken(repo, theirs)
    unused = set() if place.remote else {theirs}  # a branch that leads nowhere makes git refuse to fetch
    refs.discard(repo, found.broken - unused)
    good = found.commits.get(seen)
    if theirs in found.broken and place.remote and good:
        refs.move(repo, {theirs: (good, None)})  # until the next fetch
    return refs.read_refs(repo, [name for name in (*names, seen) if name not in unused & found.broken])


def _commit(repo: Repository, name: str) -> str | None:
    try:
        return run(repo, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode().strip()
    except GitError:
        return None


def check_writable(place: RecordPlace, seen: Tips) -> None:
    """Raise `RecordError` if a commit would move a branch that another work tree has checked out."""
    if place.remote is not None or place.waits:
        return
    problems = [
        Problem(
            "history",
            f"branch {name} is checked out in {seen.work_trees[name]}, and a run would move it there",
            "check out another branch there, or set history.branch: null",
        )
        for name in place.branch_names
        if name in seen.work_trees and not (place.checked_out and name == place.branch)
    ]
    if problems:
        raise RecordError(problems)


def advance(
    repo: Repository,
    place: RecordPlace,
    seen: Tips,
    commit: str,
    durable: Durable,
    held: checked_out.Index | None = None,
) -> list[Problem] | None:
    """Make `commit` the new tip; return None if the tip is no longer the one in `seen`.

    The commit and all that it needs is on the disk before the tip moves, and the tip when this returns. If
    the branch is checked out, index and work tree follow in the files that runs write; other staged or edited
    files stay as they are. `held`: the index, if it is held already. Returns what went wrong after the tip
    had moved.
    """
    durable.sync_objects()
    changes: dict[str, refs.Move] = {refs.seen(place.branch): (commit, "")}
    if seen.waiting:
        changes[refs.waiting(place.branch)] = (None, seen.waiting)
    problems: list[Problem] | None = []
    if place.waits:
        moved = refs.move(repo, {refs.waiting(place.branch): (commit, seen.waiting)})
        problems = problems if moved else None
    elif place.remote is not None:
        if not remotes.push(repo, place.remote, commit, place.branch):
            return None
        refs.move(repo, changes | {remotes.tracking(place.remote, place.branch): (commit, "")})
        if place.checked_out and seen.local == seen.history:
            problems = _follow(repo, place, commit, seen.local)
    else:
        changes[refs.local(place.branch)] = (commit, seen.local)
        problems = _advance_local(repo, place, changes, held)
    durable.sync_refs()
    return problems


def _follow(repo: Repository, place: RecordPlace, commit: str, expected: str | None) -> list[Problem]:
    try:
        checked_out.follow(repo, place.branch, place.directory, commit, expected)
    except RecordError as error:
        return list(error.problems)
    return []


def _advance_local(
    repo: Repository, place: RecordPlace, changes: refs.Moves, held: checked_out.Index | None
) -> list[Problem] | None:
    if not place.checked_out:
        return [] if refs.move(repo, changes, log=True) else None
    with nullcontext(held) if held is not None else checked_out.index(repo) as index:
        if not refs.move(repo, changes, log=True):
            return None
        try:
            index.follow(place.directory)
        except RecordError as error:
            return list(error.problems)
    return []
