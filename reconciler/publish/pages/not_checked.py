"""The page of what is not checked: what is silenced, not exact, not read in full, and not read at all."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reconciler.model.findings import DriftReport, IgnoreUse
from reconciler.model.key import Key
from reconciler.model.snapshot import Scope
from reconciler.publish.view import View

_SHOWN = 200
"""Resources of one kind that are listed by name."""


class Gap(NamedTuple):
    """Resources of one kind, with links where they have documents."""

    source: str
    kind: str
    total: int
    resources: tuple[tuple[str, str | None], ...]
    """Id and link of each, as far as they are listed."""


class ListRead(NamedTuple):
    """How one list was read in the last run, and for what it is evidence."""

    source: str
    kind: str
    state: str
    """complete, partial or failed."""
    total: int
    why: str
    """Why it is not complete, or what of it could not be read; empty where it is complete."""
    remedy: str
    fields: tuple[str, ...]
    """Fields that this release or API does not have."""


def not_checked(view: View) -> Mapping[str, object]:
    """Return the content of the page."""
    report = view.recorded.report
    silenced = report.ignored
    return {
        "today": view.run.collected_at.date().isoformat(),
        "ignores": sorted(report.ignores, key=_by_expiry),
        "silenced": silenced,
        "links": {
            finding.key: _link(view, finding.key) for finding in silenced if finding.key in view.entries
        },
        "not_exact": tuple(_gaps(view, report.summary.not_exact)),
        "without_file": tuple(pair.split("/", 1) for pair in report.summary.no_file),
        "unchecked_rules": sorted(report.unchecked.items()),
        "lists": sorted(map(_list_read, report.scopes), key=_worst_first),
        "unread_keys": tuple(_unread_keys(report)),
        "not_read": view.not_read,
    }


def _by_expiry(rule: IgnoreUse) -> tuple[str, str]:
    return rule.expires, rule.where


def _gaps(view: View, keys: tuple[Key, ...]) -> Iterator[Gap]:
    """Yield the resources by kind."""
    groups: dict[tuple[str, str], list[Key]] = {}
    for key in keys:
        groups.setdefault(key[:2], []).append(key)
    for (source, kind), group in sorted(groups.items()):
        shown = tuple((key.id, _link(view, key)) for key in group[:_SHOWN])
        yield Gap(source, kind, len(group), shown)


def _link(view: View, key: Key) -> str | None:
    entry = view.entries.get(key)
    return None if entry is None else str(entry["link"])


def _list_read(scope: Scope) -> ListRead:
    problem = scope.problem
    why, remedy = (
        ("", "") if problem is None else (f"{problem.subject} {problem.what}".strip(), problem.remedy)
    )
    if not why and scope.unread:
        _, first = min(scope.unread.items())
        why, remedy = f"{len(scope.unread)} could not be read: {first.what}", first.remedy
    return ListRead(
        scope.source, scope.kind, scope.listed, scope.count, why, remedy, scope.not_supported or ()
    )


def _worst_first(row: ListRead) -> tuple[int, str, str]:
    rank = {"failed": 0, "partial": 1, "complete": 3}[row.state]
    return (min(rank, 2) if row.why else rank, row.source, row.kind)


def _unread_keys(report: DriftReport) -> Iterator[tuple[str, str, str, int]]:
    """Yield the keys whose values changed in run after run, so that only their names are kept."""
    for scope in report.scopes:
        for name, runs in sorted((scope.unsteady or {}).items()):
            yield scope.source, scope.kind, name, runs
