"""The commit status of a run: green, yellow or red beside the commit whose desired state was compared."""

from collections.abc import Mapping

from reconciler.config.file import Config
from reconciler.errors import EXIT_DRIFT, EXIT_IN_SYNC, Problem, ReconcilerError
from reconciler.gitea.answers import State
from reconciler.jobs.comment import connect
from reconciler.text import clean
from reconciler.watch.ending import Ending

STATUS = "reconciler/drift"
"""The context of the status, beside which that of the workflow's own job stands."""
_LONGEST = 250
"""Characters of the description: Gitea shows it in one line."""


def set_commit_status(config: Config, environment: Mapping[str, str], ending: Ending) -> Problem | None:
    """Set the status of the checked-out commit; return why that failed. A run that is interrupted sets none.

    Drift is a warning, so that a job that found it stays green; what could not be compared, recorded or
    published is a failure.
    """
    from reconciler import record
    from reconciler.record import queries

    if ending.interrupted:
        return None
    try:
        repository = record.open_repository(config.root, secrets=config.secret_variables)
        commit = queries.commit_of(repository, "HEAD")
        with connect(config, environment) as gitea:
            gitea.set_status(commit, STATUS, state_of(ending.code), _description(config, ending))
    except ReconcilerError as error:
        return error.problems[0]
    return None


def state_of(code: int) -> State:
    """Return the state of a commit by the exit code of its run."""
    states: dict[int, State] = {EXIT_IN_SYNC: "success", EXIT_DRIFT: "warning"}
    return states.get(code, "failure")


def _description(config: Config, ending: Ending) -> str:
    if ending.problems:
        text = str(ending.problems[0])
    elif ending.report is not None:
        text = ending.report.summary.headline
    else:
        text = f"ended with exit code {ending.code}"
    return clean(f"{config.settings.site}: {text}")[:_LONGEST]
