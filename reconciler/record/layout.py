"""The layout of the record: a run as files, and files as a run. No git here.

    latest/live/<source>/<kind>.json    id → recorded row; no clock
    latest/                             {run,drift,summary,ledger,changed}.json drift.md
    runs/2026/11/23/T210500Z-3fa9c1/    {run,drift,summary,changes,observed}.json drift.md
    runs/2026/11/23/T210500Z-3fa9c1/live/   the rows, for `keep.live`
    days/2026/11/23.json                a short row for each run of a day: see `days`

Paths are relative to `history.directory`. A run's `run.json` names the git tree of its rows, which is in the
history permanently. Records of older versions have the rows of a run in one `live.json` instead.

The pulse has `run.json` in the same form, with the digest of the `latest/` that it belongs to, `drift.json`
without the facts of the run, `observed.json`, `days/` of the last 32 days, and where alarms are sent
`alarms.json`: see `alarm_states`.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from reconciler import files
from reconciler.model.key import Key
from reconciler.model.ledger import entry_row
from reconciler.model.recorded import Position, Recorded
from reconciler.model.report_document import report_document, summary_document
from reconciler.model.snapshot import (
    SCHEMA_VERSION,
    Inventory,
    by_kind,
    moment_of,
    snapshot_document,
)
from reconciler.model.value import Row, timestamp

_FIRST_YEAR, _LAST_YEAR = 2000, 2200
_LONGEST_ID = 4096
LATEST = "latest/"
LIVE = "latest/live/"
RUNS = "runs/"
DAYS = "days/"
RUN = "latest/run.json"
REPORT = "latest/drift.json"
CHANGED = "latest/changed.json"
LEDGER = "latest/ledger.json"
CHANGES = "changes.json"
"""In the folder of a run."""
PULSE_RUN = "run.json"
PULSE_REPORT = "drift.json"
PULSE_OBSERVED = "observed.json"
PULSE_ALARMS = "alarms.json"
PULSE = (PULSE_RUN, PULSE_REPORT, PULSE_OBSERVED)

_OBSERVED_FOR_COMPARISON = (
    "unread",
    "lock",
    "locked_since",
    "newest_backup",
    "backups_rejected",
    "backups_unread",
    "oldest_snapshot",
    "snapshots_unread",
)
RUN_ID = re.compile(r"(\d{4})(\d\d)(\d\d)(T\d{6}Z-[0-9a-f]{6})")
_RUN_FOLDER = re.compile(r"runs/(\d{4})/(\d\d)/(\d\d)/(T\d{6}Z-[0-9a-f]{6})/")
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}"
SAFE_NAME = re.compile(_NAME)
LIVE_FILE = re.compile(rf"latest/live/({_NAME})/({_NAME})\.json")
ROWS_OF_RUN = re.compile(rf"{_RUN_FOLDER.pattern}live(?:/({_NAME})/({_NAME}))?\.json")
"""The files with the rows of a run: a folder, or in older records one file."""
DAY_FILE = re.compile(r"days/(\d{4})/(\d\d)/(\d\d)\.json")
_OURS = re.compile(
    rf"latest/(?:live/{_NAME}/{_NAME}\.json|(?:run|summary|drift|ledger|changed)\.json|drift\.md)"
    rf"|{_RUN_FOLDER.pattern}(?:(?:run|drift|summary|changes|observed)\.json|drift\.md)"
    rf"|{ROWS_OF_RUN.pattern}|{DAY_FILE.pattern}"
)


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
    """Return the runs among the paths: id → those of its files that runs write."""
    found: dict[str, list[str]] = {}
    for path in paths:
        match = _RUN_FOLDER.match(path)
        if match and is_ours(path) and is_moment("".join(match.groups())):
            found.setdefault("".join(match.groups()), []).append(path)
    return found


def is_moment(run_id: str) -> bool:
    """Return whether a run can have begun at the time that its id has."""
    with suppress(ValueError):
        return is_sensible(moment_of(run_id))
    return False


def live_path(source: str, kind: str) -> str:
    """Return the file of the recorded rows of a kind."""
    return f"{LATEST}live/{source}/{kind}.json"


def is_key(key: Key) -> bool:
    """Return whether a run can have written a row with this key."""
    names = SAFE_NAME.fullmatch(key.source) and SAFE_NAME.fullmatch(key.kind)
    return bool(names and key.id and len(key.id) <= _LONGEST_ID and "\0" not in key.id)


def live_paths(paths: Iterable[str]) -> set[str]:
    """Return the files of recorded rows among the paths."""
    return {path for path in paths if LIVE_FILE.fullmatch(path)}


def live_of_run(run_id: str, live: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of `latest/live/` as those of the folder of a run."""
    folder = run_folder(run_id)
    return {f"{folder}{path.removeprefix(LATEST)}": data for path, data in live.items()}


