"""The pulse: one commit without parents that every run replaces.

It shows that the last run happened, and holds what is not worth keeping in history: the clocks, observed
values and the texts of the report. Its ref is the only one that is ever force-pushed; it has no reflog, so
that git can delete replaced pulses.
"""

import time
from datetime import datetime
from pathlib import Path

from reconciler.errors import Problem, RecordError
from reconciler.model.recorded import Recorded
from reconciler.record import history, layout
from reconciler.record import remote as remotes
from reconciler.record.command import Repository, run
from reconciler.record.commit import make_commit, pulse_message
from reconciler.record.history import RecordPlace
from reconciler.record.jitter import ATTEMPTS, pause
from reconciler.record.objects import make_flat_tree, read_blobs, store_blobs


def replace(
    repo: Repository, place: RecordPlace, recorded: Recorded, latest: str, scratch: Path, horizon: datetime
) -> bool:
    """Make this run the pulse; return False if there is one of a run after `horizon`, which stays.

    `latest` is the digest of the history that it belongs to.
    """
    commit: str | None = None
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(pause(attempt))
            history.fetch(repo, place)
        seen = history.tips(repo, place)
        check(repo, place, seen.pulse)
        if is_newer(repo, seen.pulse, horizon):
            return False
        commit = commit or _make(repo, recorded, latest, scratch)
        if _move(repo, place, seen, commit):
            return True
    what = f"was replaced by other runs {ATTEMPTS} times in a row"
    raise RecordError(Problem(str(place.pulse), what, "run fewer jobs at once"))


def check(repo: Repository, place: RecordPlace, commit: str | None) -> None:
    """Raise `RecordError` if the branch of the pulse has other content, which a run would replace."""
    if commit is not None and read_blobs(repo, [f"{commit}:{layout.PULSE_RUN}"]) == [None]:
        what = f"has no {layout.PULSE_RUN}, so it is not a pulse, and a run would replace its content"
        remedy = "name a branch that nothing else uses"
        raise RecordError(Problem(f"history.pulse: {place.pulse}", what, remedy))


def is_newer(repo: Repository, commit: str | None, horizon: datetime) -> bool:
    """Return whether a pulse is of a run after `horizon`, which others made in the meantime."""
    if commit is None:
        return False
    (data,) = read_blobs(repo, [f"{commit}:{layout.PULSE_RUN}"])
    try:
        theirs = layout.parse_run(layout.PULSE_RUN, data)
    except ValueError:
        return False  # whatever is wrong with it, this run replaces it
    return theirs.run.collected_at > horizon


def _make(repo: Repository, recorded: Recorded, latest: str, scratch: Path) -> str:
    contents = layout.pulse_files(recorded, latest)
    ids = store_blobs(repo, contents.values(), scratch)
    tree = make_flat_tree(repo, dict(zip(contents, ids, strict=True)))
    made = recorded.report.run
    return make_commit(repo, tree, None, pulse_message(made), made.collected_at)


def _move(repo: Repository, place: RecordPlace, seen: history.Tips, commit: str) -> bool:
    assert place.pulse is not None
    if place.remote is None:
        return history.update_branch(repo, place.pulse, commit, seen.replaced_pulse, log=False)
    if not remotes.replace(repo, place.remote, commit, place.pulse, seen.replaced_pulse):
        return False
    run(
        repo,
        *("-c", "core.logAllRefUpdates=false", "update-ref"),
        remotes.tracking(place.remote, place.pulse),
        commit,
    )
    return True
