"""One writer at a time in one clone, and a place for its temporary files."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import Problem, RecordError
from reconciler.files import lock
from reconciler.record.command import Repository

WAIT = 60.0
"""Seconds to wait for another run that is recording."""

_SCRATCH = "reconciler-scratch-"


@contextmanager
def hold(repo: Repository, wait: float = WAIT) -> Iterator[Path]:
    """Hold the lock of the clone; yields an empty directory that is removed with it.

    The lock (`flock` on a file in the git directory) ends with the process, however that ends; leftovers of a
    killed run are removed here. Raises `RecordError` if another run holds it for longer than `wait` seconds.
    """
    path = repo.common_dir / "reconciler.lock"
    try:
        with path.open("ab") as file:
            if not lock(file.fileno(), wait):
                what = f"another run has been recording in this clone for {wait:g} seconds"
                raise RecordError(Problem(str(path), what, "wait for it to end, or stop it"))
            for left in repo.common_dir.glob(f"{_SCRATCH}*"):
                shutil.rmtree(left, ignore_errors=True)
            with tempfile.TemporaryDirectory(
                prefix=_SCRATCH, dir=repo.common_dir, ignore_cleanup_errors=True
            ) as scratch:
                yield Path(scratch)
    except OSError as error:
        what = f"cannot be written: {error.strerror or type(error).__name__}"
        remedy = "free disk space or fix the permissions; earlier records are intact"
        raise RecordError(Problem(str(repo.common_dir), what, remedy)) from error
