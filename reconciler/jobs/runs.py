"""The runs of a site: those that made a commit, and those that are known from elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from reconciler import files
from reconciler.config.file import Config
from reconciler.jobs.queries import Asked, open_query
from reconciler.model.findings import Summary
from reconciler.model.progress import Progress
from reconciler.model.timeline import RecordedRun, RunsAnswer

if TYPE_CHECKING:
    from reconciler.record import RecordCommit


def runs(config: Config | None, limit: int, progress: Progress) -> RunsAnswer:
    """Return the recorded runs, newest first, at most `limit` of them (0: all)."""
    from reconciler import record

    asked = open_query(config, progress)
    opened = asked.record
    found = record.log(opened.repo, opened.place, opened.tips, [""], files=False)
    others = list(_without_commit(asked, found.commits))
    room = max(limit - len(others), 0) if limit else None
    rows = [*others, *_with_commit(asked, found.commits[:room])]
    return RunsAnswer(
        **asked.facts(*found.problems),
        total=len(others) + len(found.commits),
        runs=tuple(rows[:limit] if limit else rows),
    )


def _without_commit(asked: Asked, commits: Sequence["RecordCommit"]) -> Iterator[RecordedRun]:
    """Yield the runs that changed nothing, as far as they are known: the last one, from the pulse."""
    report = asked.last.report
    if report.run.id in {commit.run for commit in commits}:
        return
    yield _run(
        report.summary,
        id=report.run.id,
        at=report.run.collected_at,
        reason="unchanged",
        desired_commit=report.run.desired_commit,
    )


def _with_commit(asked: Asked, commits: Sequence["RecordCommit"]) -> Iterator[RecordedRun]:
    """Yield the runs that made a commit."""
    from reconciler import record

    opened = asked.record
    waiting = set(record.waiting_commits(opened))
    for commit, report in record.reports_of(opened, commits):
        document = _parsed(report)
        same = _run_of(document) == commit.run
        reason = "by-hand" if commit.run is None else "heartbeat" if commit.is_heartbeat else "changed"
        if reason == "changed" and not same:
            reason, document = "superseded", _parsed(record.own_report(opened, commit))
        yield _run(
            _summary(document),
            id=commit.run,
            at=commit.at,
            commit=commit.id,
            reason=reason,
            waiting=commit.id in waiting,
            desired_commit=commit.desired,
            opened=_opened(document) if same else None,
            resolved=len(_list(document, "resolved")) if same else None,
        )


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
    """Return the number of findings that the run was the first to report."""
    now = document["run"].get("collected_at")
    return sum(
        each.get("first_seen") == now for each in _list(document, "findings") if isinstance(each, dict)
    )


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name)
    return found if isinstance(found, list) else []
