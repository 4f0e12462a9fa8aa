"""The checks of the code host for `doctor`: its version, the rights of the token, the schedule."""

from collections.abc import Callable, Iterator

from reconciler.errors import Problem, ReconcilerError
from reconciler.model.check import Check, CheckState
from reconciler.watch.code_host import CodeHost, TokenRights
from reconciler.watch.schedule import RunSchedule, check_schedule
from reconciler.watch.server_version import check_version


def gitea_checks(host: CodeHost, schedule: RunSchedule) -> Iterator[Check]:
    """Yield every check; one that cannot be made is reported with the reason, and the others are made."""
    yield from _tried("version", lambda: iter([check_version(host.get_version())]))
    yield from _tried("token", lambda: _rights(host.get_repository().permissions))
    yield from _tried("schedule", lambda: check_schedule(schedule, host.list_scheduled_runs()))


def _tried(name: str, make: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        found = [*make()]
    except ReconcilerError as error:
        found = [_refused(name, problem) for problem in error.problems]
    yield from found


def _refused(name: str, problem: Problem) -> Check:
    what = f"{problem.subject}: {problem.what}" if problem.subject else problem.what
    return Check(name=name, state="bad", what=what, remedy=problem.remedy)


def _rights(rights: TokenRights | None) -> Iterator[Check]:
    if rights is None:
        what = "the server does not show which rights the token has in the repository"
        yield _token("note", what, "see that its account may write to the repository")
    elif not rights.push:
        what = "the token may not write to the repository: no commit status can be set"
        yield _token("warning", what, "give its account write access to the repository")
    elif rights.admin:
        what = "the token's account administers the repository, which is more than a run needs"
        yield _token("note", what, "use the token of an account that may only write")
    else:
        yield _token(
            "ok", "the token may write to the repository, and not administer it", "", "token may write"
        )


def _token(state: CheckState, what: str, remedy: str, brief: str = "") -> Check:
    return Check(name="token", state=state, what=what, remedy=remedy, brief=brief)
