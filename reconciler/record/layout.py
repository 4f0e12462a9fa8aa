"""The layout of the record: a run as files, and files as a run. No git here.

    latest/live/<source>/<kind>.json            id → recorded row; no clock
    latest/{run,summary,drift,changed}.json     drift.md
    runs/2026/11/23/T210500Z-3fa9c1/            live.json drift.json summary.json drift.md

Paths are relative to `history.directory`. The pulse has `run.json` in the same form, with the digest of the
`latest/` that it belongs to, `drift.json` without the facts of the run, and `observed.json`.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from reconciler import files
from reconciler.model.findings import DriftReport
from reconciler.model.key import Key
from reconciler.model.recorded import Position, Recorded, parse_position
from reconciler.model.report_document import parse_report, report_document, summary_document
from reconciler.model.snapshot import (
    SCHEMA_VERSION,
    Run,
    Scope,
    by_kind,
    check_version,
    from_kinds,
    snapshot_document,
)
from reconciler.model.value import Row, parse_timestamp, timestamp
from reconciler.record import order
from reconciler.yamlfile.validation import first_error

LATEST = "latest/"
RUNS = "runs/"
RUN = "latest/run.json"
REPORT = "latest/drift.json"
CHANGED = "latest/changed.json"
PULSE_RUN = "run.json"
PULSE_REPORT = "drift.json"
PULSE_OBSERVED = "observed.json"
PULSE = (PULSE_RUN, PULSE_REPORT, PULSE_OBSERVED)

_OBSERVED_FOR_COMPARISON = (
    "unread",
    "lock",
    "locked_since",
    "newest_backup",
    "backups_rejected",
    "backups_unread",
)
RUN_ID = re.compile(r"(\d{4})(\d\d)(\d\d)(T\d{6}Z-[0-9a-f]{6})")
_RUN_FOLDER = re.compile(r"runs/(\d{4})/(\d\d)/(\d\d)/(T\d{6}Z-[0-9a-f]{6})/")
_OURS = re.compile(
    r"latest/(?:live/[^/]+/[^/]+\.json|(?:run|summary|drift|changed)\.json|drift\.md)"
    rf"|{_RUN_FOLDER.pattern}(?:(?:live|drift|summary)\.json|drift\.md)"
)
_LIVE = re.compile(r"latest/live/([^/]+)/([^/]+)\.json")
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The content of `run.json`: everything with a clock."""

    run: Run
    scopes: tuple[Scope, ...]
    as_of: Mapping[Key, datetime]
    latest: str | None = None
    """Of a pulse: the digest of the `latest/` that it belongs to."""
    position: Position | None = None
    took: float | None = None
    """Seconds from the beginning of the run until it was recorded, by one clock."""


def is_ours(path: str) -> bool:
    """Return whether a file at this path is one that runs write; any other file is the user's."""
    return _OURS.fullmatch(path) is not None


def digest(blobs: Mapping[str, str]) -> str:
    """Return a digest of the `latest/` among these files (path → blob id), the same in every commit."""
    lines = "".join(f"{path}\0{blobs[path]}\n" for path in sorted(blobs) if path.startswith(LATEST))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


def run_folder(run_id: str) -> str:
    """Return the folder of a run, with its final slash; raises `ValueError` if it is not a run id."""
    match = RUN_ID.fullmatch(run_id)
    if match is None:
        message = f"{run_id!r} is not a run id"
        raise ValueError(message)
    return f"{RUNS}{'/'.join(match.groups())}/"


