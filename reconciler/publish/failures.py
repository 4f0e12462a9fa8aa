"""One line for whatever fails in the publish folder: what readers still get, and how to fix it."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import Problem, PublishError
from reconciler.publish import release

_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free some space"),
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR),
        "let this user write there, or change publish.directory",
    ),
    **dict.fromkeys((errno.EEXIST, errno.EISDIR, errno.ELOOP), "move it away, or change publish.directory"),
}


@contextmanager
def reported(directory: Path, again: str) -> Iterator[None]:
    """Raise a `PublishError` for an `OSError` of the block; `again` is what to do once it is fixed."""
    try:
        yield
    except OSError as error:
        raise failure(directory, error, state(release.current(directory)), again) from error


def state(served: str | None) -> str:
    """Return what readers get after a failure before the switch."""
    return "the tree published before is still served" if served else "nothing is published there yet"


def failure(directory: Path, error: OSError, served: str, again: str) -> PublishError:
    """Return the error of a folder that could not be written to."""
    name = f" ({error.filename})" if error.filename else ""
    what = f"cannot be written: {error.strerror or error}{name}; {served}"
    remedy = _REMEDIES.get(error.errno or 0) or f"fix that, then {again}"
    return PublishError(Problem(str(directory), what, remedy))