def place_of(path: str) -> tuple[str, str] | None:
    """Return source and kind of a file of rows, of the last run or of another; None for any other file."""
    match = LIVE_FILE.fullmatch(path) or ROWS_OF_RUN.fullmatch(path)
    if match is None or match[match.re.groups] is None:
        return None
    return match[match.re.groups - 1], match[match.re.groups]


def live_files(recorded: Recorded) -> dict[str, bytes]:
    """Return the recorded rows, a file per source and kind; a complete list without rows is the file `{}`."""
    tree = by_kind(recorded.inventory.config)
    for scope in recorded.report.scopes:
        if scope.listed == "complete":
            tree.setdefault(scope.source, {}).setdefault(scope.kind, {})
    return {
        live_path(_safe(source), _safe(kind)): files.canonical(rows)
        for source, kinds in tree.items()
        for kind, rows in kinds.items()
    }


def run_file(
    recorded: Recorded,
    position: Position | None,
    took: float,
    *,
    live: str | None = None,
    latest: str | None = None,
) -> bytes:
    """Return `run.json`: the facts of a run, with all its clocks.

    In the history it has the git tree of its rows (`live`), in a pulse the digest of `latest/`.
    """
    return _document(
        **({} if latest is None else {"latest": latest}),
        **({} if live is None else {"live": live}),
        **({} if position is None else {"history": {"lineage": position.lineage, "serial": position.serial}}),
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
    """Return `changed.json`: when each resource last changed, and the keys that resources had before."""
    moved = {
        str(old): {"key": str(move.key), "since": timestamp(move.since)}
        for old, move in recorded.moved.items()
    }
    return _document(
        changed_at=_moments(recorded.changed_at),
        **({"moved": moved} if moved else {}),
    )


def ledger_file(recorded: Recorded) -> bytes:
    """Return `ledger.json`: the life of each finding."""
    return _document(findings={identity: entry_row(entry) for identity, entry in recorded.ledger.items()})


def observed_file(recorded: Recorded) -> bytes | None:
    """Return what a later comparison has to know beside the rows of a run; None if there is nothing.

    That is which fields were not read, what was locked, and what policies are judged by.
    """
    observed = _for_comparison(recorded.inventory)
    return _document(resources=by_kind(observed)) if observed else None


def _for_comparison(inventory: Inventory) -> dict[Key, Row]:
    needed = {
        key: {name: row[name] for name in _OBSERVED_FOR_COMPARISON if name in row}
        for key, row in inventory.observed.items()
        if key in inventory.config
    }
    return {key: row for key, row in needed.items() if row}


def snapshot_file(inventory: Inventory) -> bytes:
    """Return the whole recorded snapshot in one piece, in the form that `collect --output` writes."""
    rows = dict(inventory.config)
    for key, needed in _for_comparison(inventory).items():
        rows[key] = rows[key] | needed
    return files.canonical(snapshot_document(inventory.run, inventory.scopes, rows, inventory.as_of))


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
        PULSE_RUN: run_file(recorded, position, took, latest=latest),
        PULSE_REPORT: files.canonical(report),
        PULSE_OBSERVED: _document(resources=by_kind(recorded.inventory.observed)),
    }


def _document(**parts: object) -> bytes:
    return files.canonical({"schema_version": SCHEMA_VERSION, **parts})


def _moments(moments: Mapping[Key, datetime]) -> dict[str, str]:
    texts = {moment: timestamp(moment) for moment in set(moments.values())}
    return {str(key): texts[moment] for key, moment in moments.items()}


def is_sensible(moment: datetime) -> bool:
    """Return whether a run can have been at this time; others cannot even be compared with a duration."""
    return _FIRST_YEAR <= moment.year <= _LAST_YEAR


def _safe(name: str) -> str:
    if not SAFE_NAME.fullmatch(name):
        message = f"{name!r} cannot be the name of a source or kind"
        raise ValueError(message)
    return name
