"""Find the record in a clone of only the history, which has no configuration, by its files."""

from itertools import groupby

from reconciler.config.settings import HistorySettings
from reconciler.record import layout
from reconciler.record.command import GitError, Repository, run

_TRACKING = "refs/remotes/origin/"
_LOCAL = "refs/heads/"


def discover(repo: Repository) -> HistorySettings | None:
    """Return the settings of the history in this clone; None unless there is exactly one.

    The checked-out branch takes precedence, as in a clone of one branch. The pulse is the one branch that has
    the pulse's files; without one it gets its default name, and readers report that it is missing.
    """
    refs = run(repo, "for-each-ref", "--format=%(refname)", _LOCAL, _TRACKING).decode("utf-8", "replace")
    names = {ref: ref.removeprefix(_LOCAL).removeprefix(_TRACKING) for ref in refs.splitlines()}
    by_branch = {
        name: list(group) for name, group in groupby(sorted(names, key=names.__getitem__), names.get)
    }
    files = {name: _files(repo, refs[-1]) for name, refs in by_branch.items() if name != "HEAD"}
    found = {name: folders for name in files if (folders := _folders(files[name]))}
    try:
        head = run(repo, "symbolic-ref", "--quiet", "HEAD").decode().strip().removeprefix(_LOCAL)
    except GitError:
        head = ""
    branches = [head] if head in found else [*found]
    if len(branches) != 1 or len(found[branches[0]]) != 1:
        return None
    pulses = [name for name, held in files.items() if held >= set(layout.PULSE)]
    pulse = pulses[0] if len(pulses) == 1 else HistorySettings().pulse
    return HistorySettings(branch=branches[0], directory=found[branches[0]][0], pulse=pulse, push="origin")


def _files(repo: Repository, ref: str) -> set[str]:
    return set(run(repo, "ls-tree", "-r", "--name-only", "-z", ref).decode("utf-8", "replace").split("\0"))


def _folders(files: set[str]) -> list[str]:
    """Return the folders that contain a record; the top of the tree is never one."""
    end = f"/{layout.RUN}"
    return [path.removesuffix(end) for path in sorted(files) if path.endswith(end)]
