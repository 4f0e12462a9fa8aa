"""One resource as it was recorded at a time, or the report of one run."""

from datetime import datetime

from reconciler.config.file import Config
from reconciler.errors import Problem, RecordError
from reconciler.jobs.queries import Asked, as_of, find_key, open_query, unknown_key
from reconciler.model.findings import DriftReport
from reconciler.model.key import Key
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded
from reconciler.model.report_document import finding_row
from reconciler.model.timeline import ResourceAnswer
from reconciler.text import visible


def is_run(text: str) -> bool:
    """Return whether a text is a run id, the beginning of one, or `latest`."""
    from reconciler.record.queries import RUN_PREFIX

    return text == "latest" or RUN_PREFIX.fullmatch(text) is not None


def resource(
    config: Config | None, text: str, at: datetime | str | None, progress: Progress
) -> ResourceAnswer:
    """Return a resource as it was recorded at a time; raises `RecordError` if it was not there then."""
    asked = open_query(config, progress, typed=True)
    answer = as_of(asked, at)
    recorded = _recorded(asked, answer.commit.id)
    key = find_key(asked, text, recorded)
    row = recorded.inventory.config.get(key)
    observed = recorded.inventory.observed.get(key, {})
    if row is None and not observed:
        raise _not_there(asked, key, recorded)
    name = {**observed, **(row or {})}.get("name")
    return ResourceAnswer(
        **asked.facts(*recorded.problems, *answer.problems),
        key=key,
        name=name if isinstance(name, str) else None,
        as_of=recorded.report.run.collected_at,
        commit=answer.commit.id,
        until=answer.until,
        carried_from=recorded.inventory.as_of.get(key),
        unchanged_since=recorded.changed_at.get(key),
        verdict=recorded.report.verdicts.get(str(key)),
        resource=row or {},
        observed=observed,
        findings=tuple(finding_row(each) for each in recorded.report.every if each.key == key),
    )


def report(config: Config | None, run_id: str, progress: Progress) -> tuple[DriftReport, tuple[Problem, ...]]:
    """Return the report of a run by its id or the beginning of it, and what is wrong with the record.

    A run that changed nothing has that of the run before, and its own clocks only if it was the last one.
    """
    from reconciler.record import queries

    asked = open_query(config, progress)
    if run_id == "latest" or asked.last.report.run.id.startswith(run_id):
        return asked.last.report, asked.last.problems
    found = queries.log(asked.record.repo, asked.record.place, asked.record.tips, [""], files=False)
    try:
        commit = queries.run_commit(asked.record, found.commits, run_id)
    except RecordError:
        commit = as_of(asked, run_id).commit
    recorded = queries.load_at(asked.record, commit.id)
    if commit.run is None or recorded.report.run.id == commit.run:
        return recorded.report, (*recorded.problems, *found.problems)
    own = queries.parse_own_report(asked.record, commit)
    if own is None:
        raise RecordError(Problem(run_id, "has a report that cannot be read", "name another run"))
    return own, found.problems


def _recorded(asked: Asked, commit: str) -> Recorded:
    from reconciler.record import queries

    if commit == asked.last.commit:
        return asked.last
    return queries.load_at(asked.record, commit, asked.kind_of)


def _not_there(asked: Asked, key: Key, recorded: Recorded) -> RecordError:
    """Return the error for a resource that a record does not have."""
    from reconciler.record import queries

    opened = asked.record
    if not queries.timeline(opened.repo, opened.place, opened.tips, key).steps:
        return unknown_key(str(key), asked.last.inventory.config)
    moment, name = recorded.report.run.collected_at, visible(str(key))
    what = f"did not exist in the record of {moment:%Y-%m-%d %H:%M} UTC"
    return RecordError(Problem(name, what, f"`reconciler history {name}` shows when it was"))