def run_ids(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return the runs among the paths: id → its files."""
    found: dict[str, list[str]] = {}
    for path in paths:
        if match := _RUN_FOLDER.match(path):
            found.setdefault("".join(match.groups()), []).append(path)
    return found


def live_paths(paths: Iterable[str]) -> set[str]:
    """Return the files of recorded rows among the paths."""
    return {path for path in paths if _LIVE.fullmatch(path)}


def live_files(recorded: Recorded) -> dict[str, bytes]:
    """Return the recorded rows, a file per source and kind; a complete list without rows is the file `{}`."""
    tree = by_kind(recorded.inventory.config)
    for scope in recorded.report.scopes:
        if scope.listed == "complete":
            tree.setdefault(scope.source, {}).setdefault(scope.kind, {})
    return {
        f"latest/live/{_safe(source)}/{_safe(kind)}.json": files.canonical(rows)
        for source, kinds in tree.items()
        for kind, rows in kinds.items()
    }


def run_file(recorded: Recorded, position: Position, took: float, latest: str | None = None) -> bytes:
    """Return `run.json`: the facts of a run, with all its clocks; in a pulse also the digest of `latest/`."""
    return _document(
        **({} if latest is None else {"latest": latest}),
        history={"lineage": position.lineage, "serial": position.serial},
        took=took,
        run=recorded.report.run.model_dump(mode="json", exclude_none=True),
        scopes=[scope.model_dump(mode="json", exclude_none=True) for scope in recorded.report.scopes],
        as_of=_moments(recorded.inventory.as_of),
    )


def report_files(recorded: Recorded, markdown: str) -> dict[str, bytes]:
    """Return the files that `latest/` and the run's folder share: name → bytes."""
    return {
        "drift.json": files.canonical(report_document(recorded.report)),
        "summary.json": files.canonical(summary_document(recorded.report)),
        "drift.md": markdown.encode("utf-8", "replace"),
    }


def changed_file(recorded: Recorded) -> bytes:
    """Return `changed.json`: when each resource last changed."""
    return _document(changed_at=_moments(recorded.changed_at))


def snapshot_file(recorded: Recorded) -> bytes:
    """Return `live.json`: the whole recorded snapshot, in the form that `collect --output` writes.

    It includes what a later comparison has to know about this run: which rows are older, which fields were
    not read, what was locked, and what policies are judged by.
    """
    report = recorded.report
    rows = dict(recorded.inventory.config)
    for key, observed in recorded.inventory.observed.items():
        needed = {name: observed[name] for name in _OBSERVED_FOR_COMPARISON if name in observed}
        if needed and key in rows:
            rows[key] = rows[key] | needed
    return files.canonical(snapshot_document(report.run, report.scopes, rows, recorded.inventory.as_of))


def pulse_files(recorded: Recorded, latest: str, position: Position, took: float) -> dict[str, bytes]:
    """Return the pulse: the clocks, what is not in history, and the report as this run worded it.

    `latest` is the digest of the history that this run ended with.

    Only the outcome of a report makes it worth a commit (`change.state`); reasons, counts and what it
    resolves may differ without one, and are still published. Without its clocks an unchanged report has the
    same bytes, so that git stores it once.
    """
    report = report_document(recorded.report)
    for in_run_file in ("run", "scopes"):
        del report[in_run_file]
    return {
        PULSE_RUN: run_file(recorded, position, took, latest),
        PULSE_REPORT: files.canonical(report),
        PULSE_OBSERVED: _document(resources=by_kind(recorded.inventory.observed)),
    }


def parse_run(path: str, data: bytes | None) -> RunFacts:
    """Return the facts in a run.json; raises `ValueError` as `path: what is wrong`."""
    document = _parsed(path, data)
    try:
        return RunFacts(
            Run.model_validate(document["run"], extra="ignore"),
            tuple(Scope.model_validate(scope, extra="ignore") for scope in document["scopes"]),
            _parse_moments(document["as_of"]),
            document.get("latest"),
            parse_position(document.get("history")),
            order.parse_took(document.get("took")),
        )
    except _DEFECTS as error:
        raise _defect(path, error) from error


def parse_drift(path: str, data: bytes | None, facts: RunFacts) -> DriftReport:
    """Return the report of a drift.json with the facts of a run.

    If it is from an earlier run, nothing has changed since (a heartbeat): its resolved findings and its
    events are left out. Raises `ValueError` as `path: what is wrong`.
    """
    document = _parsed(path, data)
    try:
        report = parse_report({**document, "run": facts.run, "scopes": facts.scopes})
        earlier = "run" in document and document["run"]["id"] != facts.run.id
    except _DEFECTS as error:
        raise _defect(path, error) from error
    if not earlier:
        return report
    lasting = tuple(group for group in report.grouped if group.state != "resolved")
    return report.model_copy(update={"resolved": (), "events": (), "grouped": lasting})


def parse_changed(path: str, data: bytes | None) -> dict[Key, datetime]:
    """Return the times in a changed.json; raises `ValueError` as `path: what is wrong`."""
    document = _parsed(path, data)
    try:
        return _parse_moments(document["changed_at"])
    except _DEFECTS as error:
        raise _defect(path, error) from error


def parse_observed(path: str, data: bytes | None) -> dict[Key, Row]:
    """Return the rows of the pulse's observed.json; raises `ValueError` as `path: what is wrong`."""
    document = _parsed(path, data)
    try:
        return from_kinds(document["resources"])
    except _DEFECTS as error:
        raise _defect(path, error) from error


def parse_live(contents: Mapping[str, bytes | None]) -> dict[Key, Row]:
    """Return the rows of the files of `latest/live/`; raises `ValueError` as `path: what is wrong`."""
    rows: dict[Key, Row] = {}
    for path, data in contents.items():
        match = _LIVE.fullmatch(path)
        assert match is not None
        kind = _json(path, data)
        if not isinstance(kind, dict) or not all(isinstance(row, dict) for row in kind.values()):
            message = f"{path}: is not a mapping from ids to resources"
            raise ValueError(message)
        rows |= from_kinds({match[1]: {match[2]: kind}})
    return rows


_DEFECTS = (KeyError, TypeError, AttributeError, ValueError)


def _defect(path: str, error: Exception) -> ValueError:
    if isinstance(error, ValidationError):
        what = first_error(error)
    elif isinstance(error, KeyError):
        what = f"has no {error}"
    else:
        what = f"is not what this version can read: {error}"
    return ValueError(f"{path}: {what}")


def _json(path: str, data: bytes | None) -> Any:
    if data is None:
        message = f"{path}: is missing"
        raise ValueError(message)
    try:
        return files.parse_json(data)
    except ValueError as error:
        message = f"{path}: is not JSON"
        raise ValueError(message) from error


def _parsed(path: str, data: bytes | None) -> Any:
    document = _json(path, data)
    try:
        check_version(document)
    except ValueError as error:
        message = f"{path}: {error}"
        raise ValueError(message) from error
    return document


def _document(**parts: object) -> bytes:
    return files.canonical({"schema_version": SCHEMA_VERSION, **parts})


def _moments(moments: Mapping[Key, datetime]) -> dict[str, str]:
    texts = {moment: timestamp(moment) for moment in set(moments.values())}
    return {str(key): texts[moment] for key, moment in moments.items()}


def _parse_moments(texts: Mapping[str, str]) -> dict[Key, datetime]:
    moments = {text: parse_timestamp(text) for text in set(texts.values())}
    return {Key.parse(key): moments[text] for key, text in texts.items()}


def _safe(name: str) -> str:
    if not _SAFE.fullmatch(name):
        message = f"{name!r} cannot be the name of a source or kind"
        raise ValueError(message)
    return name
