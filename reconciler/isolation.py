"""The one seam around the parts that contributors add: a rule, the code of a kind, a document, a renderer.

If such a part raises an unforeseen error, it costs only its own result: everything else is
recorded and published, and the failure is reported. `reconciler --debug` shows the traceback.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from reconciler.errors import Problem, ReconcilerError

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_PACKAGE = __name__.partition(".")[0]
_REMEDY = "report it, with the output of `reconciler --debug …`"


class IsolatedError(Exception):
    """A part cannot be made because another one failed; carries the problem of that one."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def isolated(place: str, call: Callable[[], T]) -> T | Problem:
    """Return the result of a call; if it raises an unexpected error, return a problem at `place`.

    A `ReconcilerError` is expected and passes. The problem repeats no value: one may be a secret.
    """
    try:
        return call()
    except IsolatedError as error:
        return error.problem
    except ReconcilerError:
        raise
    except Exception as error:
        _LOG.debug("%s failed:", place, exc_info=error)
        return unforeseen(place, error)


def unforeseen(place: str, error: Exception) -> Problem:
    """Return the problem that an unexpected error is; it repeats no value."""
    return Problem(
        place, f"failed unexpectedly: {type(error).__name__}{_line_of(error)}", _REMEDY, "internal"
    )


def require(result: T | Problem) -> T:
    """Return the result of an isolated call for further use; raises `IsolatedError` if it failed."""
    if isinstance(result, Problem):
        raise IsolatedError(result)
    return result


def _line_of(error: BaseException) -> str:
    """Return the innermost line of ours that an error passed, as ` at module:line`."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.partition(".")[0] == _PACKAGE and module != __name__:
            place = f" at {module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
