"""The runs of a site: those that made a commit, and those that are known from elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from reconciler import files
from reconciler.config.file import Config
from reconciler.jobs.queries import Asked, open_query
from reconciler.model.progress import Progress
from reconciler.model.summary import Summary
from reconciler.model.timeline import RecordedRun, RunsAnswer

if TYPE_CHECKING:
    from reconciler.record.queries import RecordCommit


def runs(config: Config | None, limit: int, progress: Progress) -> RunsAnswer:
    """Return the recorded runs, newest first, at most `limit` of them (0: all)."""
    from reconciler.record import queries

    asked = open_query(config, progress)
    opened = asked.record
    found = queries.log(opened.repo, opened.place, opened.tips, [""], files=False)
    others = _without_commit(asked, found.commits)
    every = list(_in_order(found.commits, others))
    shown = every[:limit] if limit else every
    recorded = iter(_with_commit(asked, [each for each in shown if not isinstance(each, RecordedRun)]))
    return RunsAnswer(
        **asked.facts(*found.problems),
        total=len(every),
        runs=tuple(each if isinstance(each, RecordedRun) else next(recorded) for each in shown),
    )


def _in_order(
    commits: "Sequence[RecordCommit]", others: Sequence[RecordedRun]
) -> "Iterator[RecordCommit | RecordedRun]":
    """Yield both by their times, newest first; the commits stay in the order of recording."""
    rest = sorted(others, key=lambda run: run.at, reverse=True)
    for commit in commits:
        while rest and rest[0].at > commit.at:
            yield rest.pop(0)
        yield commit
    yield from rest


def _without_commit(asked: Asked, commits: "Sequence[RecordCommit]") -> list[RecordedRun]:
    """Return the runs that changed nothing: those of the days that are kept, and the last one.

    Of a run before the oldest commit of a shallow clone, it is not known whether it changed something.
    """
    from reconciler import record

    known = {commit.run for commit in commits}
    first = max((commit.at for commit in commits if commit.cut), default=None)
    found = {
        entry.id: RecordedRun(
            id=entry.id,
            at=entry.at,
            reason="not-here" if first is not None and entry.at < first else "unchanged",
            verdict=entry.verdict,
            findings=dict(entry.findings),
            failed_sources=tuple(name for name, state in entry.sources.items() if state == "failed"),
        )
        for entry in record.read_runs(asked.record.repo, asked.history)
    }
    report = asked.last.report
    facts = report.run
    found[facts.id] = _run(
        report.summary,
        id=facts.id,
        at=facts.collected_at,
        reason="unchanged",
        desired_commit=facts.desired_commit,
    )
    return [run for run_id, run in found.items() if run_id not in known]


def _with_commit(asked: Asked, commits: Sequence["RecordCommit"]) -> Iterator[RecordedRun]:
    """Yield the runs that made a commit."""
    from reconciler.record import queries

    opened = asked.record
    waiting = set(queries.waiting_commits(opened))
    for commit, report in queries.reports_of(opened, commits):
        document = _parsed(report)
        same = _run_of(document) == commit.run
        reason = "by-hand" if commit.run is None else "heartbeat" if commit.is_heartbeat else "changed"
        if reason == "changed" and not same:
            reason, document = "superseded", _parsed(queries.own_report(opened, commit))
        yield _run(
            _summary(document),
            id=commit.run,
            at=commit.at,
            commit=commit.id,
            reason=reason,
            waiting=commit.id in waiting,
            desired_commit=commit.desired,
            opened=_opened(document) if same else None,
            resolved=_resolved(document) if same else None,
        )


def _resolved(document: Mapping[str, Any]) -> int:
    """Return how many findings a run resolved; what could be verified again is not one of them."""
    rows = _list(document, "resolved")
    return sum(not (isinstance(row, dict) and row.get("type") == "unverified") for row in rows)


def _run(summary: Summary | None, **facts: Any) -> RecordedRun:
    if summary is not None:
        facts |= {
            "verdict": summary.verdict,
            "findings": {each: number for each, number in summary.findings.items() if number},
            "resources": summary.resources,
            "failed_sources": summary.failed_sources,
        }
    return RecordedRun(**facts)


def _parsed(data: bytes | None) -> Mapping[str, Any]:
    with suppress(ValueError):
        document = files.parse_json(data) if data else None
        return document if isinstance(document, dict) else {}
    return {}


def _summary(document: Mapping[str, Any]) -> Summary | None:
    try:
        return Summary.model_validate(document.get("summary"), extra="ignore")
    except (ValidationError, RecursionError):
        return None


def _run_of(document: Mapping[str, Any]) -> object:
    run = document.get("run")
    return run.get("id") if isinstance(run, dict) else None


def _opened(document: Mapping[str, Any]) -> int:
    """Return the number of findings that came or came back in the run."""
    now = document["run"].get("collected_at")
    return sum(
        now in {each.get("first_seen"), each.get("reopened")}
        for each in _list(document, "findings")
        if isinstance(each, dict)
    )


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name)
    return found if isinstance(found, list) else []
