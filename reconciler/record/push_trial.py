"""Try to push as a run does, in a way that no remote can carry out: nothing changes there or here.

The commits of a run go to the history and the pulse, and a third one to a branch below the history's, whose
name no repository can have beside it. With `--atomic` the remote checks everything that it checks for a run
(the login, its hooks, protected branches), and then refuses all three. `git push --dry-run` would ask for no
more than the login.
"""

import re
import tempfile
from pathlib import Path

from reconciler.errors import Problem, RemoteError
from reconciler.record import remote as remotes
from reconciler.record.command import LISTING_TIMEOUT, GitError, Repository, one_line, run
from reconciler.record.history import RecordPlace

_IMPOSSIBLE = re.compile(r"atomic (?:push|transaction) fail|failed to update ref|cannot lock ref|transaction")
"""Reasons that come from the branch that cannot be."""
_NO_ATOMIC = "does not support --atomic"
_MESSAGE = b"doctor: try to push; never on a branch\n"
_DATE = "2000-01-01T00:00:00Z"
"""Always the same, so that trying again sends the same commit: git removes it there some day (gc)."""
_PLAIN = ("--porcelain", "--no-follow-tags", "--recurse-submodules=no", "--no-signed")


def try_push(repo: Repository, place: RecordPlace) -> None:
    """Raise `RemoteError` with what keeps a run from pushing; where runs are not pushed, do nothing."""
    if place.remote is None:
        return
    tips = remotes.branches(repo, place.remote, place.branch_names)
    with tempfile.TemporaryDirectory(prefix="reconciler-", ignore_cleanup_errors=True) as folder:
        scratch = {
            "GIT_OBJECT_DIRECTORY": folder,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repo.common_dir / "objects"),
        }
        (Path(folder) / "pack").mkdir()
        following = _commit(repo, tips.get(place.branch), scratch)
        refs = [f"{following}:refs/heads/{place.branch}", f"{following}:refs/heads/{place.branch}/doctor"]
        if place.pulse is not None:
            refs.append(f"+{_commit(repo, None, scratch)}:refs/heads/{place.pulse}")
        problems = _push(repo, place.remote, refs, scratch)
    if problems:
        raise RemoteError(problems)


def _commit(repo: Repository, tip: str | None, scratch: dict[str, str]) -> str:
    """Make a commit after the tip, with the same files; an empty one where there is no tip, or not here."""
    arguments: tuple[str, ...] = ()
    tree = ""
    if tip is not None:
        try:
            tree = run(repo, "rev-parse", "--verify", "--quiet", f"{tip}^{{tree}}").decode().strip()
            arguments = ("-p", tip)
        except GitError:
            tree = ""
    tree = tree or run(repo, "mktree", environment=scratch).decode().strip()
    who = {
        f"GIT_{role}_{part}": word
        for role in ("AUTHOR", "COMMITTER")
        for part, word in (("NAME", "reconciler"), ("EMAIL", "reconciler@localhost"), ("DATE", _DATE))
    }
    made = run(repo, "commit-tree", *arguments, "-F", "-", tree, stdin=_MESSAGE, environment=scratch | who)
    return made.decode().strip()


def _push(repo: Repository, remote: str, refs: list[str], scratch: dict[str, str]) -> list[Problem]:
    """Return the refusals of the remote that a run would get too."""
    for how in ("--atomic", "--dry-run"):
        try:
            run(repo, "push", *_PLAIN, how, remote, *refs, environment=scratch, timeout=LISTING_TIMEOUT)
        except GitError as error:
            if how == "--atomic" and _NO_ATOMIC in error.text:
                refs = [ref for ref in refs if not ref.endswith("/doctor")]
                continue
            return list(_refusals(repo, remote, error))
        return []
    return []


def _refusals(repo: Repository, remote: str, error: GitError) -> list[Problem]:
    lines = [line for line in error.output.decode(errors="replace").splitlines() if line[:1] == "!"]
    if not lines:
        return [*remotes.unreachable(repo, remote, error).problems]
    problems: dict[str, Problem] = {}
    for line in lines:
        _, _, rest = line.partition("\t")
        target, _, reason = rest.partition("\t")
        branch = target.rpartition("refs/heads/")[2]
        if branch.endswith("/doctor") or _IMPOSSIBLE.search(reason) or remotes.is_race(line):
            continue
        problems.setdefault(one_line(reason), remotes.refused(remote, branch, line, error.text).problems[0])
    return list(problems.values())
