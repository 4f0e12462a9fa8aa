"""Build a release aside, make it durable, compare it with what was written, and switch to it."""

from collections.abc import Callable
from pathlib import Path

from reconciler.errors import Problem, PublishError
from reconciler.model.progress import Progress
from reconciler.publish import entries, release
from reconciler.publish.failures import state
from reconciler.publish.manifest import ListedFiles
from reconciler.publish.tree import ReleaseTree, Validator, valid


def build(
    directory: Path,
    run: str,
    write_tree: Callable[[ReleaseTree], bool],
    progress: Progress,
    *,
    known: ListedFiles | None = None,
    validate: Validator = valid,
) -> str | None:
    """Build the next release of a run and switch to it; return its name.

    `write_tree` puts the files into it, and returns whether it is needed; if not, nothing changes. Raises
    `OSError` or `PublishError`: the release before is then still served.
    """
    releases = directory / release.RELEASES
    served = release.current(directory)
    name = release.free_name(releases, run)
    stamp = release.next_stamp(releases)
    building = releases / release.BUILDING
    try:
        entries.make_folder(building)
        building.chmod(0o755)
        previous = None if served is None else releases / served
        with ReleaseTree(building, previous, stamp, known or {}, validate) as tree:
            needed = write_tree(tree)
        if not needed and previous is not None and tree.difference(previous) is None:
            return None
        progress.step("making it durable")
        release.make_durable(building, stamp)
        _check(tree, building, served)
        building.rename(building.with_name(name))
    except BaseException:
        release.discard(building)
        raise
    progress.step("switching")
    release.switch(directory, name)
    return name


def _check(tree: ReleaseTree, building: Path, served: str | None) -> None:
    """Refuse a release that is on disk in another form than it was written."""
    difference = tree.difference(building)
    if difference is not None:
        what = f"is not on disk as it was written: {difference}; {state(served)}"
        remedy = "check the disk, and that nothing else writes there, then publish again"
        raise PublishError(Problem(str(building), what, remedy))
